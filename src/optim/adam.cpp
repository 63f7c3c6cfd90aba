// Adam and AdamW: their hyper-parameters and their update.

#include <cyclone/optim/adam.h>

#include <cmath>

#include "kernels/optimizer.h"

namespace cyclone::optim {
namespace {

// Slots. kProducts holds the products of all beta1 and all beta2 so far, f64 (2).
constexpr std::size_t kMean = 0, kVariance = 1, kProducts = 2;

}  // namespace

template <bool decoupled>
const HyperTable<BasicAdamOptions<decoupled>>& BasicAdam<decoupled>::hypers() {
    using enum Range;
    static const HyperTable<Options> table{
        {&Options::lr, {"lr", at_least_zero, "learning rate"}},
        {&Options::beta1, {"beta1", below_one, "decay of the mean of the gradients"}},
        {&Options::beta2, {"beta2", below_one, "decay of the mean of their squares"}},
        {&Options::weight_decay,
         {"weight_decay", at_least_zero, decoupled ? "decay of the weights, times the rate" : "L2 penalty"}},
        {&Options::epsilon, {"epsilon", positive, "added to the root of the squares", Options{}.epsilon.at(0)}},
    };
    return table;
}

template <bool decoupled>
BasicAdam<decoupled>::BasicAdam(const std::vector<Tensor>& parameters, const Options& options)
    : Optimizer(decoupled ? "AdamW" : "Adam", specs_of(hypers()), {"m", "v", "beta_products"},
                {options.clip_norm, options.clip_value}) {
    add_group(parameters, options);
}

template <bool decoupled>
void BasicAdam<decoupled>::add_group(const std::vector<Tensor>& parameters, const Options& options) {
    add_parameters(parameters, values_of(hypers(), options), {options.clip_norm, options.clip_value});
}

template <bool decoupled>
Tensor BasicAdam<decoupled>::new_slot(std::size_t slot, const Tensor& parameter) const {
    return slot == kProducts ? Tensor::ones({2}, DType::f64) : Optimizer::new_slot(slot, parameter);
}

template <bool decoupled>
void BasicAdam<decoupled>::update(Parameter& parameter, const Tensor& gradient, const GroupValues& values,
                                  double grad_scale) {
    auto& slots = parameter.slots;
    if (!slots[kMean].defined())
        for (std::size_t slot : {kMean, kVariance, kProducts}) slots[slot] = new_slot(slot, parameter.tensor);
    const double lr = values["lr"], beta1 = values["beta1"], beta2 = values["beta2"], decay = values["weight_decay"];
    double* products = slots[kProducts].mutable_data<double>();
    products[0] *= beta1;
    products[1] *= beta2;
    const double correction1 = 1 - products[0], correction2 = 1 - products[1];
    visit_floating(parameter.tensor.dtype(), name(), [&](auto zero) {
        using T = decltype(zero);
        const kernels::AdamStep<T> step{
            .rate = static_cast<T>(lr / correction1),
            .keep = static_cast<T>(decoupled ? 1 - lr * decay : 1),
            .root_scale = static_cast<T>(1 / std::sqrt(correction2)),
            .epsilon = static_cast<T>(values["epsilon"]),
            .beta1 = static_cast<T>(beta1),
            .new1 = static_cast<T>(1 - beta1),
            .beta2 = static_cast<T>(beta2),
            .new2 = static_cast<T>(1 - beta2),
            .weight_decay = static_cast<T>(decoupled ? 0 : decay),
            .grad_scale = static_cast<T>(grad_scale),
            .clip = static_cast<T>(clip_value()),
        };
        kernels::adam(parameter.tensor.mutable_data<T>(), gradient.data<T>(), slots[kMean].mutable_data<T>(),
                      slots[kVariance].mutable_data<T>(), gradient.numel(), step);
    });
}

template class BasicAdam<false>;
template class BasicAdam<true>;

}  // namespace cyclone::optim
