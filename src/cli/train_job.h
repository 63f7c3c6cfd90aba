#pragma once
// One training of `cyclone train`: its settings, data and everything that follows from them.

#include <cyclone/data/augment.h>
#include <cyclone/data/dataset.h>
#include <cyclone/metrics/threshold.h>
#include <cyclone/nn/sequential.h>
#include <cyclone/schedule/parse.h>
#include <cyclone/train/classifier.h>
#include <cyclone/train/early_stopping.h>
#include <cyclone/train/rebalancing.h>

#include <cstdint>
#include <memory>
#include <string>

#include "cli/train_options.h"

namespace cyclone::cli {

/// Everything that is known before the first update.
struct Job {
    TrainSettings s;
    data::Splits data;
    std::string model;
    train::Rebalancing balance;
    data::Augmentation augmentation;
    train::Monitor monitor;
    metrics::ThresholdGoal goal;
    std::uint64_t updates_per_epoch;

    std::int64_t classes() const { return data.train.classes(); }
    std::uint64_t updates() const { return static_cast<std::uint64_t>(s.epochs) * updates_per_epoch; }
    /// The same weights for the same seed, --init and --freeze included.
    nn::Sequential network() const;
    /// With first weights drawn by the calling thread's generator.
    nn::Sequential drawn_network() const;
    /// For such a network, with --parameter-groups.
    std::unique_ptr<optim::Optimizer> optimizer(const nn::Sequential& network) const;
    /// "frozen: conv1.*; parameter groups: head:lr*10"; empty: neither.
    std::string transfer() const;
    ScheduleContext context() const;
    Schedule schedule() const;
    /// The weights with everything that `cyclone predict` needs.
    train::Classifier classifier(const nn::Sequential& network, double threshold) const;
};

/// Reads the data and checks the options against them.
Job make_job(const TrainSettings& settings);

}  // namespace cyclone::cli
