#pragma once
// Elements chosen by indices.

#include <cyclone/tensor/tensor.h>

namespace cyclone {

/// The elements of `axis` (negative: from the end) that `indices` (i64, any shape) name, whose axes stand in its place:
/// a table (words, features) and numbers of words (N, T) give (N, T, features). As NumPy's take and ONNX's Gather.
/// Negative indices count from the end. x of any dtype. Errors: indices of another dtype, one that is not there.
Tensor take(const Tensor& x, const Tensor& indices, int axis = 0);

/// One element per index: with axis 1, result(i, j, k) = x(i, indices(i, j, k), k). x and `indices` (i64) agree in all
/// sizes but that of `axis`. As PyTorch's gather and ONNX's GatherElements; indices and errors as in take().
Tensor gather(const Tensor& x, const Tensor& indices, int axis = -1);

}  // namespace cyclone
