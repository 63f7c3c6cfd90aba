#pragma once

#include <cyclone/ops/activation.h>

namespace cyclone {

struct LinearOptions {
    Activation activation = {};
};

/// x W^T + b: x (N, I), weight (O, I), bias (O) or undefined -> (N, O).
Tensor linear(const Tensor& x, const Tensor& weight, const Tensor& bias = {}, const LinearOptions& options = {});

}  // namespace cyclone
