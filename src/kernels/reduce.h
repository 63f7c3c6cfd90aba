#pragma once
// Sums over axes, in double. The split of a sum depends on sizes only, so the bits do not depend on the number of
// threads.

#include <cyclone/tensor/shape.h>

#include <algorithm>
#include <array>

#include "kernels/multiversion.h"
#include "kernels/parallel.h"

namespace cyclone::kernels {

/// Sum of f(begin, end) over blocks of [0, n). f returns double and must not throw.
template <class F>
double block_sum(std::int64_t n, F&& f, std::int64_t work_per_item = 1) {
    constexpr std::int64_t kBlocks = 64, kSmallestWork = 1 << 10;
    const std::int64_t smallest = std::max<std::int64_t>(kSmallestWork / work_per_item, 1);
    const std::int64_t block = std::max(smallest, (n + kBlocks - 1) / kBlocks);
    const std::int64_t blocks = (n + block - 1) / block;
    std::array<double, kBlocks> part{};
    parallel_for(
        blocks,
        [&](std::int64_t begin, std::int64_t end) {
            for (std::int64_t k = begin; k < end; ++k)
                part[static_cast<std::size_t>(k)] = f(k * block, std::min(n, (k + 1) * block));
        },
        n * work_per_item / std::max<std::int64_t>(blocks, 1));
    double sum = 0;
    for (std::int64_t k = 0; k < blocks; ++k) sum += part[static_cast<std::size_t>(k)];
    return sum;
}

template <class T>
CYCLONE_MULTIVERSION_TEMPLATE static double sum_serial(const T* x, std::int64_t n) {
    constexpr std::int64_t kLanes = 16;
    double lane[kLanes] = {}, rest = 0;
    std::int64_t i = 0;
    for (; i + kLanes <= n; i += kLanes)
        for (std::int64_t k = 0; k < kLanes; ++k) lane[k] += static_cast<double>(x[i + k]);
    for (; i < n; ++i) rest += static_cast<double>(x[i]);
    for (std::int64_t half = kLanes / 2; half > 0; half /= 2)
        for (std::int64_t k = 0; k < half; ++k) lane[k] += lane[k + half];
    return lane[0] + rest;
}

/// sum[j] += x[r * stride + j] over `rows` rows of `columns` elements.
template <class T>
CYCLONE_MULTIVERSION_TEMPLATE static void column_sums_serial(const T* x, std::int64_t stride, std::int64_t rows,
                                                             std::int64_t columns, double* __restrict sum) {
    for (std::int64_t r = 0; r < rows; ++r)
        for (std::int64_t j = 0; j < columns; ++j) sum[j] += static_cast<double>(x[r * stride + j]);
}

/// Column sums of (rows, columns) with row stride `stride`, columns <= kColumns; the rows are cut into fixed blocks.
inline constexpr std::int64_t kColumns = 128;
template <class T>
void column_sums(const T* x, std::int64_t stride, std::int64_t rows, std::int64_t columns, double* sum) {
    constexpr std::int64_t kBlocks = 16;
    std::fill_n(sum, columns, 0.0);
    if (rows < 8 * kBlocks) return column_sums_serial(x, stride, rows, columns, sum);
    std::array<double, kBlocks * kColumns> part;
    parallel_for(
        kBlocks,
        [&](std::int64_t begin, std::int64_t end) {
            for (std::int64_t k = begin; k < end; ++k) {
                const std::int64_t first = rows * k / kBlocks, last = rows * (k + 1) / kBlocks;
                double* mine = part.data() + k * kColumns;
                std::fill_n(mine, columns, 0.0);
                column_sums_serial(x + first * stride, stride, last - first, columns, mine);
            }
        },
        rows * columns / kBlocks);
    column_sums_serial(part.data(), kColumns, kBlocks, columns, sum);
}

/// x (outer, middle, inner) -> out (outer, inner): out = scale * sum over middle, or out += that.
template <class T>
void sum_middle(const T* x, T* out, std::int64_t outer, std::int64_t middle, std::int64_t inner, double scale,
                bool add = false) {
    const auto put = [=](std::int64_t at, double sum) {
        out[at] = static_cast<T>(scale * sum + (add ? static_cast<double>(out[at]) : 0.0));
    };
    if (outer == 1 && inner == 1) {
        put(0, block_sum(middle,
                         [=](std::int64_t begin, std::int64_t end) { return sum_serial(x + begin, end - begin); }));
    } else if (inner == 1) {
        parallel_for(
            outer,
            [=](std::int64_t begin, std::int64_t end) {
                for (std::int64_t o = begin; o < end; ++o) put(o, sum_serial(x + o * middle, middle));
            },
            middle);
    } else {
        const auto chunk_sum = [=](std::int64_t o, std::int64_t j, auto&& sum_columns) {
            std::array<double, kColumns> sum;
            const std::int64_t columns = std::min(kColumns, inner - j);
            sum_columns(x + o * middle * inner + j, columns, sum.data());
            for (std::int64_t k = 0; k < columns; ++k) put(o * inner + j + k, sum[static_cast<std::size_t>(k)]);
        };
        if (outer == 1) {  // many rows: threads share the rows
            for (std::int64_t j = 0; j < inner; j += kColumns)
                chunk_sum(0, j, [=](const T* at, std::int64_t columns, double* sum) {
                    column_sums(at, inner, middle, columns, sum);
                });
            return;
        }
        parallel_for(
            outer,
            [=](std::int64_t begin, std::int64_t end) {
                for (std::int64_t o = begin; o < end; ++o)
                    for (std::int64_t j = 0; j < inner; j += kColumns)
                        chunk_sum(o, j, [=](const T* at, std::int64_t columns, double* sum) {
                            std::fill_n(sum, columns, 0.0);
                            column_sums_serial(at, inner, middle, columns, sum);
                        });
            },
            middle * inner);
    }
}

/// A set of axes.
class ReducedAxes {
public:
    void add(int axis) { bits_ |= 1U << axis; }
    bool has(int axis) const { return (bits_ >> axis & 1U) != 0; }

private:
    std::uint32_t bits_ = 0;
};

/// A shape whose reduced axes lie side by side, seen as (outer, middle, inner) with `middle` reduced. Axes of size 1
/// count for neither side. `reduced` is the number of separate runs of reduced axes; with more than one, middle is the
/// last run and outer what precedes it.
struct ReduceGroups {
    std::int64_t outer = 1, middle = 1, inner = 1;
    int reduced = 0;
    int first = 0, last = 0;  // middle = axes [first, last)

    ReduceGroups(const Shape& shape, const ReducedAxes& axes) {
        bool inside = false;
        for (int axis = shape.rank() - 1; axis >= 0; --axis) {
            if (shape[axis] == 1) continue;
            if (!axes.has(axis)) {
                (reduced == 0 ? inner : outer) *= shape[axis];
                inside = false;
                continue;
            }
            if (!inside) {
                ++reduced;
                if (reduced == 1) last = axis + 1;
            }
            inside = true;
            (reduced == 1 ? middle : outer) *= shape[axis];
            if (reduced == 1) first = axis;
        }
    }
};

}  // namespace cyclone::kernels
