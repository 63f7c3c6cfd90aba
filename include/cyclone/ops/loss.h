#pragma once
// Losses. The class axis is the last (logits: (..., C)); labels are i64 and have the leading shape.

#include <cyclone/tensor/tensor.h>

#include <optional>

namespace cyclone {

/// How the losses of the samples become the result; none: one loss per sample.
enum class Reduction { mean, sum, none };

/// Options of cross_entropy() and nll_loss().
struct CrossEntropyOptions {
    /// Per-class factors, f32 or f64 (C). With Reduction::mean the sum is divided by the sum of the factors used
    /// (PyTorch, ONNX); undefined: all 1.
    Tensor class_weights = {};
    /// s in [0, 1): the target is (1 - s) * one_hot + s / C; a class's factor weighs its own term (PyTorch).
    double label_smoothing = 0;
    Reduction reduction = Reduction::mean;          ///< how the losses of the samples become the result
    std::optional<std::int64_t> ignore_index = {};  ///< labels of this value count neither in the loss nor in the mean
    /// Reduction::mean divides by the number of samples instead (Keras). With factors whose mean over the training set
    /// is 1, each sample then has the same weight in every batch; divided by the sum of its own factors, a batch
    /// without positives has as much weight as any other.
    bool mean_over_samples = false;
};

/// -log softmax(logits)[label], fused and stable. logits (..., C), labels i64 (...), each in [0, C).
/// If no sample counts (all labels ignored, factors that sum to 0, no samples), the mean and the gradient are 0.
/// Errors: shapes that do not fit, a label out of range, an option out of range.
Tensor cross_entropy(const Tensor& logits, const Tensor& labels, const CrossEntropyOptions& options = {});

/// The same from log-probabilities, as log_softmax() gives them: -log_probabilities[label]. No smoothing.
Tensor nll_loss(const Tensor& log_probabilities, const Tensor& labels, const CrossEntropyOptions& options = {});

/// Options of focal_loss().
struct FocalLossOptions {
    double gamma = 2;                       ///< >= 0; 0 is cross-entropy
    Tensor alpha = {};                      ///< per-class factors, f32 or f64 (C), e.g. {0.75, 0.25}; undefined: all 1
    Reduction reduction = Reduction::mean;  ///< a mean divides by the number of samples, whatever alpha is
    std::optional<std::int64_t> ignore_index = {};  ///< as in cross_entropy
};

/// -alpha[label] (1 - p)^gamma log p with p = softmax(logits)[label] (Lin et al. 2017, arXiv 1708.02002), fused and
/// stable: samples that are classified with certainty count less. Initialise the bias of the last layer with
/// nn::init::prior_bias, otherwise the many easy negatives dominate the first updates. Shapes and errors as in
/// cross_entropy; also an Error: a gamma that is negative or not finite.
Tensor focal_loss(const Tensor& logits, const Tensor& labels, const FocalLossOptions& options = {});

/// Options of binary_cross_entropy().
struct BinaryCrossEntropyOptions {
    double positive_weight = 1;             ///< factor of the terms of label 1, >= 0
    Reduction reduction = Reduction::mean;  ///< how the losses of the samples become the result
};

/// Binary cross-entropy from logits z of any shape: max(z, 0) - z t + log(1 + exp(-|z|)), positive terms weighted.
/// targets t: of the same shape and dtype, in [0, 1], without a gradient. Anything else is an Error.
Tensor binary_cross_entropy(const Tensor& logits, const Tensor& targets, const BinaryCrossEntropyOptions& options = {});

/// Mean (or sum, or none) of (prediction - target)^2. Both have one shape and dtype.
Tensor mse_loss(const Tensor& prediction, const Tensor& target, Reduction reduction = Reduction::mean);

/// Mean (or sum, or none) of |prediction - target|, with gradient 0 where they are equal. One shape and dtype.
Tensor l1_loss(const Tensor& prediction, const Tensor& target, Reduction reduction = Reduction::mean);

/// Mean (or sum, or none) of d^2 / 2 where |d| <= delta, else delta (|d| - delta / 2), d = prediction - target (Huber
/// 1964). One shape and dtype. Error: a delta that is not positive and finite.
Tensor huber_loss(const Tensor& prediction, const Tensor& target, double delta = 1,
                  Reduction reduction = Reduction::mean);

/// The Kullback-Leibler divergence of predictions from target distributions along the last axis: the sum of t (log t -
/// l), 0 where t is 0, l = log_probabilities as log_softmax() gives them. One number per sample; a mean is over the
/// samples. Error: targets below 0, or that need a gradient.
Tensor kl_loss(const Tensor& log_probabilities, const Tensor& targets, Reduction reduction = Reduction::mean);

}  // namespace cyclone
