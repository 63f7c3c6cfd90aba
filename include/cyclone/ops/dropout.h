#pragma once

#include <cyclone/base/random.h>
#include <cyclone/tensor/tensor.h>

namespace cyclone {

/// Inverted dropout (Keras, PyTorch): each element is zeroed with probability `rate`, the others divided by 1 - rate.
/// Takes ceil(numel / 4) draws from `generator`; the result does not depend on the thread count.
/// rate in [0, 1); rate 0 returns x itself.
Tensor dropout(const Tensor& x, double rate, Generator& generator = default_generator());

}  // namespace cyclone
