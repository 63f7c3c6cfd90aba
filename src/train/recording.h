#pragma once
// The recorders of a training, and what they may ask of it.

#include <cyclone/train/recorder.h>

#include <cstdint>

#include "train/training_loss.h"

namespace cyclone::train {

/// Holds references.
class Recording {
public:
    /// Prepares the recorders of the options. Error where one is missing.
    Recording(nn::Module& model, optim::Optimizer& optimizer, const TrainingSet& train, const TrainingLoss& loss,
              const FitOptions& options);

    void before_gradients() const;
    void before_update() const;
    /// After the optimizer's step and the weight hooks.
    void add_to(History& history) const;

private:
    data::Batch sample(std::int64_t images) const;
    double gradients_of(const data::Batch& batch) const;

    nn::Module& model_;
    optim::Optimizer& optimizer_;
    const TrainingSet& train_;
    const TrainingLoss& loss_;
    const FitOptions& options_;
};

}  // namespace cyclone::train
