// Parts of tensors, and tensors with a border.

#include <cyclone/autograd/record.h>
#include <cyclone/ops/shape.h>

#include <algorithm>

#include "kernels/strided.h"
#include "ops/elementwise_op.h"

namespace cyclone {
namespace {

/// The elements first, first + step, ... (`count` of them) of each axis of a tensor of shape `whole`.
struct Part {
    Shape whole, shape;
    std::array<std::int64_t, Shape::kMaxRank> first{}, step{};

    explicit Part(const Shape& all) : whole(all), shape(all) { step.fill(1); }

    /// Copies them out of `from` (shape `whole`) into `to`, or with `back` from `to`'s shape into the places in
    /// `whole`.
    void copy(const Tensor& from, Tensor& to, bool back) const {
        const auto strides = kernels::dense_strides(whole), dense = kernels::dense_strides(shape);
        kernels::StridedCopy plan;
        std::int64_t begin = 0;
        for (int axis = 0; axis < shape.rank(); ++axis) {
            const auto a = static_cast<std::size_t>(axis);
            begin += first[a] * strides[a];
            const std::int64_t apart = step[a] * strides[a];
            plan.add(shape[axis], back ? dense[a] : apart, back ? apart : dense[a]);
        }
        if (shape.numel() == 0) return;
        kernels::visit_moved(from.dtype(), [&](auto zero) {
            using T = decltype(zero);
            plan.run(static_cast<const T*>(from.bytes()) + (back ? 0 : begin),
                     static_cast<T*>(to.mutable_bytes()) + (back ? begin : 0));
        });
    }
};

Tensor taken(const Part& part, const Tensor& whole) {
    Tensor y = Tensor::empty(part.shape, whole.dtype());
    part.copy(whole, y, false);
    return y;
}

Tensor placed(const Part& part, const Tensor& x, double around) {
    Tensor y = Tensor::full(part.whole, around, x.dtype());
    part.copy(x, y, true);
    return y;
}

void set_range(Part& part, int axis, const Range& range) {
    const std::int64_t size = part.whole[axis], step = range.step;
    check(step != 0, "slice", "expected a step other than 0 along axis ", axis);
    const std::int64_t low = step > 0 ? 0 : -1, high = step > 0 ? size : size - 1;
    const auto place = [&](const std::optional<std::int64_t>& given, std::int64_t otherwise) {
        return given ? std::clamp(*given < 0 ? *given + size : *given, low, high) : otherwise;
    };
    const std::int64_t begin = place(range.begin, step > 0 ? low : high), end = place(range.end, step > 0 ? high : low);
    const std::int64_t distance = step > 0 ? end - begin : begin - end;
    const auto length = step > 0 ? static_cast<std::uint64_t>(step) : 0 - static_cast<std::uint64_t>(step);
    const std::int64_t count =
        distance <= 0 ? 0 : static_cast<std::int64_t>((static_cast<std::uint64_t>(distance) - 1) / length) + 1;
    const auto a = static_cast<std::size_t>(axis);
    part.first[a] = count > 0 ? begin : 0;
    part.step[a] = count > 1 ? step : 1;
    part.shape.set(axis, count);
}

Tensor slice_of(const char* op, const Tensor& x, const Part& part) {
    return autograd::record(op, taken(part, x), {x},
                            [part](const Tensor& grad) { return Gradients{placed(part, grad, 0)}; });
}

}  // namespace

Tensor slice(const Tensor& x, std::span<const Range> ranges) {
    ops::check_defined("slice", x);
    check(ranges.size() <= static_cast<std::size_t>(x.rank()), "slice", "expected at most one range per axis of shape ",
          x.shape(), ", got ", ranges.size());
    Part part(x.shape());
    for (std::size_t axis = 0; axis < ranges.size(); ++axis) set_range(part, static_cast<int>(axis), ranges[axis]);
    return slice_of("slice", x, part);
}

Tensor slice(const Tensor& x, std::initializer_list<Range> ranges) {
    return slice(x, std::span<const Range>(ranges.begin(), ranges.size()));
}

Tensor narrow(const Tensor& x, int axis, std::int64_t begin, std::int64_t count) {
    ops::check_defined("narrow", x);
    check(axis >= -x.rank() && axis < x.rank(), "narrow", "expected an axis of shape ", x.shape(), ", got ", axis);
    axis = x.shape().normalize_axis(axis);
    check(begin >= 0 && count >= 0 && begin <= x.size(axis) && count <= x.size(axis) - begin, "narrow", "axis ", axis,
          " of shape ", x.shape(), " has no ", count, " elements from ", begin);
    Part part(x.shape());
    part.first[static_cast<std::size_t>(axis)] = begin;
    part.shape.set(axis, count);
    return slice_of("narrow", x, part);
}

Tensor select(const Tensor& x, int axis, std::int64_t index) {
    ops::check_defined("select", x);
    check(axis >= -x.rank() && axis < x.rank(), "select", "expected an axis of shape ", x.shape(), ", got ", axis);
    axis = x.shape().normalize_axis(axis);
    check(index >= -x.size(axis) && index < x.size(axis), "select", "axis ", axis, " of shape ", x.shape(),
          " has no element ", index);
    std::vector<std::int64_t> rest;
    for (int k = 0; k < x.rank(); ++k)
        if (k != axis) rest.push_back(x.size(k));
    return reshape(narrow(x, axis, index < 0 ? index + x.size(axis) : index, 1), rest);
}

std::vector<Tensor> split(const Tensor& x, std::span<const std::int64_t> sizes, int axis) {
    std::vector<Tensor> parts;
    std::int64_t begin = 0;
    for (const std::int64_t size : sizes) {
        parts.push_back(narrow(x, axis, begin, size));
        begin += size;
    }
    check(!parts.empty() && begin == x.size(axis), "split", "expected sizes that fill axis ", axis, " of shape ",
          x.shape(), ", got ", begin, " in all");
    return parts;
}

std::vector<Tensor> split(const Tensor& x, std::initializer_list<std::int64_t> sizes, int axis) {
    return split(x, std::span<const std::int64_t>(sizes.begin(), sizes.size()), axis);
}

Tensor pad(const Tensor& x, std::span<const PadAmount> amounts, double value) {
    ops::check_defined("pad", x);
    check(amounts.size() == static_cast<std::size_t>(x.rank()), "pad", "expected an amount for each axis of shape ",
          x.shape(), ", got ", amounts.size());
    constexpr std::int64_t kMost = std::int64_t{1} << 40;
    Part part(x.shape());
    for (int axis = 0; axis < x.rank(); ++axis) {
        const PadAmount& amount = amounts[static_cast<std::size_t>(axis)];
        check(amount.before >= 0 && amount.after >= 0 && amount.before < kMost && amount.after < kMost, "pad",
              "expected amounts >= 0, got ", amount.before, " and ", amount.after, " for axis ", axis,
              " (hint: slice() cuts)");
        part.first[static_cast<std::size_t>(axis)] = amount.before;
        part.whole.set(axis, x.size(axis) + amount.before + amount.after);
    }
    return autograd::record("pad", placed(part, x, value), {x},
                            [part](const Tensor& grad) { return Gradients{taken(part, grad)}; });
}

Tensor pad(const Tensor& x, std::initializer_list<PadAmount> amounts, double value) {
    return pad(x, std::span<const PadAmount>(amounts.begin(), amounts.size()), value);
}

}  // namespace cyclone
