#pragma once
// The reverse pass.

#include <cyclone/tensor/tensor.h>

namespace cyclone {

/// Adds d(loss)/d(leaf) to grad() of every leaf that requires a gradient. `loss` has one element (any shape).
/// Releases the record on the way: a second backward() through it is an Error.
void backward(const Tensor& loss);

/// The same from a tensor of any shape; `output_grad` is its gradient (same shape and dtype).
void backward(const Tensor& output, const Tensor& output_grad);

}  // namespace cyclone
