#pragma once
// Adam (Kingma and Ba 2015, arXiv 1412.6980, Algorithm 1) and AdamW (Loshchilov and Hutter 2019, arXiv 1711.05101).

#include <cyclone/optim/optimizer.h>

namespace cyclone::optim {

/// Of Adam and AdamW; any of them may be a schedule, but for the clipping. `decoupled`: AdamW's weight decay, w -= lr *
/// weight_decay * w, that does not pass through the moments.
template <bool decoupled>
struct BasicAdamOptions {
    Hyper lr = 0.001;      ///< learning rate, >= 0
    Hyper beta1 = 0.9;     ///< in [0, 1)
    Hyper beta2 = 0.999;   ///< in [0, 1)
    Hyper epsilon = 1e-8;  ///< > 0, beside the corrected root. Keras's epsilon is this one * sqrt(1 - beta2^k)
    Hyper weight_decay = decoupled ? 0.01 : 0.0;  ///< Adam adds it to the gradient: g + weight_decay * w
    double clip_norm = 0;   ///< bound of the norm of all gradients together; 0 = off. The same for all groups
    double clip_value = 0;  ///< bound of every element of every gradient; 0 = off. Not both
};
using AdamOptions = BasicAdamOptions<false>;
using AdamWOptions = BasicAdamOptions<true>;

/// m = beta1 m + (1 - beta1) g, v = beta2 v + (1 - beta2) g^2, w -= lr * m / c1 / (sqrt(v / c2) + epsilon), where
/// c = 1 - (product of the betas of all updates of this parameter): beta^k for a constant beta, and still unbiased for
/// a scheduled one or for a parameter that got its first gradient late.
template <bool decoupled>
class BasicAdam final : public Optimizer {
public:
    using Options = BasicAdamOptions<decoupled>;  ///< for row(), parse.h
    /// The members of the options.
    static const HyperTable<Options>& hypers();

    /// Error for parameters that get no gradient or are given twice, and for values out of range.
    explicit BasicAdam(const std::vector<Tensor>& parameters, const Options& options = {});
    /// More parameters, with options of their own.
    void add_group(const std::vector<Tensor>& parameters, const Options& options);

private:
    void update(Parameter& parameter, const Tensor& gradient, const GroupValues& values, double grad_scale) override;
    Tensor new_slot(std::size_t slot, const Tensor& parameter) const override;
};
using Adam = BasicAdam<false>;
using AdamW = BasicAdam<true>;
extern template class BasicAdam<false>;
extern template class BasicAdam<true>;

}  // namespace cyclone::optim
