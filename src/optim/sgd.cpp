#include <cyclone/optim/sgd.h>

#include "kernels/optimizer.h"

namespace cyclone::optim {

Sgd::Sgd(const std::vector<Tensor>& parameters, const SgdOptions& options)
    : Optimizer("Sgd", "momentum", {"momentum"}, {options.clip_norm, options.clip_value}) {
    add_group(parameters, options);
}

void Sgd::add_group(const std::vector<Tensor>& parameters, const SgdOptions& options) {
    check(!options.nesterov || !options.momentum.is_zero(), "Sgd",
          "nesterov needs a momentum, got momentum 0 (hint: .momentum = 0.9)");
    check(options.dampening >= 0 && options.dampening <= 1, "Sgd", "dampening: expected a number in [0, 1], got ",
          options.dampening);
    check(!options.nesterov || options.dampening == 0, "Sgd", "nesterov: expected dampening 0, got ",
          options.dampening);
    add_parameters(parameters, {options.lr, options.momentum, options.weight_decay},
                   {options.clip_norm, options.clip_value});
    fixed_.push_back({options.nesterov, options.dampening});
}

void Sgd::update(Parameter& parameter, const Tensor& gradient, const GroupValues& values, double grad_scale) {
    const Fixed& fixed = fixed_[parameter.group];
    Tensor& velocity = parameter.slots[0];
    double share = 1 - fixed.dampening;
    if (values.momentum != 0 && !velocity.defined()) {
        velocity = new_slot(0, parameter.tensor);
        share = 1;
    }
    visit_floating(parameter.tensor.dtype(), "Sgd", [&](auto zero) {
        using T = decltype(zero);
        const kernels::SgdStep<T> step{
            .lr = static_cast<T>(values.lr),
            .momentum = static_cast<T>(values.momentum),
            .gradient_share = static_cast<T>(share),
            .weight_decay = static_cast<T>(values.weight_decay),
            .grad_scale = static_cast<T>(grad_scale),
            .clip = static_cast<T>(clip_value()),
            .nesterov = fixed.nesterov,
        };
        kernels::sgd(parameter.tensor.mutable_data<T>(), gradient.data<T>(),
                     velocity.defined() ? velocity.mutable_data<T>() : nullptr, gradient.numel(), step);
    });
}

}  // namespace cyclone::optim
