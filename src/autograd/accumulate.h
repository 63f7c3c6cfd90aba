#pragma once
// How gradients are summed.

#include <cyclone/tensor/tensor.h>

#include <utility>

#include "kernels/bf16.h"
#include "kernels/elementwise.h"

namespace cyclone::autograd {

inline void add_into(Tensor& sum, const Tensor& grad) {
    if (sum.dtype() == DType::bf16) {
        auto* into = sum.mutable_data<Bfloat16>();
        return kernels::add(into, grad.data<Bfloat16>(), into, sum.numel());
    }
    visit_floating(sum.dtype(), "backward", [&](auto zero) {
        using T = decltype(zero);
        kernels::add_into(grad.data<T>(), sum.mutable_data<T>(), sum.numel());
    });
}

/// `grad` for somebody who keeps it: no other tensor shares it.
inline Tensor owned(Tensor grad) { return grad.is_sole_owner() ? std::move(grad) : grad.clone(); }

}  // namespace cyclone::autograd
