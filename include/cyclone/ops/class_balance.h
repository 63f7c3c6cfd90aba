#pragma once
// Class weights and logit adjustment from the class counts of a training set. Counts are those of the training split
// alone (Dataset::class_counts()). Errors of all functions: no class, or a class without a sample, where the formulas
// would divide by zero.

#include <cyclone/tensor/tensor.h>

#include <cstdint>
#include <span>
#include <vector>

namespace cyclone {

/// n_c / n, the fraction of each class.
std::vector<double> class_prior(std::span<const std::int64_t> counts);

/// n / (k n_c) for k classes: scikit-learn's class_weight="balanced". Their mean over the samples is 1.
std::vector<double> balanced_class_weights(std::span<const std::int64_t> counts);

/// (1 - beta) / (1 - beta^n_c), scaled so that they sum to the number of classes (Cui et al. 2019, arXiv 1901.05555):
/// all 1 for beta = 0, proportional to 1 / n_c as beta nears 1. Error: beta outside [0, 1).
std::vector<double> effective_number_weights(std::span<const std::int64_t> counts, double beta = 0.999);

/// `weights` scaled so that their mean over the samples, sum of n_c w_c / n, is 1: a learning rate then means the same
/// with and without them, given CrossEntropyOptions::mean_over_samples. Error: a negative weight, or all 0.
std::vector<double> normalized_to_mean_one(std::vector<double> weights, std::span<const std::int64_t> counts);

/// tau log(prior), f32 or f64 (C). Error: a prior that is not positive and finite (it need not sum to 1).
Tensor log_prior(std::span<const double> prior, double tau = 1, DType dtype = DType::f32);

/// logits (..., C) + tau log(prior): logit adjustment (Menon et al. 2021, arXiv 2007.07314). Use it either in the
/// training loss, `cross_entropy(adjust_logits(z, prior), y)`, or, with -tau, in the predictions of a model trained
/// without it. Do not combine it with a sampler, which has changed the prior already.
Tensor adjust_logits(const Tensor& logits, std::span<const double> prior, double tau = 1);

}  // namespace cyclone
