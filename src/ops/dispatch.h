#pragma once
// Helpers of the ops that have a oneDNN and a reference kernel.

#include <cyclone/tensor/tensor.h>

#include <string_view>
#include <type_traits>

namespace cyclone::ops {

/// Whether elements of type T go to oneDNN.
template <class T>
inline constexpr bool on_onednn =
#ifdef CYCLONE_WITH_ONEDNN
    std::is_same_v<T, float>;
#else
    false;
#endif

/// `other` must be of `shape` and of x's dtype, or f32 where that is bf16.
inline void check_operand(std::string_view op, std::string_view what, const Tensor& x, const Tensor& other,
                          const Shape& shape) {
    check(other.shape() == shape, op, "expected a ", what, " of shape ", shape, ", got ", other.shape());
    check(x.dtype() == other.dtype() || (x.dtype() == DType::bf16 && other.dtype() == DType::f32), op, "the input is ",
          name_of(x.dtype()), ", the ", what, " ", name_of(other.dtype()), " (hint: to(DType))");
}

}  // namespace cyclone::ops
