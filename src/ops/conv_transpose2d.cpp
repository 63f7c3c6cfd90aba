// Transposed convolution: the kernels of convolution with the roles of input and output exchanged.

#include <cyclone/ops/arithmetic.h>
#include <cyclone/ops/conv2d.h>
#include <cyclone/ops/shape.h>

#include "ops/affine.h"
#include "ops/window_size.h"

namespace cyclone {
namespace {

using kernels::Conv2dGeometry;

constexpr const char* kOp = "conv_transpose2d";

void check_operands(const Tensor& x, const Tensor& weight, const Tensor& bias, const ConvTranspose2dWindow& window) {
    check(x.rank() == 4, kOp, "expected images of shape (N, H, W, C), got ", x.shape());
    check(x.size(1) > 0 && x.size(2) > 0, kOp, "expected images of at least one pixel, got ", x.shape());
    check(weight.rank() == 4 && weight.numel() > 0, kOp, "expected a weight of shape (C, KH, KW, O / groups), got ",
          weight.shape());
    const std::int64_t groups = window.groups, channels = x.size(3);
    check(weight.size(0) == channels, kOp, "the input has ", channels, " channels, the weight ", weight.shape(),
          " expects ", weight.size(0), " (its first axis)");
    check(groups >= 1 && channels % groups == 0, kOp, groups, " groups do not divide the ", channels,
          " channels of the input");
    ops::check_operand(kOp, "weight", x, weight, weight.shape());
    if (bias.defined()) ops::check_operand(kOp, "bias", x, bias, {weight.size(3) * groups});
}

/// One axis of the result: its size, and what is cut off.
struct Side {
    std::int64_t size, before, after;
};

Side side_of(const char* axis, std::int64_t size, const ops::WindowAxis& w, std::int64_t added, bool same) {
    // The numbers of a window are checked as those of a convolution of the result are.
    ops::WindowAxis numbers = w;
    numbers.size = std::int64_t{1} << 62;
    (void)ops::window_size(kOp, axis, numbers, Padding::Mode::explicit_amounts, false);
    const std::int64_t reach = w.dilation * (w.kernel - 1) + 1;
    check(added >= 0 && added < w.stride && (!same || added == 0), kOp, "expected an output_padding of at least 0, ",
          same ? "and 0 with padding same" : "less than the stride", ", along the ", axis, ", got ", added);
    constexpr std::int64_t kMost = std::int64_t{1} << 31;
    check(size <= kMost / w.stride && reach < kMost, kOp, "the result would be too large along the ", axis);
    if (same) {
        const ops::WindowSize taken = ops::window_size(
            kOp, axis, {size * w.stride, w.kernel, w.stride, w.dilation, 0, 0}, Padding::Mode::same, false);
        return {size * w.stride, taken.before, taken.after};
    }
    const std::int64_t result = (size - 1) * w.stride + reach - w.before - w.after + added;
    check(result >= 1, kOp, "a padding of ", w.before, " and ", w.after, " leaves nothing along the ", axis,
          " of a result of ", result + w.before + w.after);
    return {result, w.before, w.after};
}

/// The convolution whose input is the result.
Conv2dGeometry geometry_of(const Tensor& x, const Tensor& weight, const ConvTranspose2dWindow& window) {
    const bool same = window.padding.mode == Padding::Mode::same;
    const Padding& p = window.padding;
    const Side h =
        side_of("height", x.size(1), {0, weight.size(1), window.stride.h, window.dilation.h, p.top, p.bottom},
                window.output_padding.h, same);
    const Side w = side_of("width", x.size(2), {0, weight.size(2), window.stride.w, window.dilation.w, p.left, p.right},
                           window.output_padding.w, same);
    Conv2dGeometry g{};
    g.n = x.size(0), g.h = h.size, g.w = w.size, g.c = weight.size(3) * window.groups;
    g.oh = x.size(1), g.ow = x.size(2), g.o = x.size(3);
    g.kh = weight.size(1), g.kw = weight.size(2);
    g.stride_h = window.stride.h, g.stride_w = window.stride.w;
    g.top = h.before, g.bottom = h.after, g.left = w.before, g.right = w.after;
    g.dilation_h = window.dilation.h, g.dilation_w = window.dilation.w;
    g.groups = window.groups;
    return g;
}

Gradients backward_of(const Conv2dGeometry& g, bool want_x, bool want_weight, const Tensor& x, const Tensor& weight,
                      const Tensor& grad, Precision precision) {
    Gradients gradients(2);
    if (want_x) gradients[0] = Tensor::zeros(x.shape(), x.dtype());
    if (want_weight) gradients[1] = Tensor::zeros(weight.shape(), x.dtype());
    if (grad.numel() == 0) return gradients;
    visit_floating(x.dtype(), kOp, [&](auto zero) {
        using T = decltype(zero);
        Tensor no_bias;
        if (want_x) ops::affine_forward<T>(g, false, grad, weight, no_bias, gradients[0], precision);
        if (want_weight) ops::affine_backward_weights<T>(g, grad, x, gradients[1], no_bias, precision);
    });
    return gradients;
}

/// A kernel of one pixel leaves gaps between its windows: pixels apart, zeros between them. (oneDNN 2.6 cannot be given
/// such a kernel with a stride, see conv2d.cpp.)
Tensor spread(const Tensor& x, const Conv2dGeometry& g) {
    const std::int64_t n = x.size(0), h = x.size(1), w = x.size(2), c = x.size(3);
    const Tensor apart =
        pad(reshape(x, {n, h, 1, w, 1, c}), {{}, {}, {0, g.stride_h - 1}, {}, {0, g.stride_w - 1}, {}});
    const Tensor all = reshape(apart, {n, h * g.stride_h, w * g.stride_w, c});
    return slice(all, {{}, {.begin = g.top, .end = g.top + g.h}, {.begin = g.left, .end = g.left + g.w}});
}

Tensor without_bias(const Conv2dGeometry& g, const Tensor& x, const Tensor& weight) {
    const Precision precision = ops::precision_of(g, x.dtype());
    Tensor y = Tensor::empty({g.n, g.h, g.w, g.c}, x.dtype());
    if (y.numel() > 0)
        visit_floating(x.dtype(), kOp,
                       [&](auto zero) { ops::affine_backward_data<decltype(zero)>(g, x, weight, y, precision); });
    return autograd::record(kOp, std::move(y), {x, weight},
                            [g, precision, want_x = x.requires_grad(), want_weight = weight.requires_grad(),
                             x = Saved(x), weight = Saved(weight)](const Tensor& grad) {
                                return backward_of(g, want_x, want_weight, x.get(), weight.get(), grad, precision);
                            });
}

}  // namespace

Tensor conv_transpose2d(const Tensor& x, const Tensor& weight, const Tensor& bias, const ConvTranspose2dWindow& window,
                        Activation activation) {
    check_operands(x, weight, bias, window);
    const Conv2dGeometry g = geometry_of(x, weight, window);
    Tensor y;
    if (g.kh * g.kw == 1 && (g.stride_h > 1 || g.stride_w > 1))
        y = spread(without_bias(geometry_of(x, weight, {.groups = window.groups}), x, weight), g);
    else
        y = without_bias(g, x, weight);
    return activation(bias.defined() ? y + bias : y);
}

}  // namespace cyclone
