#pragma once
// The backward of a relu from its output.

#include "kernels/multiversion.h"
#include "kernels/parallel.h"

namespace cyclone::kernels {

template <class T>
CYCLONE_MULTIVERSION_TEMPLATE static void relu_mask_serial(const T* y, const T* y_grad, T* x_grad, std::int64_t n) {
    for (std::int64_t i = 0; i < n; ++i) {
        const T grad = y_grad[i];  // unconditional: a conditional load would be a branch
        x_grad[i] = y[i] > 0 ? grad : T(0);
    }
}

/// x_grad[i] = y[i] > 0 ? y_grad[i] : 0; x_grad may be y_grad.
template <class T>
void relu_mask(const T* y, const T* y_grad, T* x_grad, std::int64_t n) {
    parallel_for(n, [=](std::int64_t begin, std::int64_t end) {
        relu_mask_serial(y + begin, y_grad + begin, x_grad + begin, end - begin);
    });
}

}  // namespace cyclone::kernels
