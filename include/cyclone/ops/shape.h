#pragma once
// Ops that reshape and join tensors.

#include <cyclone/tensor/tensor.h>

#include <span>

namespace cyclone {

/// The same elements in another shape; one size may be -1 and is then inferred. Shares storage. Error: a shape of
/// another number of elements.
Tensor reshape(const Tensor& x, std::span<const std::int64_t> sizes);
Tensor reshape(const Tensor& x, std::initializer_list<std::int64_t> sizes);

/// (d0, ..., d[axis-1], rest...) -> (d0 * ... * d[axis-1], product of the rest). The default keeps the batch axis.
Tensor flatten(const Tensor& x, int axis = 1);

/// Joins tensors along `axis` (negative: from the end); all other sizes and the dtype must agree.
Tensor concat(std::span<const Tensor> parts, int axis);
Tensor concat(std::initializer_list<Tensor> parts, int axis);

}  // namespace cyclone
