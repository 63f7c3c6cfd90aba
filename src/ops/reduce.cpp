// Sums and means over axes.

#include <cyclone/autograd/record.h>
#include <cyclone/ops/reduce.h>

#include "kernels/optimizer.h"
#include "kernels/reduce.h"
#include "ops/bf16.h"
#include "ops/elementwise_op.h"

namespace cyclone {
namespace {

kernels::ReducedAxes checked_axes(const char* op, const Tensor& x, const ReduceOptions& options) {
    ops::check_defined(op, x);
    kernels::ReducedAxes axes;
    for (int axis = 0; options.axes.empty() && axis < x.rank(); ++axis) axes.add(axis);
    for (const int axis : options.axes) {
        check(axis >= -x.rank() && axis < x.rank(), op, "expected axes of shape ", x.shape(), ", got ", axis);
        const int at = x.shape().normalize_axis(axis);
        check(!axes.has(at), op, "axis ", axis, " is named twice");
        axes.add(at);
    }
    return axes;
}

/// scale * sum of x over `axes`, which stay with size 1.
Tensor sum_over(const char* op, Tensor x, const kernels::ReducedAxes& axes, double scale) {
    for (;;) {  // one run of neighbouring axes at a time, the last first
        const kernels::ReduceGroups groups(x.shape(), axes);
        Shape shape = x.shape();
        for (int axis = groups.first; axis < groups.last; ++axis) shape.set(axis, 1);
        const bool last = groups.reduced <= 1;
        Tensor y = Tensor::empty(shape, x.dtype());
        visit_floating(x.dtype(), op, [&](auto zero) {
            using T = decltype(zero);
            kernels::sum_middle(x.data<T>(), y.mutable_data<T>(), groups.outer, groups.middle, groups.inner,
                                last ? scale : 1.0);
        });
        if (last) return y;
        x = y;
    }
}

Tensor reduce(const char* op, const Tensor& x, const ReduceOptions& options, bool mean) {
    const kernels::ReducedAxes axes = checked_axes(op, x, options);
    Shape kept, dropped;
    std::int64_t count = 1;
    for (int axis = 0; axis < x.rank(); ++axis) {
        kept.push_back(axes.has(axis) ? 1 : x.size(axis));
        if (!axes.has(axis)) dropped.push_back(x.size(axis));
        if (axes.has(axis)) count *= x.size(axis);
    }
    const double scale = mean ? 1.0 / static_cast<double>(count) : 1.0;
    const Tensor y = sum_over(op, x, axes, scale).viewed(options.keep_dims ? kept : dropped);
    return autograd::record(op, y, {x}, [op, scale, kept, from = x.shape()](const Tensor& grad) {
        const Tensor factor = Tensor::scalar(scale, grad.dtype());
        return Gradients{
            ops::zip_broadcast_tensors(op, grad.viewed(kept), factor, from, [](auto g, auto f) { return g * f; })};
    });
}

}  // namespace

Tensor sum(const Tensor& x, const ReduceOptions& options) { return reduce("sum", x, options, false); }
Tensor mean(const Tensor& x, const ReduceOptions& options) { return reduce("mean", x, options, true); }

bool all_finite(const Tensor& x) {
    if (ops::is_bf16(x)) return all_finite(ops::to_compute(x));
    if (x.dtype() != DType::f32 && x.dtype() != DType::f64) return true;
    return visit_floating(x.dtype(), "all_finite",
                          [&](auto zero) { return kernels::all_finite(x.data<decltype(zero)>(), x.numel()); });
}

}  // namespace cyclone
