#pragma once
// Convolution on oneDNN, f32. Each function returns false, having done nothing, when oneDNN has no kernel for the case.
// Layouts as in ops/conv2d.h; bias and bias_grad may be null.

#include <cyclone/tensor/tensor.h>

#include "kernels/geometry.h"

namespace cyclone::onednn {

/// `kept`: the tensor of `weight` when a converted copy of it may be kept for the next call (inference), else null.
bool conv2d_forward(const kernels::Conv2dGeometry& g, bool relu, const float* x, const float* weight, const float* bias,
                    float* y, const Tensor* kept);
bool conv2d_backward_data(const kernels::Conv2dGeometry& g, const float* y_grad, const float* weight, float* x_grad);
bool conv2d_backward_weights(const kernels::Conv2dGeometry& g, const float* x, const float* y_grad, float* weight_grad,
                             float* bias_grad);

}  // namespace cyclone::onednn
