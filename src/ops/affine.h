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
// LinearGeometry. x, y and their gradients are of the weight's dtype T, or of bf16 where that is f32; bias and
// bias_grad may be undefined. Under bf16 a case that oneDNN has no bf16 kernel for runs in f32.

template <class T>
const T* elements_of(const Tensor& tensor) {
    return tensor.defined() ? tensor.data<T>() : nullptr;
}

template <class T, class Geometry>
void affine_forward(const Geometry& g, bool relu, const Tensor& x, const Tensor& weight, const Tensor& bias, Tensor& y,
                    Precision precision) {
    const T* b = elements_of<T>(bias);
    const Tensor* kept = grad_enabled() ? nullptr : &weight;
    if constexpr (on_onednn<T>)
        if (precision == Precision::bf16 && onednn::affine_forward(g, relu, x, weight, b, y, kept, true)) return;
    const Factor factor_x(precision, x), factor_weight(precision, weight);
    const Tensor &xs = factor_x.tensor(), &ws = factor_weight.tensor();
    Computed result(y);
    bool done = false;
    if constexpr (on_onednn<T>)
        done = onednn::affine_forward(g, relu, xs, ws, b, result.tensor(), factor_weight.is_rounded() ? nullptr : kept);
    using namespace kernels::reference;
    if (!done)
        conv2d_forward(as_conv2d(g), relu, xs.data<T>(), ws.data<T>(), b, result.tensor().template mutable_data<T>());
    result.finish();
}

template <class T, class Geometry>
void affine_backward_data(const Geometry& g, const Tensor& y_grad, const Tensor& weight, Tensor& x_grad,
                          Precision precision) {
    if constexpr (on_onednn<T>)
        if (precision == Precision::bf16 && onednn::affine_backward_data(g, y_grad, weight, x_grad, true)) return;
    const Factor factor_y(precision, y_grad), factor_weight(precision, weight);
    const Tensor &ys = factor_y.tensor(), &ws = factor_weight.tensor();
    Computed result(x_grad);
    bool done = false;
    if constexpr (on_onednn<T>) done = onednn::affine_backward_data(g, ys, ws, result.tensor());
    using namespace kernels::reference;
    if (!done)
        conv2d_backward_data(as_conv2d(g), ys.data<T>(), ws.data<T>(), result.tensor().template mutable_data<T>());
    result.finish();
}

template <class T, class Geometry>
void affine_backward_weights(const Geometry& g, const Tensor& x, const Tensor& y_grad, Tensor& weight_grad,
                             Tensor& bias_grad, Precision precision) {
    T* into = weight_grad.mutable_data<T>();
    T* into_bias = bias_grad.defined() ? bias_grad.mutable_data<T>() : nullptr;
    if constexpr (on_onednn<T>)
        if (precision == Precision::bf16 && onednn::affine_backward_weights(g, x, y_grad, into, into_bias, true))
            return;
    const Factor factor_x(precision, x), factor_y(precision, y_grad);
    const Tensor &xs = factor_x.tensor(), &ys = factor_y.tensor();
    if constexpr (on_onednn<T>)
        if (onednn::affine_backward_weights(g, xs, ys, into, into_bias)) return;
    using namespace kernels::reference;
    conv2d_backward_weights(as_conv2d(g), xs.data<T>(), ys.data<T>(), into, into_bias);
}

/// Which gradients are wanted; the others are not computed.
struct AffineWants {
    bool x, weight, bias;
    AffineWants(const Tensor& x_, const Tensor& weight_, const Tensor& bias_)
        : x(x_.requires_grad()), weight(weight_.requires_grad()), bias(bias_.requires_grad()) {}
};

/// Gradients for x, weight and bias, of the dtypes of these.
template <class Geometry>
Gradients affine_backward(const Geometry& g, const AffineWants& wants, const Tensor& x, const Tensor& weight,
                          const Tensor& y_grad, Precision precision = Precision::f32) {
    const Shape bias_shape{weight.size(0)};
    Gradients gradients(3);
    Tensor &x_grad = gradients[0], &weight_grad = gradients[1], &bias_grad = gradients[2];
    if (y_grad.numel() == 0) {  // an empty batch
        if (wants.x) x_grad = Tensor::zeros(x.shape(), x.dtype());
        if (wants.weight) weight_grad = Tensor::zeros(weight.shape(), weight.dtype());
        if (wants.bias) bias_grad = Tensor::zeros(bias_shape, weight.dtype());
        return gradients;
    }
    visit_floating(weight.dtype(), "affine", [&](auto zero) {
        using T = decltype(zero);
        if (wants.weight || wants.bias) {
            weight_grad = Tensor::empty(weight.shape(), weight.dtype());
            if (wants.bias) bias_grad = Tensor::empty(bias_shape, weight.dtype());
            affine_backward_weights<T>(g, x, y_grad, weight_grad, bias_grad, precision);
        }
        if (wants.x) {
            x_grad = Tensor::empty(x.shape(), x.dtype());
            affine_backward_data<T>(g, y_grad, weight, x_grad, precision);
        }
    });
    return gradients;
}

/// What the result of such a layer is stored in: other activations than relu compute in f32.
inline DType stored_in(const Tensor& weight, const Activation& activation) {
    return weight.dtype() == DType::f32 && (activation.none() || activation.is_relu()) ? storage() : weight.dtype();
}

/// The op `name`; `shape` is that of y. Operands have been checked.
template <class Geometry>
Tensor affine(const char* name, const Geometry& g, const Shape& shape, const Tensor& x, const Tensor& weight,
              const Tensor& bias, const Activation& activation) {
    const Precision precision = precision_of(g, x.dtype());
    Tensor y = Tensor::empty(shape, stored_in(weight, activation));
    visit_floating(weight.dtype(), name, [&](auto zero) {
        if (y.numel() == 0) return;
        affine_forward<decltype(zero)>(g, activation.is_relu(), x, weight, bias, y, precision);
    });
    y = autograd::record(
        name, std::move(y), {x, weight, bias},
        [g, precision, wants = AffineWants(x, weight, bias), x = Saved(x), weight = Saved(weight)](
            const Tensor& y_grad) { return affine_backward(g, wants, x.get(), weight.get(), y_grad, precision); });
    if (!activation.is_relu()) return activation(y);
    return y.requires_grad() ? record_relu(y.detach(), y) : y;
}

}  // namespace cyclone::ops
