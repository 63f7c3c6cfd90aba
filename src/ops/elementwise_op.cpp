// The loops around the element-wise functors.

#include "ops/elementwise_op.h"

#include <type_traits>

namespace cyclone::ops {

void check_defined(const char* op, const Tensor& x) {
    check(x.defined(), op, "expected a tensor, got an undefined one (default-constructed or moved from)");
}

void check_same_dtype(const char* op, const Tensor& a, const Tensor& b) {
    check_defined(op, a);
    check_defined(op, b);
    check(a.dtype() == b.dtype(), op, "expected operands of one dtype, got ", name_of(a.dtype()), " and ",
          name_of(b.dtype()), " (hint: to(DType))");
}

void check_same_shape(const char* op, const Tensor& a, const Tensor& b) {
    check(a.shape() == b.shape(), op, "expected two tensors of one shape, got ", a.shape(), " and ", b.shape());
}

Tensor map_tensor(const char* op, const Tensor& x, const MapRows& rows, const void* f, std::int64_t work_per_item) {
    check_defined(op, x);
    Tensor y = Tensor::empty(x.shape(), x.dtype());
    visit_floating(x.dtype(), op, [&](auto zero) {
        using T = decltype(zero);
        const kernels::MapRow row = std::is_same_v<T, float> ? rows.f32 : rows.f64;
        kernels::parallel_for(
            x.numel(),
            [=, from = x.data<T>(), to = y.mutable_data<T>()](std::int64_t begin, std::int64_t end) {
                row(from + begin, to + begin, end - begin, f);
            },
            work_per_item);
    });
    return y;
}

namespace {

template <class T>
void zip_planned(const T* a, const T* b, T* y, const kernels::BroadcastPlan& plan, kernels::ZipRow row, const void* f,
                 std::int64_t work_per_item) {
    const std::int64_t inner = plan.inner(), step_a = plan.repeats_a() ? 0 : 1, step_b = plan.repeats_b() ? 0 : 1;
    if (plan.rows() == 1)
        kernels::parallel_for(
            inner,
            [=](std::int64_t begin, std::int64_t end) {
                row(a + step_a * begin, b + step_b * begin, y + begin, end - begin, f);
            },
            work_per_item);
    else
        kernels::parallel_for(
            plan.rows(),
            [=, &plan](std::int64_t begin, std::int64_t end) {
                for (std::int64_t r = begin; r < end; ++r) {
                    const kernels::BroadcastPlan::Offsets at = plan.row_offsets(r);
                    row(a + at.a, b + at.b, y + r * inner, inner, f);
                }
            },
            inner * work_per_item);
}

}  // namespace

Tensor zip_tensors(const char* op, const Tensor& a, const Tensor& b, const Shape& full, const ZipRows& rows,
                   const void* f, std::int64_t work_per_item) {
    Tensor y = Tensor::empty(full, a.dtype());
    const kernels::BroadcastPlan plan(full, a.shape(), b.shape());
    const std::size_t repeated = (plan.repeats_a() ? 2U : 0U) + (plan.repeats_b() ? 1U : 0U);
    visit_floating(a.dtype(), op, [&](auto zero) {
        using T = decltype(zero);
        zip_planned(a.data<T>(), b.data<T>(), y.mutable_data<T>(), plan,
                    (std::is_same_v<T, float> ? rows.f32 : rows.f64)[repeated], f, work_per_item);
    });
    return y;
}

}  // namespace cyclone::ops
