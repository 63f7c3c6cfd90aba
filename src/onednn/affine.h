#pragma once
// Convolution and linear layers on oneDNN. Layouts as in ops/conv2d.h and ops/linear.h; bias and bias_grad may be null.
// Weights and biases are f32. Under `bf16` both factors of each product are rounded on the way in, and x, y and their
// gradients may be tensors of bf16; else all are f32. Each function returns false, having done nothing, when oneDNN has
// no kernel for the case.

#include <cyclone/tensor/tensor.h>

#include "kernels/geometry.h"

namespace cyclone::onednn {

// Geometry: kernels::Conv2dGeometry or kernels::LinearGeometry.

/// `kept`: the weight when a converted copy of it may be kept for the next call (inference), else null.
template <class Geometry>
bool affine_forward(const Geometry& g, bool relu, const Tensor& x, const Tensor& weight, const float* bias, Tensor& y,
                    const Tensor* kept, bool bf16 = false);
template <class Geometry>
bool affine_backward_data(const Geometry& g, const Tensor& y_grad, const Tensor& weight, Tensor& x_grad,
                          bool bf16 = false);
template <class Geometry>
bool affine_backward_weights(const Geometry& g, const Tensor& x, const Tensor& y_grad, float* weight_grad,
                             float* bias_grad, bool bf16 = false);

}  // namespace cyclone::onednn
