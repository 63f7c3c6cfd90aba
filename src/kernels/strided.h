#pragma once
// Copies between arrays whose axes have strides of their own: the kernel of slices, padding, permutations and
// repetitions.

#include <cyclone/tensor/tensor.h>

#include <array>
#include <cstring>
#include <utility>

#include "kernels/parallel.h"

namespace cyclone::kernels {

/// Which elements are copied: `size` per axis, and how far apart (in elements) they are in both arrays; 0 repeats one.
/// Axes of size 1 are left out and neighbouring axes merged where both arrays allow it. Outer axes are added first.
class StridedCopy {
public:
    void add(std::int64_t size, std::int64_t from, std::int64_t to) {
        if (size == 0) is_empty_ = true;
        if (size == 1) return;
        if (count_ > 0) {
            Axis& outer = axes_[static_cast<std::size_t>(count_ - 1)];
            if (outer.from == from * size && outer.to == to * size) {
                outer = {outer.size * size, from, to};
                return;
            }
        }
        axes_[static_cast<std::size_t>(count_++)] = {size, from, to};
    }

    /// `from` and `to` point at the first element that is copied.
    template <class T>
    void run(const T* from, T* to) const {
        if (is_empty_) return;
        const Axis inner = count_ > 0 ? axes_[static_cast<std::size_t>(count_ - 1)] : Axis{1, 1, 1};
        std::int64_t rows = 1;
        for (int k = 0; k + 1 < count_; ++k) rows *= axes_[static_cast<std::size_t>(k)].size;
        if (rows == 1) {
            parallel_for(inner.size, [&](std::int64_t begin, std::int64_t end) {
                copy_row(from + begin * inner.from, to + begin * inner.to, {end - begin, inner.from, inner.to});
            });
            return;
        }
        parallel_for(
            rows,
            [&](std::int64_t begin, std::int64_t end) {
                for (std::int64_t row = begin; row < end; ++row) {
                    std::int64_t left = row, at_from = 0, at_to = 0;
                    for (int k = count_ - 2; k >= 0; --k) {
                        const Axis& axis = axes_[static_cast<std::size_t>(k)];
                        at_from += left % axis.size * axis.from;
                        at_to += left % axis.size * axis.to;
                        left /= axis.size;
                    }
                    copy_row(from + at_from, to + at_to, inner);
                }
            },
            inner.size);
    }

private:
    struct Axis {
        std::int64_t size, from, to;
    };

    template <class T>
    static void copy_row(const T* from, T* to, const Axis& axis) {
        if (axis.from == 1 && axis.to == 1) {
            std::memcpy(to, from, static_cast<std::size_t>(axis.size) * sizeof(T));
            return;
        }
        for (std::int64_t i = 0; i < axis.size; ++i) to[i * axis.to] = from[i * axis.from];
    }

    std::array<Axis, 2 * Shape::kMaxRank> axes_{};
    int count_ = 0;
    bool is_empty_ = false;
};

/// visit_dtype() for elements that are moved only: those of bf16 are as good as any of 16 bits.
template <class F>
void visit_moved(DType dtype, F&& f) {
    visit_dtype(dtype == DType::bf16 ? DType::u16 : dtype, std::forward<F>(f));
}

/// The strides of a dense array of this shape.
inline std::array<std::int64_t, Shape::kMaxRank> dense_strides(const Shape& shape) {
    std::array<std::int64_t, Shape::kMaxRank> strides{};
    std::int64_t running = 1;
    for (int axis = shape.rank() - 1; axis >= 0; --axis) {
        strides[static_cast<std::size_t>(axis)] = running;
        running *= shape[axis];
    }
    return strides;
}

}  // namespace cyclone::kernels
