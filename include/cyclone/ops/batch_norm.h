#pragma once
// Batch normalisation.

#include <cyclone/ops/activation.h>

#include <cstdint>
#include <string_view>

namespace cyclone {

/// Options of batch_norm() and nn::BatchNorm.
struct BatchNormOptions {
    /// Weight of the batch in the running values: running = (1 - momentum) * running + momentum * batch, in [0, 1]
    /// (PyTorch's definition; Keras's 0.99 is 0.01 here).
    double momentum = 0.1;
    double epsilon = 1e-5;  ///< > 0
    /// Images per ghost batch (Hoffer 2017, arXiv:1705.08741), >= 0: in training each `ghost` neighbouring images, from
    /// the first on, have mean and variance of their own, as in a training with batches of that size, and the running
    /// values move once per ghost batch. 0: the whole batch is one.
    std::int64_t ghost = 0;
    Activation activation = {};  ///< applied to the result

    /// An Error that names `op` when a value is out of its range.
    void validate(std::string_view op) const;
};

/// Normalises over all axes but the last: x (..., C) -> (x - mean) / sqrt(variance + epsilon) * scale + shift.
/// training: uses the batch's mean and biased variance, and updates running_mean and running_variance (C) in place
/// (with the unbiased variance, as PyTorch does); in a slice (GradientSink) after all slices, in their order.
/// Otherwise: uses the running values. Errors: operands that do not fit; a training batch, or ghost batch, of one value
/// per channel (PyTorch's rule: its variance says nothing).
Tensor batch_norm(const Tensor& x, const Tensor& scale, const Tensor& shift, Tensor& running_mean,
                  Tensor& running_variance, bool training, const BatchNormOptions& options = {});

}  // namespace cyclone
