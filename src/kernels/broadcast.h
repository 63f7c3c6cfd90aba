#pragma once
// Walking small tensors along the elements of the shape they broadcast to.

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

/// How two operands a and b are walked along `full`, the shape they broadcast to: rows() rows of inner() elements. In a
/// row each operand either advances element by element or repeats one. Neighbouring axes are merged where both operands
/// allow it, so operands of one shape, or a scalar beside a tensor, are a single row.
class BroadcastPlan {
public:
    struct Offsets {
        std::int64_t a, b;
    };

    BroadcastPlan(const Shape& full, const Shape& a, const Shape& b) {
        std::int64_t running_a = 1, running_b = 1;
        for (int back = 1; back <= full.rank(); ++back) {
            const std::int64_t size = full[-back];
            const std::int64_t size_a = back <= a.rank() ? a[-back] : 1, size_b = back <= b.rank() ? b[-back] : 1;
            if (size != 1) append({size, size_a == 1 ? 0 : running_a, size_b == 1 ? 0 : running_b});
            running_a *= size_a;
            running_b *= size_b;
        }
        if (count_ == 0) append({1, 1, 1});
        for (int k = 1; k < count_; ++k) rows_ *= axes_[static_cast<std::size_t>(k)].size;
    }

    std::int64_t rows() const { return rows_; }
    std::int64_t inner() const { return axes_[0].size; }
    bool repeats_a() const { return axes_[0].a == 0; }
    bool repeats_b() const { return axes_[0].b == 0; }

    /// Where row `row` begins in a and in b.
    Offsets row_offsets(std::int64_t row) const {
        Offsets at{0, 0};
        for (int k = 1; k < count_; ++k) {
            const Axis& axis = axes_[static_cast<std::size_t>(k)];
            const std::int64_t index = k + 1 == count_ ? row : row % axis.size;
            at.a += index * axis.a;
            at.b += index * axis.b;
            if (k + 1 < count_) row /= axis.size;
        }
        return at;
    }

private:
    struct Axis {
        std::int64_t size, a, b;  // a, b: strides, 0 where the operand repeats
    };

    void append(const Axis& axis) {  // innermost first
        if (count_ > 0) {
            Axis& last = axes_[static_cast<std::size_t>(count_ - 1)];
            if (axis.a == last.a * last.size && axis.b == last.b * last.size) {
                last.size *= axis.size;
                return;
            }
        }
        axes_[static_cast<std::size_t>(count_++)] = axis;
    }

    std::array<Axis, Shape::kMaxRank> axes_{};
    int count_ = 0;
    std::int64_t rows_ = 1;
};

}  // namespace cyclone::kernels
