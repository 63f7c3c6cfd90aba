#pragma once
// What is decided at .5 beside what is decided at a threshold tuned on images held out of the training: .5 is seldom
// the best one for unbalanced classes. The test set has no say in the threshold.

#include <cyclone/analysis/statistics.h>
#include <cyclone/analysis/summary.h>
#include <cyclone/lab/comparison.h>

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace cyclone::analysis {

struct DecisionFigures {
    Spread precision, recall, f1, mcc;
};

/// Of the finished runs of a row that have a tuned threshold; both halves are of the same runs.
struct ThresholdSummary {
    std::string row;  ///< lab::Run::row()
    Spread threshold;
    DecisionFigures at_half, tuned;
    int without = 0;  ///< finished runs that no threshold brings to the goal
};

/// One summary a row, in the order of the runs; nothing when no run has a tuned threshold. `labels` are those of the
/// test set; runs without probabilities are left out. Error when their numbers differ.
std::vector<ThresholdSummary> summarize_thresholds(const std::vector<lab::Run>& runs,
                                                   std::span<const std::int64_t> labels);

}  // namespace cyclone::analysis
