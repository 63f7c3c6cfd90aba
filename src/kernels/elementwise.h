#pragma once
// Loops over raw pointers. The caller has checked shapes. An output never overlaps an input unless said so.

#include <cyclone/tensor/shape.h>

#include "kernels/broadcast.h"
#include "kernels/multiversion.h"
#include "kernels/parallel.h"
#include "kernels/reduce.h"

namespace cyclone::kernels {

/// y[i] = f(x[i]) for n elements; `f` points to a functor. One loop over rows serves all functors.
using MapRow = void (*)(const void* x, void* y, std::int64_t n, const void* f);
/// y[i] = f(a[i], b[i]) for n elements, or with the first element of a or b all along.
using ZipRow = void (*)(const void* a, const void* b, void* y, std::int64_t n, const void* f);

template <class T, class F>
[[gnu::always_inline]] inline void map_loop(const T* x, T* __restrict y, std::int64_t n, F f) {
    for (std::int64_t i = 0; i < n; ++i) y[i] = f(x[i]);
}
template <class T, class F>
CYCLONE_MULTIVERSION_TEMPLATE static void map_row(const void* x, void* y, std::int64_t n, const void* f) {
    map_loop(static_cast<const T*>(x), static_cast<T*>(y), n, *static_cast<const F*>(f));
}
/// f64 checks gradients: one version of each loop is enough.
template <class F>
void map_row_f64(const void* x, void* y, std::int64_t n, const void* f) {
    map_loop(static_cast<const double*>(x), static_cast<double*>(y), n, *static_cast<const F*>(f));
}

template <bool kRepeatA, bool kRepeatB, class A, class B, class Y, class F>
[[gnu::always_inline]] inline void zip_loop(const A* a, const B* b, Y* __restrict y, std::int64_t n, F f) {
    for (std::int64_t i = 0; i < n; ++i) y[i] = f(a[kRepeatA ? 0 : i], b[kRepeatB ? 0 : i]);
}
template <bool kRepeatA, bool kRepeatB, class T, class F>
CYCLONE_MULTIVERSION_TEMPLATE static void zip_row(const void* a, const void* b, void* y, std::int64_t n,
                                                  const void* f) {
    zip_loop<kRepeatA, kRepeatB>(static_cast<const T*>(a), static_cast<const T*>(b), static_cast<T*>(y), n,
                                 *static_cast<const F*>(f));
}
template <bool kRepeatA, bool kRepeatB, class F>
void zip_row_f64(const void* a, const void* b, void* y, std::int64_t n, const void* f) {
    zip_loop<kRepeatA, kRepeatB>(static_cast<const double*>(a), static_cast<const double*>(b), static_cast<double*>(y),
                                 n, *static_cast<const F*>(f));
}

template <class A, class B, class Y, class F>
CYCLONE_MULTIVERSION_TEMPLATE static void zip_serial(const A* a, const B* b, Y* __restrict y, std::int64_t n, F f) {
    zip_loop<false, false>(a, b, y, n, f);
}

/// y[i] = f(a[i], b[i])
template <class A, class B, class Y, class F>
void zip(const A* a, const B* b, Y* y, std::int64_t n, F f, std::int64_t work_per_item = 1) {
    parallel_for(
        n, [=](std::int64_t begin, std::int64_t end) { zip_serial(a + begin, b + begin, y + begin, end - begin, f); },
        work_per_item);
}

template <class T>
CYCLONE_MULTIVERSION_TEMPLATE static void add_into_serial(const T* x, T* sum, std::int64_t n) {
    for (std::int64_t i = 0; i < n; ++i) sum[i] += x[i];
}

/// sum[i] += x[i]
template <class T>
void add_into(const T* x, T* sum, std::int64_t n) {
    parallel_for(n,
                 [=](std::int64_t begin, std::int64_t end) { add_into_serial(x + begin, sum + begin, end - begin); });
}

/// Adds x (of shape `from`) into `sum` (of shape `into`, which broadcasts to `from`).
template <class T>
void add_broadcast_into(const T* x, const Shape& from, T* sum, const Shape& into) {
    ReducedAxes axes;
    for (int back = 1; back <= from.rank(); ++back)
        if (back > into.rank() || into[-back] != from[-back]) axes.add(from.rank() - back);
    const ReduceGroups groups(from, axes);
    if (groups.reduced <= 1) {
        sum_middle(x, sum, groups.outer, groups.middle, groups.inner, 1.0, true);
        return;
    }
    std::int64_t i = 0;
    for_each_broadcast(from, into, [&](std::int64_t at) { sum[at] += x[i++]; });
}

}  // namespace cyclone::kernels
