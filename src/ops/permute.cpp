// Other orders of axes.

#include <cyclone/autograd/record.h>
#include <cyclone/ops/shape.h>

#include <array>
#include <utility>

#include "kernels/strided.h"
#include "ops/elementwise_op.h"

namespace cyclone {
namespace {

using Axes = std::array<int, Shape::kMaxRank>;

Tensor permuted(const Tensor& x, const Axes& axes) {
    Shape shape;
    for (int k = 0; k < x.rank(); ++k) shape.push_back(x.size(axes[static_cast<std::size_t>(k)]));
    Tensor y = Tensor::empty(shape, x.dtype());
    const auto from = kernels::dense_strides(x.shape()), to = kernels::dense_strides(shape);
    kernels::StridedCopy plan;
    for (int k = 0; k < x.rank(); ++k) {
        const auto at = static_cast<std::size_t>(k);
        plan.add(shape[k], from[static_cast<std::size_t>(axes[at])], to[at]);
    }
    kernels::visit_moved(x.dtype(), [&](auto zero) {
        using T = decltype(zero);
        plan.run(static_cast<const T*>(x.bytes()), static_cast<T*>(y.mutable_bytes()));
    });
    return y;
}

Axes inverse(const Axes& axes, int rank) {
    Axes back{};
    for (int k = 0; k < rank; ++k) back[static_cast<std::size_t>(axes[static_cast<std::size_t>(k)])] = k;
    return back;
}

Tensor record_permuted(const char* op, const Tensor& x, const Axes& axes) {
    return autograd::record(op, permuted(x, axes), {x}, [back = inverse(axes, x.rank())](const Tensor& grad) {
        return Gradients{permuted(grad, back)};
    });
}

}  // namespace

Tensor permute(const Tensor& x, std::span<const int> axes) {
    ops::check_defined("permute", x);
    check(axes.size() == static_cast<std::size_t>(x.rank()), "permute", "expected each axis of shape ", x.shape(),
          " once, got ", axes.size(), " axes");
    Axes order{};
    std::array<bool, Shape::kMaxRank> seen{};
    for (std::size_t k = 0; k < axes.size(); ++k) {
        check(axes[k] >= -x.rank() && axes[k] < x.rank(), "permute", "expected axes of shape ", x.shape(), ", got ",
              axes[k]);
        order[k] = x.shape().normalize_axis(axes[k]);
        check(!std::exchange(seen[static_cast<std::size_t>(order[k])], true), "permute", "axis ", axes[k],
              " is named twice");
    }
    return record_permuted("permute", x, order);
}

Tensor permute(const Tensor& x, std::initializer_list<int> axes) {
    return permute(x, std::span<const int>(axes.begin(), axes.size()));
}

Tensor transpose(const Tensor& x, int a, int b) {
    ops::check_defined("transpose", x);
    for (const int axis : {a, b})
        check(axis >= -x.rank() && axis < x.rank(), "transpose", "expected axes of shape ", x.shape(), ", got ", axis);
    Axes order{};
    for (int k = 0; k < x.rank(); ++k) order[static_cast<std::size_t>(k)] = k;
    std::swap(order[static_cast<std::size_t>(x.shape().normalize_axis(a))],
              order[static_cast<std::size_t>(x.shape().normalize_axis(b))]);
    return record_permuted("transpose", x, order);
}

}  // namespace cyclone
