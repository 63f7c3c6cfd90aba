#pragma once
// Losses. Class axes come last (logits: (..., C)), labels are i64 of the leading shape, as everything is NHWC.

#include <cyclone/tensor/tensor.h>

#include <optional>

namespace cyclone {

enum class Reduction { mean, sum, none };

struct CrossEntropyOptions {
    /// Per-class factors, f32 or f64 (C). With Reduction::mean the sum is divided by the sum of the factors used
    /// (PyTorch, ONNX); undefined: all 1.
    Tensor class_weights = {};
    /// s in [0, 1): the target is (1 - s) * one_hot + s / C; a class's factor weighs its own term (PyTorch).
    double label_smoothing = 0;
    Reduction reduction = Reduction::mean;
    std::optional<std::int64_t> ignore_index = {};  ///< labels of this value count neither in the loss nor in the mean
};

/// -log softmax(logits)[label], fused and stable. logits (..., C), labels i64 (...), each in [0, C).
/// Where nothing counts (all labels ignored, factors that sum to 0, no samples) the mean is 0, and so is the gradient.
Tensor cross_entropy(const Tensor& logits, const Tensor& labels, const CrossEntropyOptions& options = {});

/// The same from log-probabilities (no smoothing): -log_probabilities[label].
Tensor nll_loss(const Tensor& log_probabilities, const Tensor& labels, const CrossEntropyOptions& options = {});

struct BinaryCrossEntropyOptions {
    double positive_weight = 1;  ///< factor on the terms of label 1
    Reduction reduction = Reduction::mean;
};

/// Binary cross-entropy from logits of any shape; targets of the same shape and dtype, in [0, 1]
/// and without a gradient of their own.
/// max(z, 0) - z t + log(1 + exp(-|z|)), positive terms weighted.
Tensor binary_cross_entropy(const Tensor& logits, const Tensor& targets, const BinaryCrossEntropyOptions& options = {});

/// Mean (or sum, or none) of (prediction - target)^2.
Tensor mse_loss(const Tensor& prediction, const Tensor& target, Reduction reduction = Reduction::mean);

}  // namespace cyclone
