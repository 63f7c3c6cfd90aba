#pragma once

#include <cyclone/ops/activation.h>

namespace cyclone {

struct BatchNormOptions {
    bool training = true;
    double momentum =
        0.1;  ///< running = (1 - momentum) * running + momentum * batch (PyTorch's sense; Keras's .99 is .01)
    double epsilon = 1e-5;
    Activation activation = {};
};

/// Normalises over all axes but the last: x (..., C) -> (x - mean) / sqrt(variance + epsilon) * scale + shift.
/// Training uses the batch's mean and biased variance and updates running_mean and running_variance (C) in place
/// (with the unbiased variance, as PyTorch does); otherwise the running values are used.
/// A training batch needs at least two values per channel (PyTorch's rule): of one, the variance says nothing.
Tensor batch_norm(const Tensor& x, const Tensor& scale, const Tensor& shift, Tensor& running_mean,
                  Tensor& running_variance, const BatchNormOptions& options = {});

}  // namespace cyclone
