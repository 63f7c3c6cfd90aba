#pragma once
// Average pooling on oneDNN, f32. False when oneDNN has no kernel for the case. (Maxima: kernels/max_pool2d.h, which is
// faster.)

#include "kernels/geometry.h"

namespace cyclone::onednn {

bool avg_pool2d_forward(const kernels::Pool2dGeometry& g, bool include_padding, const float* x, float* y);
bool avg_pool2d_backward(const kernels::Pool2dGeometry& g, bool include_padding, const float* y_grad, float* x_grad);

}  // namespace cyclone::onednn
