#pragma once
// Activations. Every function takes f32 or f64 of any shape and keeps the shape.

#include <cyclone/base/registry.h>
#include <cyclone/tensor/tensor.h>

#include <string>

namespace cyclone {

Tensor relu(const Tensor& x);                             ///< max(x, 0); gradient 0 at x = 0
Tensor leaky_relu(const Tensor& x, double slope = 0.01);  ///< x > 0 ? x : slope * x
Tensor sigmoid(const Tensor& x);                          ///< 1 / (1 + exp(-x)), exact for large |x|
Tensor tanh(const Tensor& x);                             ///< hyperbolic tangent
/// x P(X <= x) for a standard normal X, with erf (Hendrycks and Gimpel 2016, arXiv 1606.08415).
Tensor gelu(const Tensor& x);
Tensor silu(const Tensor& x);                    ///< x sigmoid(x), also called swish
Tensor elu(const Tensor& x, double alpha = 1);   ///< x > 0 ? x : alpha (exp(x) - 1)
Tensor softplus(const Tensor& x);                ///< log(1 + exp(x)), exact for large |x|
Tensor hardswish(const Tensor& x);               ///< x min(max(x + 3, 0), 6) / 6 (Howard et al. 2019, arXiv 1905.02244)
Tensor softmax(const Tensor& x, int axis = -1);  ///< exp(x) / sum(exp(x)) along axis, shifted by the maximum
Tensor log_softmax(const Tensor& x, int axis = -1);  ///< log(softmax(x)), computed without the division

/// What conv2d, linear and batch_norm apply to their result: `{.activation = relu}`. A relu runs inside the kernel of
/// conv2d and linear; any other function of one tensor is called afterwards.
class Activation {
public:
    using Function = Tensor (*)(const Tensor&);  ///< shape and dtype stay

    Activation() = default;                                 ///< none
    Activation(Function function) : function_(function) {}  ///< e.g. relu

    bool none() const { return function_ == nullptr; }  ///< whether x stays as it is
    /// Whether it is relu(), which is fused.
    bool is_relu() const { return function_ == static_cast<Function>(relu); }
    /// Its name in activations(); "activation" for a function without a name, "" for none.
    std::string name() const;
    /// function(x), or x itself.
    Tensor operator()(const Tensor& x) const { return function_ ? function_(x) : x; }
    bool operator==(const Activation&) const = default;  ///< same function

private:
    Function function_ = nullptr;
};

/// The activations with a name: relu, sigmoid, tanh, gelu, silu, softplus, hardswish, and what a program adds.
Registry<Activation(Arguments&)>& activations();

}  // namespace cyclone
