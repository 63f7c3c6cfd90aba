#pragma once
// Convolution of images, and transposed convolution.

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

/// How the kernel of a transposed convolution moves over its result.
struct ConvTranspose2dWindow {
    Pair stride = 1;          ///< distance between windows of the result
    Padding padding = {};     ///< what is cut off the result's sides; same: a result of stride times the input
    Pair output_padding = 0;  ///< rows and columns added at the bottom and right, less than the stride; 0 with same
    Pair dilation = 1;        ///< distance between taps; 1 = dense
    std::int64_t groups = 1;  ///< number of groups of channels, each convolved by itself
};

/// Transposed convolution (fractionally strided, Zeiler et al. 2010): the map of gradients that conv2d() of these
/// options has for its input. x (N, H, W, C), weight (C, KH, KW, O / groups), bias (O) or undefined -> (N, OH, OW, O),
/// with OH = (H - 1) * stride + dilation * (KH - 1) + 1 - top - bottom + output_padding. As PyTorch's ConvTranspose2d
/// and ONNX's ConvTranspose, whose weights are (C, O / groups, KH, KW). Errors: operands whose shapes or dtypes do not
/// fit, an output_padding that is not less than the stride, a padding that leaves nothing.
Tensor conv_transpose2d(const Tensor& x, const Tensor& weight, const Tensor& bias = {},
                        const ConvTranspose2dWindow& window = {}, Activation activation = {});

}  // namespace cyclone
