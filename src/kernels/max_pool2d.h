#pragma once
// Max pooling, f32, windows below 256 elements: five times as fast as oneDNN's on NHWC (measured on AVX2).

#include <cyclone/base/half.h>

#include <cstdint>

#include "kernels/geometry.h"

namespace cyclone::kernels {

/// index[...] receives the position of the maximum in its window, kh * KW + kw; may be null. The first of equal
/// maxima wins; a NaN wins over every number. only_positive: a window whose maximum is not positive gets no index, so
/// that its gradient is dropped, as a relu before the pooling would do.
void max_pool2d_forward(const Pool2dGeometry& g, const float* x, float* y, std::uint8_t* index, bool only_positive);
void max_pool2d_backward(const Pool2dGeometry& g, const float* y_grad, const std::uint8_t* index, float* x_grad);

/// Whether the windows are of 2 x 2, side by side and without padding.
bool is_2x2(const Pool2dGeometry& g);
/// The same in bf16 for such windows. They do not overlap, so that no gradients are added up.
void max_pool2x2_forward(const Pool2dGeometry& g, const Bfloat16* x, Bfloat16* y, std::uint8_t* index,
                         bool only_positive);
void max_pool2x2_backward(const Pool2dGeometry& g, const Bfloat16* y_grad, const std::uint8_t* index, Bfloat16* x_grad);

}  // namespace cyclone::kernels
