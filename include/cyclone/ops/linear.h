#pragma once
// Linear (fully connected) layers.

#include <cyclone/ops/activation.h>

namespace cyclone {

/// activation(x W^T + b): x (N, I), weight (O, I), bias (O) or undefined -> (N, O).
/// Errors: operands whose shapes or dtypes do not fit.
Tensor linear(const Tensor& x, const Tensor& weight, const Tensor& bias = {}, Activation activation = {});

}  // namespace cyclone
