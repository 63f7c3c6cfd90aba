#pragma once
// Matrix products without a BLAS: panels of b are packed, blocks of c stay in registers. Every element of c is summed
// over k in one fixed order, whatever the number of threads.

#include <algorithm>
#include <cstdint>

#include "kernels/multiversion.h"
#include "kernels/parallel.h"

namespace cyclone::kernels {

/// A matrix by its strides: element (i, j) stands at data[i * row + j * column].
template <class T>
struct MatrixView {
    const T* data;
    std::int64_t row, column;
};

inline constexpr std::int64_t kGemmRows = 6;     // of a block of c in registers
inline constexpr std::int64_t kGemmDepth = 256;  // of k per packed panel
inline constexpr std::int64_t kGemmRowsPerTask = 96;
inline constexpr std::int64_t kGemmColumns = 32;  // of a block of c and of a panel

/// c (rows x columns, row stride ldc) = or += a (rows x depth) panel (depth x kGemmColumns); rows <= kGemmRows.
template <class T>
CYCLONE_MULTIVERSION_TEMPLATE static void gemm_block(MatrixView<T> a, std::int64_t rows, const T* __restrict panel,
                                                     std::int64_t depth, T* __restrict c, std::int64_t ldc,
                                                     std::int64_t columns, bool add) {
    T sum[kGemmRows][kGemmColumns] = {};
    const T* row[kGemmRows];  // missing rows repeat the first and are not stored
    for (std::int64_t i = 0; i < kGemmRows; ++i) row[i] = a.data + (i < rows ? i * a.row : 0);
    for (std::int64_t p = 0; p < depth; ++p)
        for (std::int64_t i = 0; i < kGemmRows; ++i) {
            const T factor = row[i][p * a.column];
            for (std::int64_t j = 0; j < kGemmColumns; ++j) sum[i][j] += factor * panel[p * kGemmColumns + j];
        }
    for (std::int64_t i = 0; i < rows; ++i)
        for (std::int64_t j = 0; j < columns; ++j) c[i * ldc + j] = add ? c[i * ldc + j] + sum[i][j] : sum[i][j];
}

/// Rows [first, last) of the c columns that start at `column`.
template <class T>
void gemm_panel(MatrixView<T> a, MatrixView<T> b, T* c, std::int64_t first, std::int64_t last, std::int64_t column,
                std::int64_t n, std::int64_t k) {
    alignas(64) T panel[kGemmDepth * kGemmColumns];
    const std::int64_t columns = std::min(kGemmColumns, n - column);
    for (std::int64_t p0 = 0; p0 < std::max<std::int64_t>(k, 1); p0 += kGemmDepth) {
        const std::int64_t depth = std::min(kGemmDepth, k - p0);
        for (std::int64_t p = 0; p < depth; ++p)
            for (std::int64_t j = 0; j < kGemmColumns; ++j)
                panel[p * kGemmColumns + j] = j < columns ? b.data[(p0 + p) * b.row + (column + j) * b.column] : T{0};
        for (std::int64_t i = first; i < last; i += kGemmRows)
            gemm_block<T>({a.data + i * a.row + p0 * a.column, a.row, a.column}, std::min(kGemmRows, last - i), panel,
                          depth, c + i * n + column, n, columns, p0 > 0);
    }
}

/// For every batch item t: c_t (m x n, dense) = a_t (m x k) b_t (k x n). a(t) and b(t) give the MatrixViews, c_t stands
/// at c + t * m * n.
template <class T, class A, class B>
void gemm(std::int64_t batch, std::int64_t m, std::int64_t n, std::int64_t k, A a, B b, T* c) {
    const std::int64_t panels = (n + kGemmColumns - 1) / kGemmColumns,
                       parts = (m + kGemmRowsPerTask - 1) / kGemmRowsPerTask;
    parallel_for(
        batch * panels * parts,
        [=](std::int64_t begin, std::int64_t end) {
            for (std::int64_t task = begin; task < end; ++task) {
                const std::int64_t t = task / (panels * parts), part = task / panels % parts, panel = task % panels;
                const std::int64_t first = part * kGemmRowsPerTask, last = std::min(m, first + kGemmRowsPerTask);
                gemm_panel<T>(a(t), b(t), c + t * m * n, first, last, panel * kGemmColumns, n, k);
            }
        },
        std::min(m, kGemmRowsPerTask) * kGemmColumns * std::max<std::int64_t>(k, 1) / 8);
}

}  // namespace cyclone::kernels
