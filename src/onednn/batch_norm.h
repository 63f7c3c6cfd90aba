#pragma once
// Batch normalisation on oneDNN, f32; rows x channels. False when oneDNN has no kernel for the case.

#include "kernels/geometry.h"

namespace cyclone::onednn {

/// `batch_statistics`: mean and variance (biased) are computed and written; otherwise they are read.
bool batch_norm_forward(const kernels::BatchNormGeometry& g, bool batch_statistics, const float* x, const float* scale,
                        const float* shift, float* mean, float* variance, float* y);
bool batch_norm_backward(const kernels::BatchNormGeometry& g, bool batch_statistics, const float* x, const float* scale,
                         const float* mean, const float* variance, const float* y_grad, float* x_grad,
                         float* scale_grad, float* shift_grad);

}  // namespace cyclone::onednn
