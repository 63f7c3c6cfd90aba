// Pooling: checks, sizes and dispatch.

#include <cyclone/autograd/record.h>
#include <cyclone/ops/pool2d.h>

#include "kernels/max_pool2d.h"
#include "kernels/reference/pool2d.h"
#include "onednn/pool2d.h"
#include "ops/bf16.h"
#include "ops/dispatch.h"
#include "ops/relu.h"
#include "ops/window_size.h"

namespace cyclone {
namespace {

using kernels::Pool2dGeometry;
namespace reference = kernels::reference;

/// compute(from, into) on the elements of x and y, those of bf16 as f32.
template <class Compute>
void pool(const char* op, const Tensor& x, Tensor& y, Compute compute) {
    const Tensor from = ops::to_compute(x);
    ops::Computed result(y);
    visit_floating(from.dtype(), op, [&](auto zero) {
        using T = decltype(zero);
        compute(from.data<T>(), result.tensor().template mutable_data<T>());
    });
    result.finish();
}

void max_forward(const Pool2dGeometry& g, const Tensor& x, Tensor& y, void* workspace, bool only_positive) {
    auto* index = static_cast<std::uint8_t*>(workspace);
    if (ops::is_bf16(x) && kernels::is_2x2(g))
        return kernels::max_pool2x2_forward(g, x.data<Bfloat16>(), y.mutable_data<Bfloat16>(), index, only_positive);
    pool("max_pool2d", x, y, [&]<class T>(const T* from, T* into) {
        if constexpr (std::is_same_v<T, float>)
            if (kernels::small_window(g)) return kernels::max_pool2d_forward(g, from, into, index, only_positive);
        reference::max_pool2d_forward(g, from, into, workspace);
    });
}

void max_backward(const Pool2dGeometry& g, const Tensor& y_grad, const void* workspace, Tensor& x_grad) {
    const auto* index = static_cast<const std::uint8_t*>(workspace);
    if (ops::is_bf16(y_grad) && kernels::is_2x2(g))
        return kernels::max_pool2x2_backward(g, y_grad.data<Bfloat16>(), index, x_grad.mutable_data<Bfloat16>());
    pool("max_pool2d", y_grad, x_grad, [&]<class T>(const T* from, T* into) {
        if constexpr (std::is_same_v<T, float>)
            if (kernels::small_window(g)) return kernels::max_pool2d_backward(g, from, index, into);
        reference::max_pool2d_backward(g, from, workspace, into);
    });
}

void average_forward(const Pool2dGeometry& g, bool include_padding, const Tensor& x, Tensor& y) {
    pool("avg_pool2d", x, y, [&]<class T>(const T* from, T* into) {
        if constexpr (ops::on_onednn<T>)
            if (onednn::avg_pool2d_forward(g, include_padding, from, into)) return;
        reference::avg_pool2d_forward(g, include_padding, from, into);
    });
}

void average_backward(const Pool2dGeometry& g, bool include_padding, const Tensor& y_grad, Tensor& x_grad) {
    pool("avg_pool2d", y_grad, x_grad, [&]<class T>(const T* from, T* into) {
        if constexpr (ops::on_onednn<T>)
            if (onednn::avg_pool2d_backward(g, include_padding, from, into)) return;
        reference::avg_pool2d_backward(g, include_padding, from, into);
    });
}

void check_images(const char* op, const Tensor& x) {
    check(x.rank() == 4, op, "expected images of shape (N, H, W, C), got ", x.shape());
    if (!ops::is_bf16(x)) visit_floating(x.dtype(), op, [](auto) {});
}

Pool2dGeometry geometry_of(const char* op, const Tensor& x, const Pool2dOptions& options) {
    check_images(op, x);
    const Pair kernel = options.kernel, stride = options.stride.value_or(kernel), dilation = options.dilation;
    const auto [h, w] =
        ops::window_sizes(op, {x.size(1), x.size(2)}, kernel, stride, dilation, options.padding, options.ceil_mode);
    const auto reach_h = dilation.h * (kernel.h - 1) + 1, reach_w = dilation.w * (kernel.w - 1) + 1;
    check(h.before < reach_h && h.after < reach_h && w.before < reach_w && w.after < reach_w, op,
          "the padding must be smaller than the window (", reach_h, " x ", reach_w,
          "), else some windows hold no pixel");
    Pool2dGeometry g{};
    g.n = x.size(0), g.h = x.size(1), g.w = x.size(2), g.c = x.size(3);
    g.oh = h.output, g.ow = w.output;
    g.kh = kernel.h, g.kw = kernel.w;
    g.stride_h = stride.h, g.stride_w = stride.w;
    g.top = h.before, g.bottom = h.after, g.left = w.before, g.right = w.after;
    g.extra_bottom = h.extra, g.extra_right = w.extra;
    g.dilation_h = dilation.h, g.dilation_w = dilation.w;
    return g;
}

// `shape` is that of the output: (N, OH, OW, C), or (N, C) for a global pooling.
Tensor max_pool(const char* op, const Tensor& x, const Pool2dGeometry& g, const Shape& shape) {
    Tensor y = Tensor::empty(shape, x.dtype());
    const bool recorded = autograd::needs_record(&x, 1);
    // Behind a relu the pooling does the relu's backward too: one pass over the images less.
    const bool sees_relu = recorded && x.dtype() != DType::f64 && kernels::small_window(g);
    const Tensor before_relu = sees_relu ? autograd::input_behind(x, ops::kRelu) : Tensor();
    const bool only_positive = before_relu.defined();
    Tensor workspace = recorded ? Tensor::empty({kernels::max_pool2d_workspace_bytes(g)}, DType::u8) : Tensor();
    if (y.numel() > 0) max_forward(g, x, y, recorded ? workspace.mutable_bytes() : nullptr, only_positive);
    return autograd::record(op, std::move(y), {only_positive ? before_relu : x},
                            [g, x_shape = x.shape(), workspace](const Tensor& y_grad) {
                                Tensor x_grad = Tensor::empty(x_shape, y_grad.dtype());
                                if (y_grad.numel() > 0) max_backward(g, y_grad, workspace.bytes(), x_grad);
                                return Gradients{x_grad};
                            });
}

Tensor avg_pool(const char* op, const Tensor& x, const Pool2dGeometry& g, bool include_padding, const Shape& shape) {
    Tensor y = Tensor::empty(shape, x.dtype());
    if (y.numel() > 0) average_forward(g, include_padding, x, y);
    return autograd::record(op, std::move(y), {x}, [g, include_padding, x_shape = x.shape()](const Tensor& y_grad) {
        Tensor x_grad = Tensor::empty(x_shape, y_grad.dtype());
        if (y_grad.numel() > 0) average_backward(g, include_padding, y_grad, x_grad);
        return Gradients{x_grad};
    });
}

Pool2dGeometry whole_image(const char* op, const Tensor& x) {
    check_images(op, x);
    return geometry_of(op, x, {.kernel = {x.size(1), x.size(2)}});
}

}  // namespace

Tensor max_pool2d(const Tensor& x, const Pool2dOptions& options) {
    const Pool2dGeometry g = geometry_of("max_pool2d", x, options);
    return max_pool("max_pool2d", x, g, {g.n, g.oh, g.ow, g.c});
}

Tensor avg_pool2d(const Tensor& x, const Pool2dOptions& options) {
    const Pool2dGeometry g = geometry_of("avg_pool2d", x, options);
    return avg_pool("avg_pool2d", x, g, options.count_include_pad, {g.n, g.oh, g.ow, g.c});
}

Tensor global_max_pool(const Tensor& x) {
    const Pool2dGeometry g = whole_image("global_max_pool", x);
    return max_pool("global_max_pool", x, g, {g.n, g.c});
}

Tensor global_avg_pool(const Tensor& x) {
    const Pool2dGeometry g = whole_image("global_avg_pool", x);
    return avg_pool("global_avg_pool", x, g, false, {g.n, g.c});
}

}  // namespace cyclone
