#include <cyclone/optim/adam.h>

#include <cmath>

#include "kernels/optimizer.h"

namespace cyclone::optim {
namespace {

// Slots. kProducts holds the products of all beta1 and all beta2 so far, f64 (2).
constexpr std::size_t kMean = 0, kVariance = 1, kProducts = 2;

AdamOptions as_adam(const AdamWOptions& o) {
    return {.lr = o.lr,
            .beta1 = o.beta1,
            .beta2 = o.beta2,
            .epsilon = o.epsilon,
            .weight_decay = o.weight_decay,
            .clip_norm = o.clip_norm,
            .clip_value = o.clip_value};
}

}  // namespace

Adam::Adam(const char* name, bool decoupled, const std::vector<Tensor>& parameters, const AdamOptions& options)
    : Optimizer(name, "beta1", {"m", "v", "beta_products"}, {options.clip_norm, options.clip_value}),
      decoupled_(decoupled) {
    Adam::add_group(parameters, options);
}

Adam::Adam(const std::vector<Tensor>& parameters, const AdamOptions& options)
    : Adam("Adam", false, parameters, options) {}

void Adam::add_group(const std::vector<Tensor>& parameters, const AdamOptions& options) {
    check(std::isfinite(options.epsilon) && options.epsilon > 0, "Adam", "epsilon: expected a finite number > 0, got ",
          options.epsilon);
    add_parameters(parameters, {options.lr, options.beta1, options.weight_decay, options.beta2, options.epsilon},
                   {options.clip_norm, options.clip_value});
}

Tensor Adam::new_slot(std::size_t slot, const Tensor& parameter) const {
    return slot == kProducts ? Tensor::ones({2}, DType::f64) : Optimizer::new_slot(slot, parameter);
}

void Adam::update(Parameter& parameter, const Tensor& gradient, const GroupValues& values, double grad_scale) {
    auto& slots = parameter.slots;
    if (!slots[kMean].defined())
        for (std::size_t slot : {kMean, kVariance, kProducts}) slots[slot] = new_slot(slot, parameter.tensor);
    double* products = slots[kProducts].mutable_data<double>();
    products[0] *= values.momentum;
    products[1] *= values.beta2;
    const double correction1 = 1 - products[0], correction2 = 1 - products[1];
    visit_floating(parameter.tensor.dtype(), "Adam", [&](auto zero) {
        using T = decltype(zero);
        const kernels::AdamStep<T> step{
            .rate = static_cast<T>(values.lr / correction1),
            .keep = static_cast<T>(decoupled_ ? 1 - values.lr * values.weight_decay : 1),
            .root_scale = static_cast<T>(1 / std::sqrt(correction2)),
            .epsilon = static_cast<T>(values.epsilon),
            .beta1 = static_cast<T>(values.momentum),
            .new1 = static_cast<T>(1 - values.momentum),
            .beta2 = static_cast<T>(values.beta2),
            .new2 = static_cast<T>(1 - values.beta2),
            .weight_decay = static_cast<T>(decoupled_ ? 0 : values.weight_decay),
            .grad_scale = static_cast<T>(grad_scale),
            .clip = static_cast<T>(clip_value()),
        };
        kernels::adam(parameter.tensor.mutable_data<T>(), gradient.data<T>(), slots[kMean].mutable_data<T>(),
                      slots[kVariance].mutable_data<T>(), gradient.numel(), step);
    });
}

AdamW::AdamW(const std::vector<Tensor>& parameters, const AdamWOptions& options)
    : Adam("AdamW", true, parameters, as_adam(options)) {}

void AdamW::add_group(const std::vector<Tensor>& parameters, const AdamWOptions& options) {
    Adam::add_group(parameters, as_adam(options));
}

}  // namespace cyclone::optim
