#pragma once
// Dropout.

#include <cyclone/base/random.h>
#include <cyclone/tensor/tensor.h>

namespace cyclone {

/// Inverted dropout (as in Keras and PyTorch): zeroes each element with probability `rate` and divides the others by
/// 1 - rate. Takes ceil(numel / 4) draws from `generator`; the result does not depend on the number of threads.
/// rate in [0, 1); rate 0 returns x itself.
Tensor dropout(const Tensor& x, double rate, Generator& generator = default_generator());

}  // namespace cyclone
