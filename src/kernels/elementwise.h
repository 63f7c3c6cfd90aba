#pragma once
// Loops over raw pointers. The caller has checked shapes. An output never overlaps an input unless said so.

#include <cyclone/tensor/shape.h>

#include "kernels/broadcast.h"
#include "kernels/multiversion.h"
#include "kernels/parallel.h"
#include "kernels/reduce.h"

namespace cyclone::kernels {

template <class X, class Y, class F>
CYCLONE_MULTIVERSION_TEMPLATE static void map_serial(const X* x, Y* __restrict y, std::int64_t n, F f) {
    for (std::int64_t i = 0; i < n; ++i) y[i] = f(x[i]);
}

/// y[i] = f(x[i])
template <class X, class Y, class F>
void map(const X* x, Y* y, std::int64_t n, F f, std::int64_t work_per_item = 1) {
    parallel_for(
        n, [=](std::int64_t begin, std::int64_t end) { map_serial(x + begin, y + begin, end - begin, f); },
        work_per_item);
}

template <bool kRepeatA, bool kRepeatB, class A, class B, class Y, class F>
CYCLONE_MULTIVERSION_TEMPLATE static void zip_serial(const A* a, const B* b, Y* __restrict y, std::int64_t n, F f) {
    for (std::int64_t i = 0; i < n; ++i) y[i] = f(a[kRepeatA ? 0 : i], b[kRepeatB ? 0 : i]);
}

/// y[i] = f(a[i], b[i])
template <class A, class B, class Y, class F>
void zip(const A* a, const B* b, Y* y, std::int64_t n, F f, std::int64_t work_per_item = 1) {
    parallel_for(
        n,
        [=](std::int64_t begin, std::int64_t end) {
            zip_serial<false, false>(a + begin, b + begin, y + begin, end - begin, f);
        },
        work_per_item);
}

template <bool kRepeatA, bool kRepeatB, class T, class F>
void zip_planned(const T* a, const T* b, T* y, const BroadcastPlan& plan, F f) {
    const std::int64_t inner = plan.inner();
    if (plan.rows() == 1) {
        parallel_for(inner, [=](std::int64_t begin, std::int64_t end) {
            zip_serial<kRepeatA, kRepeatB>(a + (kRepeatA ? 0 : begin), b + (kRepeatB ? 0 : begin), y + begin,
                                           end - begin, f);
        });
        return;
    }
    parallel_for(
        plan.rows(),
        [=, &plan](std::int64_t begin, std::int64_t end) {
            for (std::int64_t row = begin; row < end; ++row) {
                const BroadcastPlan::Offsets at = plan.row_offsets(row);
                zip_serial<kRepeatA, kRepeatB>(a + at.a, b + at.b, y + row * inner, inner, f);
            }
        },
        inner);
}

/// y = f(a, b) with a and b broadcast to `full`, the shape of y.
template <class T, class F>
void zip_broadcast(const T* a, const Shape& shape_a, const T* b, const Shape& shape_b, T* y, const Shape& full, F f) {
    const BroadcastPlan plan(full, shape_a, shape_b);
    if (plan.repeats_a())
        plan.repeats_b() ? zip_planned<true, true>(a, b, y, plan, f) : zip_planned<true, false>(a, b, y, plan, f);
    else
        plan.repeats_b() ? zip_planned<false, true>(a, b, y, plan, f) : zip_planned<false, false>(a, b, y, plan, f);
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
