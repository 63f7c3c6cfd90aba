#pragma once
// What rebalancing does to probabilities. A model that was trained with class weights or a sampler is calibrated to the
// rebalanced fraction of positives: its ranking may be as good as ever, its probabilities, and decisions at 0.5, do not
// fit the data. Where that fraction is known, the probabilities can be shifted to the one of the training set
// (metrics::shift_prior); nothing of the test set is used for it.

#include <cyclone/analysis/configuration.h>

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace cyclone::analysis {

/// Of the finished runs of a configuration; decisions at 0.5.
struct ProbabilitySummary {
    std::string configuration;  ///< Run::configuration()
    double training_prior = 0;  ///< as in Run; NaN without rebalancing
    double trained_prior = 0;   ///< as in Run
    MetricSpreads as_trained;   ///< with the probabilities as predicted
    /// With the probabilities shifted to training_prior: as they are without rebalancing, empty where trained_prior is
    /// not known (focal loss).
    MetricSpreads shifted;
};

/// One per configuration, in the order of the runs. `labels` are those of the test set; runs without probabilities are
/// left out. Error when their numbers differ.
std::vector<ProbabilitySummary> summarize_probabilities(const std::vector<lab::Run>& runs,
                                                        std::span<const std::int64_t> labels);

}  // namespace cyclone::analysis
