#pragma once
// Loops over raw pointers. The caller has checked shapes.

#include <cyclone/tensor/shape.h>

#include "kernels/broadcast.h"
#include "kernels/parallel.h"

namespace cyclone::kernels {

/// sum[i] += x[i]
template <class T>
void add_into(const T* x, T* sum, std::int64_t n) {
    parallel_for(n, [=](std::int64_t begin, std::int64_t end) {
        for (std::int64_t i = begin; i < end; ++i) sum[i] += x[i];
    });
}

/// Adds x (of shape `from`) into `sum` (of shape `into`, which broadcasts to `from`).
template <class T>
void add_broadcast_into(const T* x, const Shape& from, T* sum, const Shape& into) {
    std::int64_t i = 0;
    for_each_broadcast(from, into, [&](std::int64_t at) { sum[at] += x[i++]; });
}

}  // namespace cyclone::kernels
