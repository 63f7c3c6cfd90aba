#pragma once
// Convolution and linear layers on oneDNN. Layouts as in ops/conv2d.h and ops/linear.h; bias and bias_grad may be null.
// All arrays are f32; under `bf16` both factors of each product are rounded on the way in. Each function returns false,
// having done nothing, when oneDNN has no kernel for the case.

#include <cyclone/tensor/tensor.h>

#include "kernels/geometry.h"

namespace cyclone::onednn {

// Geometry: kernels::Conv2dGeometry or kernels::LinearGeometry.

/// `kept`: the tensor of `weight` when a converted copy of it may be kept for the next call (inference), else null.
template <class Geometry>
bool affine_forward(const Geometry& g, bool relu, const float* x, const float* weight, const float* bias, float* y,
                    const Tensor* kept, bool bf16 = false);
template <class Geometry>
bool affine_backward_data(const Geometry& g, const float* y_grad, const float* weight, float* x_grad,
                          bool bf16 = false);
template <class Geometry>
bool affine_backward_weights(const Geometry& g, const float* x, const float* y_grad, float* weight_grad,
                             float* bias_grad, bool bf16 = false);

}  // namespace cyclone::onednn
