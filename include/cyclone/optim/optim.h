#pragma once
// All optimizers.

#include <cyclone/optim/adam.h>
#include <cyclone/optim/norms.h>
#include <cyclone/optim/parse.h>
#include <cyclone/optim/sgd.h>
