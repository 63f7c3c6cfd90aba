#pragma once
// The backward that convolution and linear share: y = activation(x * weight + bias).

#include <cyclone/autograd/record.h>
#include <cyclone/ops/activation.h>

#include "ops/dispatch.h"
#include "ops/relu.h"

namespace cyclone::ops {

/// Which gradients are wanted; what nobody needs is not computed.
struct AffineWants {
    bool x, weight, bias;
    AffineWants(const Tensor& x_, const Tensor& weight_, const Tensor& bias_)
        : x(x_.requires_grad()), weight(weight_.requires_grad()), bias(bias_.requires_grad()) {}
};

/// Gradients for x, weight and bias. data(y_grad, weight, x_grad) and weights(x, y_grad, weight_grad, bias_grad) get
/// raw pointers; bias_grad may be null.
template <class Data, class Weights>
Gradients affine_backward(const AffineWants& wants, const Tensor& x, const Tensor& weight, const Tensor& y_grad,
                          Data&& data, Weights&& weights) {
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
            weights(x.data<T>(), y_grad.data<T>(), weight_grad.mutable_data<T>(),
                    wants.bias ? bias_grad.mutable_data<T>() : nullptr);
        }
        if (wants.x) {
            x_grad = Tensor::empty(x.shape(), x.dtype());
            data(y_grad.data<T>(), weight.data<T>(), x_grad.mutable_data<T>());
        }
    });
    return gradients;
}

/// Records y = activation(name(x, weight, bias)); a relu is in y already, any other activation is applied here. The two
/// functions are those of affine_backward().
template <class Data, class Weights>
Tensor record_affine(const char* name, Tensor y, const Tensor& x, const Tensor& weight, const Tensor& bias,
                     const Activation& activation, Data data, Weights weights) {
    auto gradients = [wants = AffineWants(x, weight, bias), x = Saved(x), weight = Saved(weight), data,
                      weights](const Tensor& y_grad) {
        return affine_backward(wants, x.get(), weight.get(), y_grad, data, weights);
    };
    y = autograd::record(name, std::move(y), {x, weight, bias}, std::move(gradients));
    if (!activation.is_relu()) return activation(y);
    return y.requires_grad() ? record_relu(y.detach(), y) : y;
}

}  // namespace cyclone::ops
