#pragma once
// Stochastic gradient descent.

#include <cyclone/optim/optimizer.h>

namespace cyclone::optim {

/// Of Sgd; any of them may be a schedule, but for the clipping.
struct SgdOptions {
    Hyper lr = 0.01;         ///< learning rate, >= 0
    Hyper momentum = 0;      ///< in [0, 1)
    Hyper nesterov = false;  ///< needs a momentum, and no dampening
    Hyper weight_decay = 0;  ///< added to the gradient: g + weight_decay * w
    Hyper dampening = 0;     ///< in [0, 1]
    double clip_norm = 0;    ///< bound of the norm of all gradients together; 0 = off. The same for all groups
    double clip_value = 0;   ///< bound of every element of every gradient; 0 = off. Not both
};

/// v = momentum * v + (1 - dampening) * g (the first time v = g); w -= lr * v, with Nesterov w -= lr * (g + momentum *
/// v). As in PyTorch and ONNX the rate is outside of v; Keras keeps it inside, which differs only while the rate
/// changes. Without momentum there is no v and no buffer.
class Sgd final : public Optimizer {
public:
    using Options = SgdOptions;  ///< for row(), parse.h
    /// The members of the options.
    static const HyperTable<SgdOptions>& hypers();

    /// Error for parameters that get no gradient or are given twice, and for values out of range.
    explicit Sgd(const std::vector<Tensor>& parameters, const SgdOptions& options = {});
    /// More parameters, with options of their own.
    void add_group(const std::vector<Tensor>& parameters, const SgdOptions& options);

private:
    void update(Parameter& parameter, const Tensor& gradient, const GroupValues& values, double grad_scale) override;
};

}  // namespace cyclone::optim
