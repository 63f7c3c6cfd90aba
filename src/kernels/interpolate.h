#pragma once
// Linear interpolation along one axis.

#include <algorithm>
#include <cstdint>

#include "kernels/parallel.h"

namespace cyclone::kernels {

/// Lines of `size` elements, `inner` apart, that become `factor` times as long; `outer` blocks of them.
struct Stretch {
    std::int64_t outer, size, factor, inner;

    std::int64_t length() const { return size * factor; }
    /// Where element i of a longer line lies: `weight` of the way from element low to high.
    struct Place {
        std::int64_t low, high;
        double weight;
    };
    Place place(std::int64_t i) const {
        const double at = (static_cast<double>(i) + 0.5) / static_cast<double>(factor) - 0.5;
        const double inside = std::clamp(at, 0.0, static_cast<double>(size - 1));
        const auto low = static_cast<std::int64_t>(inside);
        return {low, std::min(low + 1, size - 1), inside - static_cast<double>(low)};
    }
};

template <class T>
void stretch(const Stretch& s, const T* x, T* y) {
    parallel_for(
        s.outer * s.length(),
        [&](std::int64_t begin, std::int64_t end) {
            for (std::int64_t row = begin; row < end; ++row) {
                const auto [low, high, weight] = s.place(row % s.length());
                const T* block = x + row / s.length() * s.size * s.inner;
                const T *a = block + low * s.inner, *b = block + high * s.inner;
                const T part = static_cast<T>(weight), rest = static_cast<T>(1 - weight);
                T* to = y + row * s.inner;
                for (std::int64_t k = 0; k < s.inner; ++k) to[k] = rest * a[k] + part * b[k];
            }
        },
        s.inner);
}

/// x_grad of stretch(). Parallel over blocks, whose elements are added up in order.
template <class T>
void stretch_backward(const Stretch& s, const T* y_grad, T* x_grad) {
    parallel_for(
        s.outer,
        [&](std::int64_t begin, std::int64_t end) {
            for (std::int64_t o = begin; o < end; ++o) {
                T* block = x_grad + o * s.size * s.inner;
                std::fill_n(block, s.size * s.inner, T(0));
                for (std::int64_t i = 0; i < s.length(); ++i) {
                    const auto [low, high, weight] = s.place(i);
                    const T part = static_cast<T>(weight), rest = static_cast<T>(1 - weight);
                    const T* from = y_grad + (o * s.length() + i) * s.inner;
                    T *a = block + low * s.inner, *b = block + high * s.inner;
                    for (std::int64_t k = 0; k < s.inner; ++k) {
                        a[k] += rest * from[k];
                        b[k] += part * from[k];
                    }
                }
            }
        },
        s.length() * s.inner);
}

}  // namespace cyclone::kernels
