#pragma once
// --swa, --ema, --snapshots and --lookahead, and --unfreeze: what follows the weights of a training.

#include <cyclone/train/averages.h>
#include <cyclone/train/unfreezing.h>

#include <optional>
#include <string>
#include <vector>

#include "cli/train_job.h"

namespace cyclone::cli {

struct TrainAverages {
    std::optional<train::Lookahead> lookahead;
    std::optional<train::WeightAverage> swa, ema;
    std::optional<train::Snapshots> snapshots;
    std::optional<train::GradualUnfreezing> unfreezing;

    /// As the settings ask for. UsageError for values out of range.
    explicit TrainAverages(const TrainSettings& settings);

    /// Those that there are, in the order in which they act: Lookahead changes the weights that the others take.
    std::vector<train::WeightHook*> hooks();
    /// "swa(from 9 epochs, ...); ema(...)", or "none"; without unfreezing.
    std::string describe() const;
    /// Whether there are weights of their own at the end.
    bool average() const { return swa || ema || snapshots; }
    /// UsageError when one would take no weights in the run, or would not come to train a part of `network`. A sentence
    /// for each that takes weights once, and for layers that stay random.
    std::vector<std::string> check_run(const Job& job, nn::Module& network, optim::Optimizer& optimizer) const;
};

}  // namespace cyclone::cli
