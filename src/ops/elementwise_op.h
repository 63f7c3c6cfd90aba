#pragma once
// Helpers of the element-wise ops: argument checks, and loops over whole tensors.

#include <cyclone/tensor/tensor.h>

#include <array>

#include "kernels/elementwise.h"

namespace cyclone::ops {

/// The work of a transcendental function in elements, for the split of loops over threads.
inline constexpr std::int64_t kTranscendental = 8;

void check_defined(const char* op, const Tensor& x);
void check_same_dtype(const char* op, const Tensor& a, const Tensor& b);
void check_same_shape(const char* op, const Tensor& a, const Tensor& b);

/// The loops of one functor, so that what stands around them is compiled once.
struct MapRows {
    kernels::MapRow f32, f64;
};
/// By what is repeated: nothing, b, a, both.
struct ZipRows {
    std::array<kernels::ZipRow, 4> f32, f64;
};

/// y = f(x), by the rows made for the functor at `f`.
Tensor map_tensor(const char* op, const Tensor& x, const MapRows& rows, const void* f, std::int64_t work_per_item);
/// The same of a and b, which broadcast to `full`.
Tensor zip_tensors(const char* op, const Tensor& a, const Tensor& b, const Shape& full, const ZipRows& rows,
                   const void* f, std::int64_t work_per_item);

/// f(x) element by element.
template <class F>
Tensor map_tensor(const char* op, const Tensor& x, F f, std::int64_t work_per_item = 1) {
    return map_tensor(op, x, {kernels::map_row<float, F>, kernels::map_row_f64<F>}, &f, work_per_item);
}

/// f(a, b) element by element; shapes and dtypes are the same.
template <class F>
Tensor zip_tensors(const char* op, const Tensor& a, const Tensor& b, F f, std::int64_t work_per_item = 1) {
    return zip_tensors(op, a, b, a.shape(),
                       {{kernels::zip_row<false, false, float, F>}, {kernels::zip_row_f64<false, false, F>}}, &f,
                       work_per_item);
}

/// f(a, b) with a and b broadcast to `full`.
template <class F>
Tensor zip_broadcast_tensors(const char* op, const Tensor& a, const Tensor& b, const Shape& full, F f) {
    return zip_tensors(op, a, b, full,
                       {{kernels::zip_row<false, false, float, F>, kernels::zip_row<false, true, float, F>,
                         kernels::zip_row<true, false, float, F>, kernels::zip_row<true, true, float, F>},
                        {kernels::zip_row_f64<false, false, F>, kernels::zip_row_f64<false, true, F>,
                         kernels::zip_row_f64<true, false, F>, kernels::zip_row_f64<true, true, F>}},
                       &f, 1);
}

}  // namespace cyclone::ops
