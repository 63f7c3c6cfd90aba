#pragma once
// Convolution and linear layers on oneDNN, f32. Layouts as in ops/conv2d.h and ops/linear.h; bias and bias_grad may be
// null. Each function returns false, having done nothing, when oneDNN has no kernel for the case.

#include <cyclone/tensor/tensor.h>

#include "kernels/geometry.h"

namespace cyclone::onednn {

// Geometry: kernels::Conv2dGeometry or kernels::LinearGeometry.

/// `kept`: the tensor of `weight` when a converted copy of it may be kept for the next call (inference), else null.
template <class Geometry>
bool affine_forward(const Geometry& g, bool relu, const float* x, const float* weight, const float* bias, float* y,
                    const Tensor* kept);
template <class Geometry>
bool affine_backward_data(const Geometry& g, const float* y_grad, const float* weight, float* x_grad);
template <class Geometry>
bool affine_backward_weights(const Geometry& g, const float* x, const float* y_grad, float* weight_grad,
                             float* bias_grad);

}  // namespace cyclone::onednn
