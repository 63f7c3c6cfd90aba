#pragma once
// What remedies against imbalance do to probabilities. A net trained with class weights or a sampler answers as if the
// rare class were not rare: its ranking may be as good as ever, its probabilities, and what is decided at .5, are
// not those of the data. Where the share of positives that they answer for is known they can be shifted back to that
// of the training set (metrics::shift_prior); nothing of the test set is used for it.

#include <cyclone/analysis/statistics.h>
#include <cyclone/analysis/summary.h>
#include <cyclone/lab/comparison.h>

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace cyclone::analysis {

/// Of the finished runs of a row; precision, recall and F1 belong to decisions at .5.
struct ProbabilityFigures {
    Spread brier, ece, precision, recall, f1;
};

struct ProbabilitySummary {
    std::string row;        ///< lab::Run::row()
    double training_share;  ///< as in lab::Run; NaN without a remedy
    double trained_share;   ///< as in lab::Run
    ProbabilityFigures as_trained;
    /// With the probabilities shifted to training_share: as they are without a remedy, no runs where trained_share is
    /// not known (focal loss).
    ProbabilityFigures shifted;
};

/// One summary a row, in the order of the runs. `labels` are those of the test set; runs without probabilities are left
/// out. Error when their numbers differ.
std::vector<ProbabilitySummary> summarize_probabilities(const std::vector<lab::Run>& runs,
                                                        std::span<const std::int64_t> labels);

}  // namespace cyclone::analysis
