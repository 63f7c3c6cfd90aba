// Largest and smallest elements along an axis.

#include <cyclone/autograd/record.h>
#include <cyclone/ops/reduce.h>

#include "kernels/softmax.h"
#include "ops/elementwise_op.h"

namespace cyclone {
namespace {

using kernels::AxisView;

struct Lines {
    AxisView view;
    Shape shape;  // of the result
};

Lines lines_of(const char* op, const Tensor& x, int axis, bool keep_dims) {
    ops::check_defined(op, x);
    check(axis >= -x.rank() && axis < x.rank(), op, "expected an axis of shape ", x.shape(), ", got ", axis);
    axis = x.shape().normalize_axis(axis);
    check(x.size(axis) > 0, op, "axis ", axis, " of shape ", x.shape(), " has no element");
    Lines lines{{x.shape().numel_between(0, axis), x.size(axis), x.shape().numel_between(axis + 1, x.rank())}, {}};
    for (int k = 0; k < x.rank(); ++k)
        if (k != axis || keep_dims) lines.shape.push_back(k == axis ? 1 : x.size(k));
    return lines;
}

/// The index along the axis of the element that no other one is `better` than; NaN is better than all.
template <class Better>
Tensor best_indices(const char* op, const Tensor& x, const Lines& lines, Better better) {
    Tensor best = Tensor::empty(lines.shape, DType::i64);
    std::int64_t* into = best.mutable_data<std::int64_t>();
    const AxisView view = lines.view;
    visit_floating(x.dtype(), op, [&](auto zero) {
        using T = decltype(zero);
        const T* from = x.data<T>();
        kernels::for_each_line(view, [=](std::int64_t at) {
            std::int64_t k = 0;
            for (std::int64_t i = 1; i < view.size; ++i) {
                const T a = from[at + i * view.inner], b = from[at + k * view.inner];
                if (better(a, b) || (a != a && b == b)) k = i;
            }
            into[at / (view.size * view.inner) * view.inner + at % view.inner] = k;
        });
    });
    return best;
}

/// Calls f(offset in x, offset in the result) for every line.
template <class F>
void for_each_best(const Tensor& best, const AxisView& view, F f) {
    const std::int64_t* k = best.data<std::int64_t>();
    for (std::int64_t line = 0; line < best.numel(); ++line)
        f((line / view.inner * view.size + k[line]) * view.inner + line % view.inner, line);
}

template <class Better>
Tensor extreme(const char* op, const Tensor& x, int axis, bool keep_dims, Better better) {
    const Lines lines = lines_of(op, x, axis, keep_dims);
    const Tensor best = best_indices(op, x, lines, better);
    Tensor y = Tensor::empty(lines.shape, x.dtype());
    visit_floating(x.dtype(), op, [&](auto zero) {
        using T = decltype(zero);
        T* into = y.mutable_data<T>();
        for_each_best(best, lines.view,
                      [from = x.data<T>(), into](std::int64_t in, std::int64_t out) { into[out] = from[in]; });
    });
    return autograd::record(op, std::move(y), {x}, [op, best, view = lines.view, from = x.shape()](const Tensor& grad) {
        Tensor x_grad = Tensor::zeros(from, grad.dtype());
        visit_floating(grad.dtype(), op, [&](auto zero) {
            using T = decltype(zero);
            T* into = x_grad.mutable_data<T>();
            for_each_best(best, view,
                          [g = grad.data<T>(), into](std::int64_t in, std::int64_t out) { into[in] = g[out]; });
        });
        return Gradients{x_grad};
    });
}

constexpr auto kGreater = [](auto a, auto b) { return a > b; };
constexpr auto kLess = [](auto a, auto b) { return a < b; };

}  // namespace

Tensor max(const Tensor& x, int axis, bool keep_dims) { return extreme("max", x, axis, keep_dims, kGreater); }
Tensor min(const Tensor& x, int axis, bool keep_dims) { return extreme("min", x, axis, keep_dims, kLess); }

Tensor argmax(const Tensor& x, int axis, bool keep_dims) {
    return best_indices("argmax", x, lines_of("argmax", x, axis, keep_dims), kGreater);
}

}  // namespace cyclone
