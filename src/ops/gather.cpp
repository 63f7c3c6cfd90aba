// Elements chosen by indices; backward adds them up where they came from.

#include <cyclone/ops/gather.h>

#include <cyclone/autograd/record.h>

#include <algorithm>

#include "kernels/parallel.h"
#include "ops/elementwise_op.h"

namespace cyclone {
namespace {

/// Blocks of `inner` elements: block r of `count` in each of `outer` parts is the one that the part's index r names of
/// `size` blocks. The parts share one list of indices, or each has its own.
struct Choice {
    std::int64_t outer, size, inner, count;
    bool own_indices;

    /// f(place in the chosen elements, place in x) for each block of part o, in order.
    template <class F>
    void visit(std::int64_t o, const std::int64_t* indices, F f) const {
        const std::int64_t* mine = indices + (own_indices ? o * count : 0);
        for (std::int64_t r = 0; r < count; ++r)
            f((o * count + r) * inner, (o * size + (mine[r] < 0 ? mine[r] + size : mine[r])) * inner);
    }
    template <class F>
    void for_each_part(F f) const {
        kernels::parallel_for(
            outer,
            [&](std::int64_t begin, std::int64_t end) {
                for (std::int64_t o = begin; o < end; ++o) f(o);
            },
            count * inner);
    }
};

int checked_axis(const char* op, const Tensor& x, const Tensor& indices, int axis) {
    ops::check_defined(op, x);
    ops::check_defined(op, indices);
    check(axis >= -x.rank() && axis < x.rank(), op, "expected an axis of shape ", x.shape(), ", got ", axis);
    check(indices.dtype() == DType::i64, op, "expected indices of i64, got ", name_of(indices.dtype()));
    const int at = x.shape().normalize_axis(axis);
    for (const std::int64_t i : indices.values<std::int64_t>())
        check(i >= -x.size(at) && i < x.size(at), op, "axis ", at, " of shape ", x.shape(), " has no element ", i);
    return at;
}

Tensor chosen(const char* op, const Tensor& x, const Tensor& indices, const Choice& choice, const Shape& shape) {
    Tensor y = Tensor::empty(shape, x.dtype());
    const std::int64_t* index = indices.data<std::int64_t>();
    visit_dtype(x.dtype(), [&](auto zero) {
        using T = decltype(zero);
        const T* from = x.data<T>();
        T* to = y.mutable_data<T>();
        choice.for_each_part([&](std::int64_t o) {
            choice.visit(o, index, [&](std::int64_t at, std::int64_t source) {
                std::copy_n(from + source, choice.inner, to + at);
            });
        });
    });
    return autograd::record(op, std::move(y), {x},
                            [choice, from = x.shape(), indices = Saved(indices)](const Tensor& grad) {
                                Tensor x_grad = Tensor::zeros(from, grad.dtype());
                                const std::int64_t* places = indices.get().data<std::int64_t>();
                                visit_floating(grad.dtype(), "gather", [&](auto zero) {
                                    using T = decltype(zero);
                                    const T* g = grad.data<T>();
                                    T* to = x_grad.mutable_data<T>();
                                    choice.for_each_part([&](std::int64_t o) {
                                        choice.visit(o, places, [&](std::int64_t at, std::int64_t source) {
                                            for (std::int64_t i = 0; i < choice.inner; ++i) to[source + i] += g[at + i];
                                        });
                                    });
                                });
                                return Gradients{x_grad};
                            });
}

}  // namespace

Tensor take(const Tensor& x, const Tensor& indices, int axis) {
    axis = checked_axis("take", x, indices, axis);
    check(x.rank() - 1 + indices.rank() <= Shape::kMaxRank, "take", "expected at most ", Shape::kMaxRank,
          " axes in the result, got ", x.rank() - 1 + indices.rank());
    Shape shape;
    for (int k = 0; k < axis; ++k) shape.push_back(x.size(k));
    for (const std::int64_t size : indices.shape()) shape.push_back(size);
    for (int k = axis + 1; k < x.rank(); ++k) shape.push_back(x.size(k));
    const Choice choice{x.shape().numel_between(0, axis), x.size(axis), x.shape().numel_between(axis + 1, x.rank()),
                        indices.numel(), false};
    return chosen("take", x, indices, choice, shape);
}

Tensor gather(const Tensor& x, const Tensor& indices, int axis) {
    axis = checked_axis("gather", x, indices, axis);
    Shape expected = x.shape();
    if (indices.rank() == x.rank()) expected.set(axis, indices.size(axis));
    check(indices.shape() == expected, "gather", "expected indices that agree with shape ", x.shape(), " outside axis ",
          axis, ", got ", indices.shape(), " (hint: take() chooses whole rows)");
    if (axis < x.rank() - 1)  // lines along the last axis are dense
        return gather(x.transpose(axis, -1), indices.transpose(axis, -1)).transpose(axis, -1);
    const Choice choice{x.shape().numel_between(0, axis), x.size(axis), 1, indices.size(axis), true};
    return chosen("gather", x, indices, choice, indices.shape());
}

}  // namespace cyclone
