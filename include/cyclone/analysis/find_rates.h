#pragma once
// find_rates: base and maximum of a cycle for a model and its data, as `cyclone find-lr` finds them: a range test,
// longer where nothing is learned in it, and trial cycles that confirm or correct the pair that it suggests. (In this
// part and not in lab, since what comes of the sweeps decides what is tried.)
//
//     const auto found = analysis::find_rates(make_model, lab::sgd({.momentum = 0.9}), train,
//                                             {.sweep = {.seeds = {1, 2, 3}, .jobs = 3}});
//     if (found.pair) std::cout << found.pair->base << " to " << found.pair->max << ", " << found.pair->reason;

#include <cyclone/analysis/suggest.h>
#include <cyclone/base/reporter.h>
#include <cyclone/lab/range_test.h>
#include <cyclone/lab/trial_cycles.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace cyclone::analysis {

/// How find_rates() searches.
struct FindRatesOptions {
    lab::RangeTestOptions sweep = {};  ///< of the sweeps; what counts for the trials says lab::trial_cycles()
    /// Whether the sweeps are made again with twice and then four times sweep.updates where so few gain nothing.
    bool lengthen_sweeps = true;
    /// Updates of each trial cycle; 0: no trials. By default lab::trial_updates(), and up to four times that where no
    /// trial learns in so few.
    std::optional<std::int64_t> trials = {};
    /// Called before anything is trained, from the calling thread: "sweeps" or "trials", and how many updates they have
    /// at most, a trial made again after a failed one left out. For a progress line.
    std::function<void(std::string_view what, std::int64_t updates)> before = {};
    Reporter report = {};  ///< told where something is made again with more updates. Empty: nobody
};

/// What find_rates() found.
struct FoundRates {
    lab::RangeTest test = {};  ///< the sweeps, of the last length
    std::int64_t updates = 0;  ///< of each of them
    std::optional<lab::TrialCycles> trials =
        {};                             ///< the trials; none where they were not asked for, or no pair was found
    std::optional<RatePair> pair = {};  ///< of the trial chosen, or of the sweeps
    std::string no_pair = {};           ///< why there is none; empty when there is one
};

/// Finds a pair for `model` (see lab::range_test()) on `train`. The same options, seeds and data give the same pair,
/// for any number of jobs. A stop (sweep.stop) ends it with what was measured. Errors: those of lab::range_test() and
/// lab::trial_cycles().
FoundRates find_rates(const lab::ModelFactory& model, const lab::OptimizerFactory& optimizer,
                      const data::Dataset& train, const FindRatesOptions& options = {});

}  // namespace cyclone::analysis
