#include <cyclone/ops/conv2d.h>

#include "kernels/reference/conv2d.h"
#include "onednn/conv2d.h"
#include "ops/affine.h"
#include "ops/window_size.h"

namespace cyclone {
namespace {

using kernels::Conv2dGeometry;
namespace reference = kernels::reference;

// One function per phase: oneDNN where it can, else the reference kernel.
template <class T>
void forward(const Conv2dGeometry& g, bool relu, const T* x, const Tensor& weight, const T* bias, T* y) {
    if constexpr (ops::on_onednn<T>)
        if (onednn::conv2d_forward(g, relu, x, weight.data<T>(), bias, y, grad_enabled() ? nullptr : &weight)) return;
    reference::conv2d_forward(g, relu, x, weight.data<T>(), bias, y);
}

template <class T>
void backward_data(const Conv2dGeometry& g, const T* y_grad, const T* weight, T* x_grad) {
    if constexpr (ops::on_onednn<T>)
        if (onednn::conv2d_backward_data(g, y_grad, weight, x_grad)) return;
    reference::conv2d_backward_data(g, y_grad, weight, x_grad);
}

template <class T>
void backward_weights(const Conv2dGeometry& g, const T* x, const T* y_grad, T* weight_grad, T* bias_grad) {
    if constexpr (ops::on_onednn<T>)
        if (onednn::conv2d_backward_weights(g, x, y_grad, weight_grad, bias_grad)) return;
    reference::conv2d_backward_weights(g, x, y_grad, weight_grad, bias_grad);
}

Conv2dGeometry geometry_of(const Tensor& x, const Tensor& weight, const Tensor& bias, const Conv2dOptions& options) {
    check(x.rank() == 4, "conv2d", "expected images of shape (N, H, W, C), got ", x.shape());
    check(weight.rank() == 4 && weight.numel() > 0, "conv2d",
          "expected a weight of shape (O, KH, KW, C / groups), got ", weight.shape());
    const std::int64_t groups = options.groups, channels = x.size(3), outputs = weight.size(0);
    check(groups >= 1 && channels % groups == 0 && outputs % groups == 0, "conv2d", groups,
          " groups do not divide the ", channels, " channels of the input and the ", outputs, " of the output");
    check(weight.size(3) * groups == channels, "conv2d", "the input has ", channels, " channels, the weight ",
          weight.shape(), " expects ", weight.size(3) * groups, groups > 1 ? " (its last axis times groups)" : "");
    ops::check_operand("conv2d", "weight", x, weight, weight.shape());
    if (bias.defined()) ops::check_operand("conv2d", "bias", x, bias, {outputs});
    const Pair kernel{weight.size(1), weight.size(2)};
    const auto [h, w] = ops::window_sizes("conv2d", {x.size(1), x.size(2)}, kernel, options.stride, options.dilation,
                                          options.padding, false);
    Conv2dGeometry g{};
    g.n = x.size(0), g.h = x.size(1), g.w = x.size(2), g.c = channels;
    g.oh = h.output, g.ow = w.output, g.o = outputs;
    g.kh = kernel.h, g.kw = kernel.w;
    g.stride_h = options.stride.h, g.stride_w = options.stride.w;
    g.top = h.before, g.bottom = h.after, g.left = w.before, g.right = w.after;
    g.dilation_h = options.dilation.h, g.dilation_w = options.dilation.w;
    g.groups = groups;
    return g;
}

}  // namespace

Tensor conv2d(const Tensor& x, const Tensor& weight, const Tensor& bias, const Conv2dOptions& options) {
    const Conv2dGeometry g = geometry_of(x, weight, bias, options);
    const bool relu = options.activation.is_relu();
    Tensor y = Tensor::empty({g.n, g.oh, g.ow, g.o}, x.dtype());
    visit_floating(x.dtype(), "conv2d", [&](auto zero) {
        using T = decltype(zero);
        if (y.numel() > 0) forward(g, relu, x.data<T>(), weight, ops::data_or_null<T>(bias), y.mutable_data<T>());
    });
    return ops::record_affine(
        "conv2d", std::move(y), x, weight, bias, options.activation,
        [g](const auto* y_grad, const auto* w, auto* x_grad) { backward_data(g, y_grad, w, x_grad); },
        [g](const auto* in, const auto* y_grad, auto* w_grad, auto* b_grad) {
            backward_weights(g, in, y_grad, w_grad, b_grad);
        });
}

}  // namespace cyclone
