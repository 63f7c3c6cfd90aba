#pragma once
// Softmax along one axis. Sums run in double, shifted by the maximum, so logits of any finite size are safe.

#include <cmath>
#include <cstdint>

#include "kernels/parallel.h"

namespace cyclone::kernels {

/// A tensor seen as (outer, size, inner) with the axis of interest in the middle.
struct AxisView {
    std::int64_t outer, size, inner;
};

/// Calls f(offset) with the offset of the first element of every line along the axis; its elements are `inner` apart.
template <class F>
void for_each_line(const AxisView& view, F f) {
    parallel_for(
        view.outer * view.inner,
        [=](std::int64_t begin, std::int64_t end) {
            for (std::int64_t line = begin; line < end; ++line)
                f(line / view.inner * view.size * view.inner + line % view.inner);
        },
        8 * view.size);
}

template <class T>
T line_maximum(const T* x, std::int64_t size, std::int64_t stride) {
    T maximum = x[0];
    for (std::int64_t k = 1; k < size; ++k) maximum = x[k * stride] > maximum ? x[k * stride] : maximum;
    return maximum;
}

template <class T>
void softmax(const T* x, T* y, const AxisView& view) {
    if (view.size == 0) return;
    for_each_line(view, [=](std::int64_t at) {
        const T shift = line_maximum(x + at, view.size, view.inner);
        double sum = 0;
        for (std::int64_t k = 0; k < view.size; ++k) {
            const std::int64_t i = at + k * view.inner;
            y[i] = std::exp(x[i] - shift);
            sum += static_cast<double>(y[i]);
        }
        const T factor = static_cast<T>(1 / sum);
        for (std::int64_t k = 0; k < view.size; ++k) y[at + k * view.inner] *= factor;
    });
}

/// dx = p (grad - sum(grad p))
template <class T>
void softmax_backward(const T* p, const T* grad, T* dx, const AxisView& view) {
    for_each_line(view, [=](std::int64_t at) {
        double dot = 0;
        for (std::int64_t k = 0; k < view.size; ++k) {
            const std::int64_t i = at + k * view.inner;
            dot += static_cast<double>(grad[i]) * static_cast<double>(p[i]);
        }
        for (std::int64_t k = 0; k < view.size; ++k) {
            const std::int64_t i = at + k * view.inner;
            dx[i] = p[i] * (grad[i] - static_cast<T>(dot));
        }
    });
}

template <class T>
void log_softmax(const T* x, T* y, const AxisView& view) {
    if (view.size == 0) return;
    for_each_line(view, [=](std::int64_t at) {
        const T shift = line_maximum(x + at, view.size, view.inner);
        double sum = 0;
        for (std::int64_t k = 0; k < view.size; ++k)
            sum += static_cast<double>(std::exp(x[at + k * view.inner] - shift));
        const T log_sum = static_cast<T>(std::log(sum));
        for (std::int64_t k = 0; k < view.size; ++k) {
            const std::int64_t i = at + k * view.inner;
            y[i] = (x[i] - shift) - log_sum;
        }
    });
}

/// dx = grad - exp(log p) sum(grad)
template <class T>
void log_softmax_backward(const T* log_p, const T* grad, T* dx, const AxisView& view) {
    for_each_line(view, [=](std::int64_t at) {
        double sum = 0;
        for (std::int64_t k = 0; k < view.size; ++k) sum += static_cast<double>(grad[at + k * view.inner]);
        for (std::int64_t k = 0; k < view.size; ++k) {
            const std::int64_t i = at + k * view.inner;
            dx[i] = grad[i] - std::exp(log_p[i]) * static_cast<T>(sum);
        }
    });
}

}  // namespace cyclone::kernels
