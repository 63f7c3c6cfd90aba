#pragma once
// Norms of tensors, summed in f64 in an order that does not depend on the number of threads.

#include <cyclone/tensor/tensor.h>

namespace cyclone::optim {

/// Sum of the squares of all elements. Error unless x is of f32 or f64.
double sum_of_squares(const Tensor& x);
/// Sum of the squares of a - b. Error unless both are of one shape, and of f32 or of f64.
double squared_distance(const Tensor& a, const Tensor& b);

}  // namespace cyclone::optim
