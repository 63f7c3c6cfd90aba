#pragma once
// The loss that fit() trains with.

#include <cyclone/nn/module.h>
#include <cyclone/train/evaluate.h>
#include <cyclone/train/fit_options.h>

#include <string>

#include "train/training_set.h"

namespace cyclone::train {

/// Forward pass and loss of a batch, by the options or the default for what the batch has. Holds references.
class TrainingLoss {
public:
    TrainingLoss(nn::Module& model, const TrainingSet& train, const FitOptions& options);

    Tensor of(const data::Batch& batch) const;
    /// What a batch, or a part of one, counts for in the mean of its update.
    double weight_of(const data::Batch& batch) const;
    /// Whether the loss is known to be a mean with these weights, so that it may be asked for parts of a batch.
    bool is_mean() const;
    /// For the validation: it has this loss where that is not the evaluation's own.
    EvaluateOptions evaluation() const;

private:
    Tensor of_answers(const Tensor& output, const Tensor& answers, bool are_labels) const;

    nn::Module& model_;
    const TrainingSet& train_;
    const FitOptions& options_;
    std::string bound_;  // of a model whose data show with each batch what the loss is
};

}  // namespace cyclone::train
