#pragma once
// Ops that move or rename elements.

#include <cyclone/tensor/tensor.h>

#include <span>

namespace cyclone {

/// Same elements in another shape; one size may be -1 and is then inferred. Shares storage.
Tensor reshape(const Tensor& x, std::span<const std::int64_t> sizes);
Tensor reshape(const Tensor& x, std::initializer_list<std::int64_t> sizes);

/// (d0, ..., d[axis-1], rest...) -> (d0 * ... * d[axis-1], rest): the default keeps the batch axis, NHWC order inside.
Tensor flatten(const Tensor& x, int axis = 1);

/// Joins along `axis`; all other sizes and the dtype must agree.
Tensor concat(std::span<const Tensor> parts, int axis);
Tensor concat(std::initializer_list<Tensor> parts, int axis);

}  // namespace cyclone
