#pragma once
// Batch normalisation on oneDNN; rows x channels. x, y and their gradients are float or Bfloat16, all else is f32.
// False when oneDNN has no kernel for the case.

#include <cyclone/base/half.h>

#include "kernels/geometry.h"

namespace cyclone::onednn {

/// `batch_statistics`: mean and variance (biased) are computed and written; otherwise they are read.
template <class Element>
bool batch_norm_forward(const kernels::BatchNormGeometry& g, bool batch_statistics, const Element* x,
                        const float* scale, const float* shift, float* mean, float* variance, Element* y);
template <class Element>
bool batch_norm_backward(const kernels::BatchNormGeometry& g, bool batch_statistics, const Element* x,
                         const float* scale, const float* mean, const float* variance, const Element* y_grad,
                         Element* x_grad, float* scale_grad, float* shift_grad);

}  // namespace cyclone::onednn
