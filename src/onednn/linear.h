#pragma once
// Linear layers on oneDNN, f32: y (n, o) = x (n, i) weight^T (o, i) + bias (o). bias and bias_grad may be null; false
// when oneDNN has no kernel for the case.

#include <cyclone/tensor/tensor.h>

#include "kernels/geometry.h"

namespace cyclone::onednn {

/// `kept`: the tensor of `weight` when a converted copy of it may be kept for the next call (inference), else null.
bool linear_forward(const kernels::LinearGeometry& g, bool relu, const float* x, const float* weight, const float* bias,
                    float* y, const Tensor* kept);
bool linear_backward_data(const kernels::LinearGeometry& g, const float* y_grad, const float* weight, float* x_grad);
bool linear_backward_weights(const kernels::LinearGeometry& g, const float* x, const float* y_grad, float* weight_grad,
                             float* bias_grad);

}  // namespace cyclone::onednn
