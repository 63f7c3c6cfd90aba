#include <cyclone/ops/linear.h>

#include "kernels/reference/linear.h"
#include "onednn/linear.h"
#include "ops/affine.h"

namespace cyclone {
namespace {

using kernels::LinearGeometry;
namespace reference = kernels::reference;

template <class T>
void forward(const LinearGeometry& g, bool relu, const T* x, const Tensor& weight, const T* bias, T* y) {
    if constexpr (ops::on_onednn<T>)
        if (onednn::linear_forward(g, relu, x, weight.data<T>(), bias, y, grad_enabled() ? nullptr : &weight)) return;
    reference::linear_forward(g, relu, x, weight.data<T>(), bias, y);
}

template <class T>
void backward_data(const LinearGeometry& g, const T* y_grad, const T* weight, T* x_grad) {
    if constexpr (ops::on_onednn<T>)
        if (onednn::linear_backward_data(g, y_grad, weight, x_grad)) return;
    reference::linear_backward_data(g, y_grad, weight, x_grad);
}

template <class T>
void backward_weights(const LinearGeometry& g, const T* x, const T* y_grad, T* weight_grad, T* bias_grad) {
    if constexpr (ops::on_onednn<T>)
        if (onednn::linear_backward_weights(g, x, y_grad, weight_grad, bias_grad)) return;
    reference::linear_backward_weights(g, x, y_grad, weight_grad, bias_grad);
}

LinearGeometry geometry_of(const Tensor& x, const Tensor& weight, const Tensor& bias) {
    check(x.rank() == 2, "linear", "expected an input of shape (N, I), got ", x.shape(), " (hint: flatten() it)");
    check(weight.rank() == 2 && weight.numel() > 0, "linear", "expected a weight of shape (O, I), got ",
          weight.shape());
    check(weight.size(1) == x.size(1), "linear", "the input has ", x.size(1), " features, the weight ", weight.shape(),
          " expects ", weight.size(1));
    ops::check_operand("linear", "weight", x, weight, weight.shape());
    if (bias.defined()) ops::check_operand("linear", "bias", x, bias, {weight.size(0)});
    return {x.size(0), x.size(1), weight.size(0)};
}

}  // namespace

Tensor linear(const Tensor& x, const Tensor& weight, const Tensor& bias, const LinearOptions& options) {
    const LinearGeometry g = geometry_of(x, weight, bias);
    const bool relu = options.activation.is_relu();
    Tensor y = Tensor::empty({g.n, g.o}, x.dtype());
    visit_floating(x.dtype(), "linear", [&](auto zero) {
        using T = decltype(zero);
        if (y.numel() > 0) forward(g, relu, x.data<T>(), weight, ops::data_or_null<T>(bias), y.mutable_data<T>());
    });
    return ops::record_affine(
        "linear", std::move(y), x, weight, bias, options.activation,
        [g](const auto* y_grad, const auto* w, auto* x_grad) { backward_data(g, y_grad, w, x_grad); },
        [g](const auto* in, const auto* y_grad, auto* w_grad, auto* b_grad) {
            backward_weights(g, in, y_grad, w_grad, b_grad);
        });
}

}  // namespace cyclone
