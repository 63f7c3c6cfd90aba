#pragma once
// The constant rate that a careful user would have found: each of a grid of rates gets the same number of updates on a
// part of the training set, and the rest of it decides. The test set is not used.

#include <cyclone/lab/comparison.h>

#include <cstdint>
#include <span>
#include <vector>

namespace cyclone::lab {

/// One rate of the grid.
struct RateTrial {
    double rate = 0;                        ///< constant
    RunStatus status = RunStatus::stopped;  ///< of its run
    double auc = 0;                         ///< on the validation part; NaN for a trial that did not finish
    double log_loss = 0;                    ///< there too; decides between equal AUCs
};

/// The trials and the best of them.
struct Tuning {
    double rate = 0;                ///< the trial with the highest AUC
    std::vector<RateTrial> trials;  ///< in the order of the grid

    /// The best rate is the first or the last of the grid: there may be a better one beyond.
    bool at_edge() const { return trials.size() > 1 && (rate == trials.front().rate || rate == trials.back().rate); }
};

/// The keys of tuning.json.
void fields(io::JsonFields& f, Tuning& tuning);

/// `count` rates, at least 3, in ascending order: the last is twice the maximum, the others go from base to max in even
/// ratios. base = 0 counts as max / 100. Rates that are equal in their first two digits count once.
std::vector<double> tuning_grid(double base, double max, int count = 6);

/// Splits `train` four to one by class, trains every rate on the larger part with the first seed of `options` (its
/// schedules, rebalancing methods, hooks on runs and AUC curves are not used), and tests on the smaller one.
/// Error when no trial finishes, as after a stop.
Tuning tune_constant(const data::Dataset& train, std::span<const double> rates, const ComparisonOptions& options);

}  // namespace cyclone::lab
