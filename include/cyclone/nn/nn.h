#pragma once
// All modules.

#include <cyclone/nn/branches.h>
#include <cyclone/nn/init.h>
#include <cyclone/nn/layers.h>
#include <cyclone/nn/models.h>
#include <cyclone/nn/module.h>
#include <cyclone/nn/parse.h>
#include <cyclone/nn/patterns.h>
#include <cyclone/nn/sequential.h>
#include <cyclone/nn/summary.h>
#include <cyclone/nn/weight_layout.h>
#include <cyclone/nn/weight_map.h>
#include <cyclone/nn/whitening.h>
