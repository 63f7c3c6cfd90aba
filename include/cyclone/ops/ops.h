#pragma once
// All operations.

#include <cyclone/ops/activation.h>
#include <cyclone/ops/arithmetic.h>
#include <cyclone/ops/backend.h>
#include <cyclone/ops/batch_norm.h>
#include <cyclone/ops/batch_statistics.h>
#include <cyclone/ops/class_balance.h>
#include <cyclone/ops/conv2d.h>
#include <cyclone/ops/dropout.h>
#include <cyclone/ops/gather.h>
#include <cyclone/ops/group_norm.h>
#include <cyclone/ops/linear.h>
#include <cyclone/ops/loss.h>
#include <cyclone/ops/pool2d.h>
#include <cyclone/ops/precision.h>
#include <cyclone/ops/reduce.h>
#include <cyclone/ops/shape.h>
