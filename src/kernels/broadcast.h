#pragma once
// Walking a small tensor along the elements of the shape it broadcasts to.

#include <cyclone/tensor/shape.h>

#include <array>

namespace cyclone::kernels {

/// For every element of `full` in row-major order calls f(index of the matching element in a tensor of shape `part`);
/// `part` broadcasts to `full`.
template <class F>
void for_each_broadcast(const Shape& full, const Shape& part, F&& f) {
    const int rank = full.rank();
    std::array<std::int64_t, Shape::kMaxRank> stride{}, index{};
    std::int64_t running = 1;
    for (int axis = part.rank() - 1; axis >= 0; --axis) {
        const int at = axis + rank - part.rank();
        stride[static_cast<std::size_t>(at)] = part[axis] == 1 ? 0 : running;
        running *= part[axis];
    }
    const std::int64_t count = full.numel();
    std::int64_t at = 0;
    for (std::int64_t i = 0; i < count; ++i) {
        f(at);
        for (int axis = rank - 1; axis >= 0; --axis) {
            const auto a = static_cast<std::size_t>(axis);
            at += stride[a];
            if (++index[a] < full[axis]) break;
            at -= stride[a] * full[axis];
            index[a] = 0;
        }
    }
}

}  // namespace cyclone::kernels
