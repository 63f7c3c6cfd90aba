#pragma once
// The backward of a relu from its output.

#include "kernels/parallel.h"

namespace cyclone::kernels {

/// x_grad[i] = y[i] > 0 ? y_grad[i] : 0
template <class T>
void relu_mask(const T* y, const T* y_grad, T* x_grad, std::int64_t n) {
    parallel_for(n, [=](std::int64_t begin, std::int64_t end) {
        for (std::int64_t i = begin; i < end; ++i) {
            const T grad = y_grad[i];  // loaded in any case: a conditional load would be a branch
            x_grad[i] = y[i] > 0 ? grad : T(0);
        }
    });
}

}  // namespace cyclone::kernels
