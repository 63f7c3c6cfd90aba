#pragma once
// Decisions at 0.5 beside decisions at a threshold tuned on images held out of the training: 0.5 is seldom the best one
// for unbalanced classes. The test set is not used to tune it.

#include <cyclone/analysis/configuration.h>

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace cyclone::analysis {

/// Of the finished runs of a configuration that have a tuned threshold; all spreads are of the same runs.
struct ThresholdSummary {
    std::string configuration;  ///< Run::configuration()
    Spread threshold;           ///< the tuned ones
    MetricSpreads at_half;      ///< decisions at 0.5
    MetricSpreads tuned;        ///< decisions at each run's threshold
    int without = 0;            ///< finished runs that no threshold brings to the goal
};

/// One per configuration, in the order of the runs; nothing when no run has a tuned threshold. `labels` are those of
/// the test set; runs without probabilities are left out. Error when their numbers differ.
std::vector<ThresholdSummary> summarize_thresholds(const std::vector<lab::Run>& runs,
                                                   std::span<const std::int64_t> labels);

}  // namespace cyclone::analysis
