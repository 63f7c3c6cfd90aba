// Matrix products of stacks of matrices.

#include <cyclone/autograd/record.h>
#include <cyclone/ops/arithmetic.h>

#include "kernels/gemm.h"
#include "ops/elementwise_op.h"

namespace cyclone {
namespace {

Shape batch_shape(const Shape& shape) {
    return Shape(std::span<const std::int64_t>(shape.begin(), static_cast<std::size_t>(shape.rank() - 2)));
}

/// A tensor (..., rows, columns) as a stack of matrices, each read as it is or transposed.
struct Stack {
    const Tensor& tensor;
    bool transposed = false;

    std::int64_t rows() const { return tensor.size(transposed ? -1 : -2); }
    std::int64_t columns() const { return tensor.size(transposed ? -2 : -1); }
    template <class T>
    kernels::MatrixView<T> matrix(std::int64_t index) const {
        const std::int64_t width = tensor.size(-1);
        return {tensor.data<T>() + index * tensor.size(-2) * width, transposed ? 1 : width, transposed ? width : 1};
    }
};

/// Products of matrices, leading axes broadcast.
Tensor product(const Stack& a, const Stack& b) {
    const Shape batch_a = batch_shape(a.tensor.shape()), batch_b = batch_shape(b.tensor.shape());
    const Shape batch = broadcast(batch_a, batch_b, "matmul");
    Shape shape = batch;
    shape.push_back(a.rows());
    shape.push_back(b.columns());
    Tensor c = Tensor::empty(shape, a.tensor.dtype());
    const kernels::BroadcastPlan plan(batch, batch_a, batch_b);
    const auto matrix_of = [&plan](std::int64_t t, bool second) {
        const kernels::BroadcastPlan::Offsets row = plan.row_offsets(t / plan.inner());
        const std::int64_t step = t % plan.inner();
        return second ? row.b + (plan.repeats_b() ? 0 : step) : row.a + (plan.repeats_a() ? 0 : step);
    };
    visit_floating(c.dtype(), "matmul", [&](auto zero) {
        using T = decltype(zero);
        kernels::gemm(
            batch.numel(), a.rows(), b.columns(), a.columns(),
            [&](std::int64_t t) { return a.matrix<T>(matrix_of(t, false)); },
            [&](std::int64_t t) { return b.matrix<T>(matrix_of(t, true)); }, c.mutable_data<T>());
    });
    return c;
}

}  // namespace

Tensor matmul(const Tensor& a, const Tensor& b) {
    ops::check_same_dtype("matmul", a, b);
    check(a.rank() >= 1 && b.rank() >= 1, "matmul", "expected operands of at least one dimension, got ", a.shape(),
          " and ", b.shape());
    // A vector is a row on the left and a column on the right; its axis of size 1 is dropped from the result.
    const Tensor left = a.rank() == 1 ? a.viewed({1, a.size(0)}) : a.detach();
    const Tensor right = b.rank() == 1 ? b.viewed({b.size(0), 1}) : b.detach();
    check(left.size(-1) == right.size(-2), "matmul", "shapes ", a.shape(), " and ", b.shape(), " do not fit: rows of ",
          left.size(-1), " against columns of ", right.size(-2));
    const Tensor full = product({left}, {right});
    Shape shape = batch_shape(full.shape());
    if (a.rank() > 1) shape.push_back(full.size(-2));
    if (b.rank() > 1) shape.push_back(full.size(-1));
    return autograd::record("matmul", full.viewed(shape), {a, b},
                            [need_a = a.requires_grad(), need_b = b.requires_grad(), vector_b = b.rank() == 1,
                             full_shape = full.shape(), left = Saved(left), right = Saved(right)](const Tensor& grad) {
                                const Tensor g = grad.viewed(full_shape);
                                Gradients gradients(2);  // the engine sums over broadcast axes, and over a vector's row
                                if (need_a) gradients[0] = product({g}, {right.get(), true});
                                if (!need_b) return gradients;
                                gradients[1] = product({left.get(), true}, {g});
                                if (vector_b) {  // (..., K, 1) -> (..., K)
                                    const Shape& s = gradients[1].shape();
                                    Shape without = batch_shape(s);
                                    without.push_back(s[-2]);
                                    gradients[1] = gradients[1].viewed(without);
                                }
                                return gradients;
                            });
}

Tensor matmul(const Tensor& a, const Tensor& b, const MatmulOptions& options) {
    ops::check_same_dtype("matmul", a, b);
    check(a.rank() >= 2 && b.rank() >= 2, "matmul", "expected operands of at least two dimensions, got ", a.shape(),
          " and ", b.shape());
    const bool ta = options.transpose_a, tb = options.transpose_b;
    const Stack left{a, ta}, right{b, tb};
    check(left.columns() == right.rows(), "matmul", "shapes ", a.shape(), ta ? " (transposed)" : "", " and ", b.shape(),
          tb ? " (transposed)" : "", " do not fit: rows of ", left.columns(), " against columns of ", right.rows());
    return autograd::record(
        "matmul", product(left, right), {a, b},
        [ta, tb, need_a = a.requires_grad(), need_b = b.requires_grad(), a = Saved(a),
         b = Saved(b)](const Tensor& grad) {
            Gradients gradients(2);  // the engine sums over broadcast axes
            if (need_a) gradients[0] = ta ? product({b.get(), tb}, {grad, true}) : product({grad}, {b.get(), !tb});
            if (need_b) gradients[1] = tb ? product({grad, true}, {a.get(), ta}) : product({a.get(), !ta}, {grad});
            return gradients;
        });
}

}  // namespace cyclone
