#pragma once
// Pooling on oneDNN, f32, dense windows only. False when oneDNN has no kernel for the case.

#include "kernels/geometry.h"

namespace cyclone::onednn {

/// `workspace` (kernels::max_pool2d_workspace_bytes) receives what the backward needs; null: nothing is kept.
bool max_pool2d_forward(const kernels::Pool2dGeometry& g, const float* x, float* y, void* workspace);
bool max_pool2d_backward(const kernels::Pool2dGeometry& g, const float* y_grad, const void* workspace, float* x_grad);

bool avg_pool2d_forward(const kernels::Pool2dGeometry& g, bool include_padding, const float* x, float* y);
bool avg_pool2d_backward(const kernels::Pool2dGeometry& g, bool include_padding, const float* y_grad, float* x_grad);

}  // namespace cyclone::onednn
