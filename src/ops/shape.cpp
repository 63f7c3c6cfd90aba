// Reshaping and concatenation.

#include <cyclone/autograd/record.h>
#include <cyclone/ops/shape.h>

#include <cstring>

namespace cyclone {
namespace {

Shape inferred_shape(const Tensor& x, std::span<const std::int64_t> sizes) {
    check(x.defined(), "reshape", "expected a tensor, got an undefined one");
    check(sizes.size() <= Shape::kMaxRank, "reshape", "expected at most ", Shape::kMaxRank, " sizes, got ",
          sizes.size());
    Shape shape;
    int unknown = -1;
    for (const std::int64_t size : sizes) {
        check(size >= -1, "reshape", "expected sizes of at least 0, or -1 for the one to infer, got ", size);
        check(size != -1 || unknown < 0, "reshape", "expected at most one size of -1");
        if (size == -1) unknown = shape.rank();
        shape.push_back(size == -1 ? 1 : size);
    }
    if (unknown >= 0) {
        const std::int64_t known = shape.numel();
        check(known > 0 && x.numel() % known == 0, "reshape", "shape ", x.shape(), " of ", x.numel(),
              " elements cannot be divided into rows of ", known, " for the size of -1");
        shape.set(unknown, x.numel() / known);
    }
    check(shape.numel() == x.numel(), "reshape", "expected a shape of ", x.numel(), " elements like ", x.shape(),
          ", got ", shape, " of ", shape.numel());
    return shape;
}

Tensor view_of(const char* name, const Tensor& x, const Shape& shape) {
    return autograd::record(name, x.viewed(shape), {x},
                            [from = x.shape()](const Tensor& grad) { return Gradients{grad.viewed(from)}; });
}

}  // namespace

Tensor reshape(const Tensor& x, std::span<const std::int64_t> sizes) {
    return view_of("reshape", x, inferred_shape(x, sizes));
}

Tensor reshape(const Tensor& x, std::initializer_list<std::int64_t> sizes) {
    return reshape(x, std::span<const std::int64_t>(sizes.begin(), sizes.size()));
}

Tensor flatten(const Tensor& x, int axis) {
    check(x.defined(), "flatten", "expected a tensor, got an undefined one");
    const int rank = x.rank();
    check(axis >= -rank && axis <= rank, "flatten", "expected an axis between ", -rank, " and ", rank, " for shape ",
          x.shape(), ", got ", axis);
    if (axis < 0) axis += rank;
    return view_of("flatten", x, {x.shape().numel_between(0, axis), x.shape().numel_between(axis, rank)});
}

namespace {

/// One part of a concatenation: `outer` runs of `bytes` bytes, at offset `begin` of every row of `row` bytes.
struct Slot {
    std::int64_t outer, row, begin, bytes;
};

void copy_in(const Tensor& part, void* whole, const Slot& slot) {
    const auto* from = static_cast<const std::byte*>(part.bytes());
    auto* into = static_cast<std::byte*>(whole) + slot.begin;
    for (std::int64_t o = 0; slot.bytes > 0 && o < slot.outer; ++o)
        std::memcpy(into + o * slot.row, from + o * slot.bytes, static_cast<std::size_t>(slot.bytes));
}

void copy_out(const Tensor& whole, Tensor& part, const Slot& slot) {
    const auto* from = static_cast<const std::byte*>(whole.bytes()) + slot.begin;
    auto* into = static_cast<std::byte*>(part.mutable_bytes());
    for (std::int64_t o = 0; slot.bytes > 0 && o < slot.outer; ++o)
        std::memcpy(into + o * slot.bytes, from + o * slot.row, static_cast<std::size_t>(slot.bytes));
}

/// Calls f(k, slot) for every part; `inner` bytes belong to one index of the axis.
template <class Sizes, class F>
void for_each_slot(const Sizes& sizes, std::int64_t outer, std::int64_t inner, F f) {
    Slot slot{outer, 0, 0, 0};
    for (const std::int64_t size : sizes) slot.row += size * inner;
    std::size_t k = 0;
    for (const std::int64_t size : sizes) {
        slot.bytes = size * inner;
        f(k++, slot);
        slot.begin += slot.bytes;
    }
}

Shape joined_shape(std::span<const Tensor> parts, int axis) {
    Shape joined = parts[0].shape();
    for (std::size_t k = 1; k < parts.size(); ++k) {
        check(parts[k].defined(), "concat", "part ", k, " is undefined");
        check(parts[k].dtype() == parts[0].dtype(), "concat", "expected parts of ", name_of(parts[0].dtype()),
              ", part ", k, " holds ", name_of(parts[k].dtype()));
        Shape expected = parts[0].shape();
        if (parts[k].rank() == expected.rank()) expected.set(axis, parts[k].size(axis));
        check(parts[k].shape() == expected, "concat", "expected parts that agree outside axis ", axis, ", part 0 has ",
              parts[0].shape(), ", part ", k, " has ", parts[k].shape());
        joined.set(axis, joined[axis] + parts[k].size(axis));
    }
    return joined;
}

}  // namespace

Tensor concat(std::span<const Tensor> parts, int axis) {
    check(!parts.empty(), "concat", "expected at least one part, got none");
    check(parts[0].defined(), "concat", "part 0 is undefined");
    const int rank = parts[0].rank();
    check(axis >= -rank && axis < rank, "concat", "expected an axis of shape ", parts[0].shape(), ", got ", axis);
    if (axis < 0) axis += rank;
    const Shape shape = joined_shape(parts, axis);
    const std::int64_t outer = shape.numel_between(0, axis);
    const std::int64_t inner =
        shape.numel_between(axis + 1, rank) * static_cast<std::int64_t>(size_of(parts[0].dtype()));

    std::vector<std::int64_t, CachingAllocator<std::int64_t>> sizes;
    std::vector<bool, CachingAllocator<bool>> needed;
    for (const Tensor& part : parts) {
        sizes.push_back(part.size(axis));
        needed.push_back(part.requires_grad());
    }
    Tensor y = Tensor::empty(shape, parts[0].dtype());
    void* whole = y.mutable_bytes();
    for_each_slot(sizes, outer, inner, [&](std::size_t k, const Slot& slot) { copy_in(parts[k], whole, slot); });
    return autograd::record("concat", y, parts.data(), parts.size(),
                            [axis, outer, inner, sizes, needed](const Tensor& grad) {
                                Gradients gradients(sizes.size());
                                for_each_slot(sizes, outer, inner, [&](std::size_t k, const Slot& slot) {
                                    if (!needed[k]) return;
                                    Shape part = grad.shape();
                                    part.set(axis, sizes[k]);
                                    gradients[k] = Tensor::empty(part, grad.dtype());
                                    copy_out(grad, gradients[k], slot);
                                });
                                return gradients;
                            });
}

Tensor concat(std::initializer_list<Tensor> parts, int axis) {
    return concat(std::span<const Tensor>(parts.begin(), parts.size()), axis);
}

Tensor stack(std::span<const Tensor> parts, int axis) {
    check(!parts.empty() && parts[0].defined(), "stack", "expected at least one part");
    const int rank = parts[0].rank();
    check(axis >= -rank - 1 && axis <= rank, "stack", "expected an axis between ", -rank - 1, " and ", rank, ", got ",
          axis);
    if (axis < 0) axis += rank + 1;
    std::vector<std::int64_t> sizes(parts[0].shape().begin(), parts[0].shape().end());
    sizes.insert(sizes.begin() + axis, 1);
    TensorList widened;
    for (const Tensor& part : parts) {
        check(part.defined() && part.shape() == parts[0].shape(), "stack", "expected parts of one shape, part 0 has ",
              parts[0].shape(), ", part ", widened.size(), " has ", part.defined() ? part.shape().str() : "none");
        widened.push_back(reshape(part, sizes));
    }
    return concat(widened, axis);
}

Tensor stack(std::initializer_list<Tensor> parts, int axis) {
    return stack(std::span<const Tensor>(parts.begin(), parts.size()), axis);
}

}  // namespace cyclone
