#pragma once
// What fit() asks before the first update, and the modes of the model between updates.

#include <cyclone/base/reporter.h>
#include <cyclone/nn/module.h>
#include <cyclone/optim/optimizer.h>
#include <cyclone/train/fit_options.h>

#include <map>
#include <string>

#include "train/training_set.h"

namespace cyclone::train {

/// Names parameters of the model that the optimizer would not train; an Error where it trains others in their place.
void check_optimizer(const nn::Module& model, const optim::Optimizer& optimizer, const Reporter& report);

/// Error when options of losses exclude each other, or a loss would not see what the data have.
void check_losses(const TrainingSet& train, const FitOptions& options);

/// Error when the model's last layer bounds what the loss or the evaluation take for logits.
/// (Of a source of batches, the first batch shows what the loss is.)
void check_logits(const nn::Module& model, const TrainingSet& train, const FitOptions& options);
/// The Error of a model whose last layer is `bound`.
[[noreturn]] void fail_logits(const std::string& bound);

/// Error, on all ranks, unless the training of all of them is the same one, by its identity, weights and random
/// numbers.
void check_ranks(const nn::Module& model, const optim::Optimizer& optimizer, const TrainingSet& train,
                 const FitOptions& options);

/// Error, on all ranks, unless the weights are.
void check_same_weights(Ranks& ranks, const nn::Module& model);

/// Begins each hook. Error where one is missing or two have the same name.
void begin_hooks(nn::Module& model, const optim::Optimizer& optimizer, const std::vector<WeightHook*>& hooks);

/// Training mode for the model, without parts that somebody set to evaluation mode.
class TrainingMode {
public:
    explicit TrainingMode(nn::Module& model);
    /// Remembers the modes, unless the model as a whole is in evaluation mode.
    void remember();
    /// Gives back the modes when the model as a whole is in evaluation mode.
    void ensure();

private:
    nn::Module& model_;
    std::map<std::string, bool> modes_;
};

}  // namespace cyclone::train
