// Convolution: checks and sizes.

#include <cyclone/ops/conv2d.h>
#include <cyclone/ops/shape.h>

#include "ops/affine.h"
#include "ops/window_size.h"

namespace cyclone {
namespace {

using kernels::Conv2dGeometry;

Conv2dGeometry geometry_of(const Tensor& x, const Tensor& weight, const Tensor& bias, const Conv2dWindow& window) {
    check(x.rank() == 4, "conv2d", "expected images of shape (N, H, W, C), got ", x.shape());
    check(weight.rank() == 4 && weight.numel() > 0, "conv2d",
          "expected a weight of shape (O, KH, KW, C / groups), got ", weight.shape());
    const std::int64_t groups = window.groups, channels = x.size(3), outputs = weight.size(0);
    check(groups >= 1 && channels % groups == 0 && outputs % groups == 0, "conv2d", groups,
          " groups do not divide the ", channels, " channels of the input and the ", outputs, " of the output");
    check(weight.size(3) * groups == channels, "conv2d", "the input has ", channels, " channels, the weight ",
          weight.shape(), " expects ", weight.size(3) * groups, groups > 1 ? " (its last axis times groups)" : "");
    ops::check_operand("conv2d", "weight", x, weight, weight.shape());
    if (bias.defined()) ops::check_operand("conv2d", "bias", x, bias, {outputs});
    const Pair kernel{weight.size(1), weight.size(2)};
    const auto [h, w] = ops::window_sizes("conv2d", {x.size(1), x.size(2)}, kernel, window.stride, window.dilation,
                                          window.padding, false);
    Conv2dGeometry g{};
    g.n = x.size(0), g.h = x.size(1), g.w = x.size(2), g.c = channels;
    g.oh = h.output, g.ow = w.output, g.o = outputs;
    g.kh = kernel.h, g.kw = kernel.w;
    g.stride_h = window.stride.h, g.stride_w = window.stride.w;
    g.top = h.before, g.bottom = h.after, g.left = w.before, g.right = w.after;
    g.dilation_h = window.dilation.h, g.dilation_w = window.dilation.w;
    g.groups = groups;
    return g;
}

/// oneDNN 2.6 copies the pixels that a 1x1 kernel with a stride sees into a buffer of its own, in whole vectors, and so
/// writes behind its end when the channels fill none.
bool overruns_onednn(const Conv2dGeometry& g) {
    constexpr std::int64_t kVector = 16;
    const bool skips = g.kh == 1 && g.kw == 1 && (g.stride_h > 1 || g.stride_w > 1);
    return skips && g.top + g.bottom + g.left + g.right == 0 && g.c / g.groups % kVector != 0;
}

}  // namespace

Tensor conv2d(const Tensor& x, const Tensor& weight, const Tensor& bias, const Conv2dWindow& window,
              Activation activation) {
    const Conv2dGeometry g = geometry_of(x, weight, bias, window);
    if (overruns_onednn(g))
        return conv2d(slice(x, {{}, {.step = window.stride.h}, {.step = window.stride.w}}), weight, bias,
                      {.groups = window.groups}, activation);
    return ops::affine("conv2d", g, {g.n, g.oh, g.ow, g.o}, x, weight, bias, activation);
}

}  // namespace cyclone
