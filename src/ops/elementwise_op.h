#pragma once
// Helpers of the element-wise ops: argument checks, and loops over whole tensors.

#include <cyclone/tensor/tensor.h>

#include "kernels/elementwise.h"

namespace cyclone::ops {

/// The work of a transcendental function in elements, for the split of loops over threads.
inline constexpr std::int64_t kTranscendental = 8;

inline void check_defined(const char* op, const Tensor& x) {
    check(x.defined(), op, "expected a tensor, got an undefined one (default-constructed or moved from)");
}

inline void check_same_dtype(const char* op, const Tensor& a, const Tensor& b) {
    check_defined(op, a);
    check_defined(op, b);
    check(a.dtype() == b.dtype(), op, "expected operands of one dtype, got ", name_of(a.dtype()), " and ",
          name_of(b.dtype()), " (hint: to(DType))");
}

inline void check_same_shape(const char* op, const Tensor& a, const Tensor& b) {
    check(a.shape() == b.shape(), op, "expected two tensors of one shape, got ", a.shape(), " and ", b.shape());
}

/// f(x) element by element.
template <class F>
Tensor map_tensor(const char* op, const Tensor& x, F f, std::int64_t work_per_item = 1) {
    check_defined(op, x);
    Tensor y = Tensor::empty(x.shape(), x.dtype());
    visit_floating(x.dtype(), op, [&](auto zero) {
        using T = decltype(zero);
        kernels::map(x.data<T>(), y.mutable_data<T>(), x.numel(), f, work_per_item);
    });
    return y;
}

/// f(a, b) element by element; shapes and dtypes are the same.
template <class F>
Tensor zip_tensors(const char* op, const Tensor& a, const Tensor& b, F f, std::int64_t work_per_item = 1) {
    Tensor y = Tensor::empty(a.shape(), a.dtype());
    visit_floating(a.dtype(), op, [&](auto zero) {
        using T = decltype(zero);
        kernels::zip(a.data<T>(), b.data<T>(), y.mutable_data<T>(), a.numel(), f, work_per_item);
    });
    return y;
}

/// f(a, b) with a and b broadcast to `full`.
template <class F>
Tensor zip_broadcast_tensors(const char* op, const Tensor& a, const Tensor& b, const Shape& full, F f) {
    Tensor y = Tensor::empty(full, a.dtype());
    visit_floating(a.dtype(), op, [&](auto zero) {
        using T = decltype(zero);
        kernels::zip_broadcast(a.data<T>(), a.shape(), b.data<T>(), b.shape(), y.mutable_data<T>(), full, f);
    });
    return y;
}

}  // namespace cyclone::ops
