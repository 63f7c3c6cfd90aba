#pragma once
// What a loss comes to for a model that knows the class fractions and nothing of the images: it gives every image the
// same answer. A training whose loss does not fall below it has learned nothing else.

#include <cyclone/data/dataset.h>
#include <cyclone/tensor/tensor.h>
#include <cyclone/train/fit_options.h>

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

namespace cyclone::train {

/// The lowest mean loss that one answer for all images gets on labels with these counts: for cross-entropy (an empty
/// `loss`) the entropy of the fractions, -sum of p log p; for other losses found by descent on the logits. NaN where
/// there is no label, or `loss` does not take logits (N, classes).
double loss_of_fractions(std::span<const std::int64_t> class_counts,
                         const std::function<Tensor(const Tensor& output, const Tensor& labels)>& loss = {});

/// The mean cross-entropy on labels with these counts of an answer that has the fractions of `answered`: infinite for a
/// class that occurs and is never answered, NaN without labels.
double cross_entropy_of_fractions(std::span<const std::int64_t> class_counts, std::span<const std::int64_t> answered);

/// How often fit() with these options draws each class in its first epoch: what the sampler makes of the classes.
std::vector<std::int64_t> drawn_class_counts(const data::Dataset& train, const FitOptions& options);

}  // namespace cyclone::train
