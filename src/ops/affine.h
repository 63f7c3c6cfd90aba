#pragma once
// The front end of convolution and linear layers: y = activation(x * weight + bias).

#include <cyclone/ops/activation.h>

#include "kernels/reference/conv2d.h"
#include "onednn/affine.h"
#include "ops/dispatch.h"
#include "ops/factor.h"
#include "ops/relu.h"

namespace cyclone::ops {

// One function per phase: oneDNN where it has a kernel, else the reference kernel. Geometry: Conv2dGeometry or
// LinearGeometry. Under bf16 a case that oneDNN has no bf16 kernel for runs in f32.

template <class Geometry, class T>
void affine_forward(const Geometry& g, bool relu, const T* x, const Tensor& weight, const T* bias, T* y,
                    Precision precision = Precision::f32) {
    const Tensor* kept = grad_enabled() ? nullptr : &weight;
    if constexpr (on_onednn<T>)
        if (precision == Precision::bf16 && onednn::affine_forward(g, relu, x, weight.data<T>(), bias, y, kept, true))
            return;
    const Factor<T> factor_x(precision, x, x_size(g)), factor_weight(precision, weight.data<T>(), weight.numel());
    if constexpr (on_onednn<T>)
        if (onednn::affine_forward(g, relu, factor_x.data(), factor_weight.data(), bias, y,
                                   factor_weight.is_rounded() ? nullptr : kept))
            return;
    using namespace kernels::reference;
    conv2d_forward(as_conv2d(g), relu, factor_x.data(), factor_weight.data(), bias, y);
}

template <class Geometry, class T>
void affine_backward_data(const Geometry& g, const T* y_grad, const T* weight, T* x_grad,
                          Precision precision = Precision::f32) {
    if constexpr (on_onednn<T>)
        if (precision == Precision::bf16 && onednn::affine_backward_data(g, y_grad, weight, x_grad, true)) return;
    const Factor<T> factor_y(precision, y_grad, y_size(g)), factor_weight(precision, weight, weight_size(g));
    if constexpr (on_onednn<T>)
        if (onednn::affine_backward_data(g, factor_y.data(), factor_weight.data(), x_grad)) return;
    using namespace kernels::reference;
    conv2d_backward_data(as_conv2d(g), factor_y.data(), factor_weight.data(), x_grad);
}

/// bias_grad may be null.
template <class Geometry, class T>
void affine_backward_weights(const Geometry& g, const T* x, const T* y_grad, T* weight_grad, T* bias_grad,
                             Precision precision = Precision::f32) {
    if constexpr (on_onednn<T>)
        if (precision == Precision::bf16 && onednn::affine_backward_weights(g, x, y_grad, weight_grad, bias_grad, true))
            return;
    const Factor<T> factor_x(precision, x, x_size(g)), factor_y(precision, y_grad, y_size(g));
    if constexpr (on_onednn<T>)
        if (onednn::affine_backward_weights(g, factor_x.data(), factor_y.data(), weight_grad, bias_grad)) return;
    using namespace kernels::reference;
    conv2d_backward_weights(as_conv2d(g), factor_x.data(), factor_y.data(), weight_grad, bias_grad);
}

/// Which gradients are wanted; the others are not computed.
struct AffineWants {
    bool x, weight, bias;
    AffineWants(const Tensor& x_, const Tensor& weight_, const Tensor& bias_)
        : x(x_.requires_grad()), weight(weight_.requires_grad()), bias(bias_.requires_grad()) {}
};

/// Gradients for x, weight and bias.
template <class Geometry>
Gradients affine_backward(const Geometry& g, const AffineWants& wants, const Tensor& x, const Tensor& weight,
                          const Tensor& y_grad, Precision precision = Precision::f32) {
    const Shape bias_shape{weight.size(0)};
    Gradients gradients(3);
    Tensor &x_grad = gradients[0], &weight_grad = gradients[1], &bias_grad = gradients[2];
    if (y_grad.numel() == 0) {  // an empty batch
        if (wants.x) x_grad = Tensor::zeros(x.shape(), x.dtype());
        if (wants.weight) weight_grad = Tensor::zeros(weight.shape(), x.dtype());
        if (wants.bias) bias_grad = Tensor::zeros(bias_shape, x.dtype());
        return gradients;
    }
    visit_floating(x.dtype(), "affine", [&](auto zero) {
        using T = decltype(zero);
        if (wants.weight || wants.bias) {
            weight_grad = Tensor::empty(weight.shape(), x.dtype());
            if (wants.bias) bias_grad = Tensor::empty(bias_shape, x.dtype());
            affine_backward_weights(g, x.data<T>(), y_grad.data<T>(), weight_grad.mutable_data<T>(),
                                    wants.bias ? bias_grad.mutable_data<T>() : nullptr, precision);
        }
        if (wants.x) {
            x_grad = Tensor::empty(x.shape(), x.dtype());
            affine_backward_data(g, y_grad.data<T>(), weight.data<T>(), x_grad.mutable_data<T>(), precision);
        }
    });
    return gradients;
}

/// The op `name`; `shape` is that of y. Operands have been checked.
template <class Geometry>
Tensor affine(const char* name, const Geometry& g, const Shape& shape, const Tensor& x, const Tensor& weight,
              const Tensor& bias, const Activation& activation) {
    const Precision precision = precision_of(g, x.dtype());
    Tensor y = Tensor::empty(shape, x.dtype());
    visit_floating(x.dtype(), name, [&](auto zero) {
        using T = decltype(zero);
        if (y.numel() == 0) return;
        affine_forward(g, activation.is_relu(), x.data<T>(), weight, bias.defined() ? bias.data<T>() : nullptr,
                       y.mutable_data<T>(), precision);
    });
    y = autograd::record(
        name, std::move(y), {x, weight, bias},
        [g, precision, wants = AffineWants(x, weight, bias), x = Saved(x), weight = Saved(weight)](
            const Tensor& y_grad) { return affine_backward(g, wants, x.get(), weight.get(), y_grad, precision); });
    if (!activation.is_relu()) return activation(y);
    return y.requires_grad() ? record_relu(y.detach(), y) : y;
}

}  // namespace cyclone::ops
