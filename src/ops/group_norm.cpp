// Layer and group normalisation: checks and gradients.

#include <cyclone/autograd/record.h>
#include <cyclone/ops/group_norm.h>

#include <cmath>

#include "kernels/group_norm.h"
#include "ops/dispatch.h"
#include "ops/elementwise_op.h"

namespace cyclone {
namespace {

using kernels::GroupNormView;

Gradients gradients_of(const char* op, const GroupNormView& view, const Tensor& x, const Tensor& scale,
                       const Tensor& mean, const Tensor& inverse, const Tensor& y_grad) {
    Gradients gradients{Tensor::empty(x.shape(), x.dtype()), Tensor::zeros(scale.shape(), x.dtype()),
                        Tensor::zeros(scale.shape(), x.dtype())};
    if (x.numel() == 0) return gradients;
    visit_floating(x.dtype(), op, [&](auto zero) {
        using T = decltype(zero);
        const double *m = mean.data<double>(), *r = inverse.data<double>();
        kernels::group_norm_backward_data(view, x.data<T>(), scale.data<T>(), m, r, y_grad.data<T>(),
                                          gradients[0].mutable_data<T>());
        kernels::group_norm_backward_affine(view, x.data<T>(), m, r, y_grad.data<T>(), gradients[1].mutable_data<T>(),
                                            gradients[2].mutable_data<T>());
    });
    return gradients;
}

Tensor normalised(const char* op, const GroupNormView& view, const Tensor& x, const Tensor& scale, const Tensor& shift,
                  double epsilon) {
    ops::check_operand(op, "scale", x, scale, {view.channels()});
    ops::check_operand(op, "shift", x, shift, {view.channels()});
    check(epsilon > 0 && std::isfinite(epsilon), op, "expected an epsilon > 0, got ", epsilon);
    Tensor y = Tensor::empty(x.shape(), x.dtype());
    Tensor mean = Tensor::empty({view.samples * view.groups}, DType::f64);
    Tensor inverse = Tensor::empty({view.samples * view.groups}, DType::f64);
    visit_floating(x.dtype(), op, [&](auto zero) {
        using T = decltype(zero);
        if (y.numel() > 0)
            kernels::group_norm(view, epsilon, x.data<T>(), scale.data<T>(), shift.data<T>(),
                                mean.mutable_data<double>(), inverse.mutable_data<double>(), y.mutable_data<T>());
    });
    return autograd::record(op, std::move(y), {x, scale, shift},
                            [op, view, mean, inverse, x = Saved(x), scale = Saved(scale)](const Tensor& y_grad) {
                                return gradients_of(op, view, x.get(), scale.get(), mean, inverse, y_grad);
                            });
}

}  // namespace

Tensor layer_norm(const Tensor& x, const Tensor& scale, const Tensor& shift, double epsilon) {
    ops::check_defined("layer_norm", x);
    check(x.rank() >= 1, "layer_norm", "expected an input of shape (..., C), got ", x.shape());
    const GroupNormView view{x.shape().numel_between(0, x.rank() - 1), 1, 1, x.size(-1)};
    return normalised("layer_norm", view, x, scale, shift, epsilon);
}

Tensor group_norm(const Tensor& x, std::int64_t groups, const Tensor& scale, const Tensor& shift, double epsilon) {
    ops::check_defined("group_norm", x);
    check(x.rank() >= 2, "group_norm", "expected an input of shape (N, ..., C), got ", x.shape());
    check(groups >= 1 && x.size(-1) % groups == 0, "group_norm", groups, " groups do not divide the ", x.size(-1),
          " channels of ", x.shape());
    const GroupNormView view{x.size(0), x.shape().numel_between(1, x.rank() - 1), groups, x.size(-1) / groups};
    return normalised("group_norm", view, x, scale, shift, epsilon);
}

}  // namespace cyclone
