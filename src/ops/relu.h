#pragma once
// The record of a relu. An op that ends in a fused relu is recorded as itself and a relu behind it, so that a later op
// can see the relu (max_pool2d does its backward).

#include <cyclone/autograd/record.h>

namespace cyclone::ops {

inline constexpr char kRelu[] = "relu";  // the name of its record, compared as a pointer

/// Makes `y` = relu(x) known to the engine. Its backward overwrites a gradient that no other tensor shares.
Tensor record_relu(const Tensor& y, const Tensor& x);

}  // namespace cyclone::ops
