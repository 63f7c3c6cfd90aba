// SGD: its hyper-parameters and its update.

#include <cyclone/optim/sgd.h>

#include "kernels/optimizer.h"

namespace cyclone::optim {

const HyperTable<SgdOptions>& Sgd::hypers() {
    using enum Range;
    static const HyperTable<SgdOptions> table{
        {&SgdOptions::lr, {"lr", at_least_zero, "learning rate"}},
        {&SgdOptions::momentum, {"momentum", below_one, "fraction of the last step that is kept"}},
        {&SgdOptions::nesterov, {"nesterov", flag, "the gradient of where the momentum leads"}},
        {&SgdOptions::weight_decay, {"weight_decay", at_least_zero, "L2 penalty"}},
        {&SgdOptions::dampening, {"dampening", fraction, "fraction of the gradient that the momentum leaves out"}},
    };
    return table;
}

Sgd::Sgd(const std::vector<Tensor>& parameters, const SgdOptions& options)
    : Optimizer("Sgd", specs_of(hypers()), {"momentum"}, {options.clip_norm, options.clip_value}) {
    add_group(parameters, options);
}

void Sgd::add_group(const std::vector<Tensor>& parameters, const SgdOptions& options) {
    const bool nesterov = !options.nesterov.is(0);
    check(!nesterov || !options.momentum.is(0), name(),
          "nesterov needs a momentum, got momentum 0 (hint: .momentum = 0.9)");
    check(!nesterov || options.dampening.is(0), name(), "nesterov: expected dampening 0, got ",
          options.dampening.describe());
    add_parameters(parameters, values_of(hypers(), options), {options.clip_norm, options.clip_value});
}

void Sgd::update(Parameter& parameter, const Tensor& gradient, const GroupValues& values, double grad_scale) {
    Tensor& velocity = parameter.slots[0];
    double gradient_factor = 1 - values["dampening"];
    if (values["momentum"] != 0 && !velocity.defined()) {
        velocity = new_slot(0, parameter.tensor);
        gradient_factor = 1;
    }
    visit_floating(parameter.tensor.dtype(), name(), [&](auto zero) {
        using T = decltype(zero);
        const kernels::SgdStep<T> step{
            .lr = static_cast<T>(values["lr"]),
            .momentum = static_cast<T>(values["momentum"]),
            .gradient_factor = static_cast<T>(gradient_factor),
            .weight_decay = static_cast<T>(values["weight_decay"]),
            .grad_scale = static_cast<T>(grad_scale),
            .clip = static_cast<T>(clip_value()),
            .nesterov = values["nesterov"] != 0,
        };
        kernels::sgd(parameter.tensor.mutable_data<T>(), gradient.data<T>(),
                     velocity.defined() ? velocity.mutable_data<T>() : nullptr, gradient.numel(), step);
    });
}

}  // namespace cyclone::optim
