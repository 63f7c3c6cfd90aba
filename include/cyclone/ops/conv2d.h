#pragma once
// Convolution of images.

#include <cyclone/ops/activation.h>
#include <cyclone/ops/window.h>

namespace cyclone {

/// How the kernel of a convolution moves over the image, and which channels it sees.
struct Conv2dWindow {
    Pair stride = 1;          ///< distance between windows
    Padding padding = {};     ///< valid (none), same, or explicit amounts
    Pair dilation = 1;        ///< distance between taps; 1 = dense
    std::int64_t groups = 1;  ///< number of groups of channels, each convolved by itself
};

/// Cross-correlation of NHWC images, as every framework calls convolution.
/// x (N, H, W, C), weight (O, KH, KW, C / groups), bias (O) or undefined -> (N, OH, OW, O), with
/// OH = floor((H + top + bottom - dilation * (KH - 1) - 1) / stride) + 1.
/// Errors: operands whose shapes or dtypes do not fit, a kernel that reaches beyond the padded image.
/// A relu as activation may turn NaN into 0 (the vector instruction for max does).
Tensor conv2d(const Tensor& x, const Tensor& weight, const Tensor& bias = {}, const Conv2dWindow& window = {},
              Activation activation = {});

}  // namespace cyclone
