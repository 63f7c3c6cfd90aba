#pragma once
// Normalisation without a batch: each sample by itself, so that training and evaluation are the same.

#include <cyclone/tensor/tensor.h>

#include <cstdint>

namespace cyclone {

/// Layer normalisation (Ba et al. 2016, arXiv 1607.06450) over the last axis: x (..., C) -> (x - mean) / sqrt(variance
/// + epsilon) * scale + shift, with the mean and the biased variance of each row. scale, shift (C). Errors: operands
/// that do not fit, an epsilon that is not positive.
Tensor layer_norm(const Tensor& x, const Tensor& scale, const Tensor& shift, double epsilon = 1e-5);

/// Group normalisation (Wu and He 2018, arXiv 1803.08494): x (N, ..., C), whose channels are `groups` groups of
/// neighbours; mean and variance of each sample and group. One group per channel is instance normalisation. Errors:
/// those of layer_norm(), and groups that do not divide the channels.
Tensor group_norm(const Tensor& x, std::int64_t groups, const Tensor& scale, const Tensor& shift,
                  double epsilon = 1e-5);

}  // namespace cyclone
