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
    /// Reduction::mean divides by the number of samples instead (Keras). With factors whose mean over the training set
    /// is 1 a batch then pulls as hard as it should; divided by its own factors, one without positives pulls like any.
    bool mean_over_samples = false;
};

/// -log softmax(logits)[label], fused and stable. logits (..., C), labels i64 (...), each in [0, C).
/// Where nothing counts (all labels ignored, factors that sum to 0, no samples) the mean is 0, and so is the gradient.
Tensor cross_entropy(const Tensor& logits, const Tensor& labels, const CrossEntropyOptions& options = {});

/// The same from log-probabilities (no smoothing): -log_probabilities[label].
Tensor nll_loss(const Tensor& log_probabilities, const Tensor& labels, const CrossEntropyOptions& options = {});

struct FocalLossOptions {
    double gamma = 2;   ///< >= 0; 0 is cross-entropy
    Tensor alpha = {};  ///< per-class factors, f32 or f64 (C), e.g. {.75, .25} for class 1 at .25; undefined: all 1
    Reduction reduction = Reduction::mean;          ///< a mean divides by the number of samples, whatever alpha is
    std::optional<std::int64_t> ignore_index = {};  ///< as in cross_entropy
};

/// -alpha[label] (1 - p)^gamma log p with p = softmax(logits)[label] (Lin et al. 2017, arXiv 1708.02002), fused and
/// stable: what is sure already counts less. Start the last layer's bias with nn::init::prior_bias, or the many easy
/// negatives drown the first updates. Shapes and errors as in cross_entropy, and a gamma that is negative or not
/// finite.
Tensor focal_loss(const Tensor& logits, const Tensor& labels, const FocalLossOptions& options = {});

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
