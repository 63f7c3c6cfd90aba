#pragma once
// Trial cycles: what a range test suggests is tried out before it is believed. A sweep sees each rate for a moment and,
// on unbalanced data, on batches that are not the training's; whole short cycles on the training's own batches show
// which highest rate trains best and which no longer trains.
//
//     const auto found = lab::range_test(model, optimizer, train, options);
//     if (const auto pair = analysis::suggest_pair(found.curve)) {
//         const auto tried = lab::trial_cycles(model, optimizer, train, {.max = pair->max}, options);
//         if (tried.chosen) std::cout << tried.pair().base << " to " << tried.pair().max << ", " << tried.reason;
//     }

#include <cyclone/lab/range_test.h>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace cyclone::lab {

/// One short training: a single triangular cycle from base to max and back.
struct TrialCycle {
    double base = 0;                           ///< a quarter of `max`: Smith 2017, section 3.3, has a third or a fourth
    double max = 0;                            ///< highest rate
    SweepEnd end = SweepEnd::stopped;          ///< how it ended
    double loss = HUGE_VAL;                    ///< at the foot of the cycle, on the images held out; infinite: diverged
    std::vector<double> losses_of_parts = {};  ///< the same of each tenth of these images, with the classes alike
    /// Seeds with which the same cycle diverged or did not come below TrialCycles::fractions_only.
    std::vector<std::uint64_t> fails_with = {};
};

/// What trial_cycles() did, and which of them is best.
struct TrialCycles {
    std::int64_t updates = 0;                ///< of each trial
    std::int64_t trained_on = 0;             ///< images that a trial draws from
    std::int64_t held_out = 0;               ///< images of the training set that judge
    double fractions_only = NAN;             ///< loss of an answer that knows the class fractions only; NaN: not known
    std::vector<TrialCycle> cycles = {};     ///< by ascending max
    std::optional<std::size_t> chosen = {};  ///< index into `cycles`; none: the trials say nothing
    std::string reason = {};                 ///< why this one, or why none: one sentence without the final stop
    bool too_short = false;  ///< none was chosen, since none came below `fractions_only`: more updates may help

    /// The trial chosen; Error where there is none.
    const TrialCycle& pair() const;
};

/// What to try. The highest rates of the trials are those of the fixed series 0.1 * 2^k, so that seeds agree which
/// differ by less than its step: half of the one nearest to `max` by ratio, that one, twice and four times it. A sweep
/// errs downwards more than upwards: on unbalanced data its balanced batches diverge at lower rates than the training's
/// own (on nuclei16 from 0.05 on, where trainings are best up to 0.2).
struct TrialOptions {
    double max = 0;            ///< suggested, > 0
    std::int64_t updates = 0;  ///< of each trial; 0: trial_updates()
};

/// The maxima of the trials, ascending. Error unless `max` is finite and > 0.
std::vector<double> trial_maxima(const TrialOptions& trials);

/// Standard error of the difference between the losses of two trials, from their parts: the images are the same, so
/// what makes an image hard cancels out. NaN with fewer than two parts in common.
double error_of_difference(const TrialCycle& a, const TrialCycle& b);

/// Sets `chosen`, `reason` and `too_short`: the trial with the lowest loss, or, among those that are within one
/// standard error of it (Breiman et al. 1984, section 3.4.3), the one whose max is nearest to `suggested` by ratio.
/// None where a trial was stopped, where none came at least a twentieth below `fractions_only`, or where all diverged.
void judge(TrialCycles& trials, double suggested);

/// Updates of a trial where nothing else is asked for: half of those of a sweep, at least 2, so that all trials cost no
/// more than two sweeps and their validation.
std::int64_t trial_updates(const RangeTestOptions& options);

/// Trains once with each of trial_maxima(), from the same weights on the same batches, and judges. The trial chosen is
/// made again with each of the other seeds; where one of them fails, the next best is chosen, and so on: a rate at
/// which one training in three does not learn is too high, however good the others are.
///
/// Of the options of the range test count batch_size, the seeds (the first one for all trials), balanced, sampler,
/// loss, augmentation, jobs, threads, stop and on_update (once per update of each training). Batches are as the
/// training has them: balance_batches does not count. A fifth of the images, at most half as many as a trial trains on
/// (or 100, if that is more), are held out and judge: by options.loss, which must then be a function of logits, else by
/// cross-entropy with the classes weighted as the sampler draws them. Fewer than 100 images, or so small classes that
/// fewer than 20 can be held out, are too few: no trials, and `reason` says so. UsageError for options that cannot
/// work; Error from the data, the model, the optimizer.
TrialCycles trial_cycles(const ModelFactory& model, const OptimizerFactory& optimizer, const data::Dataset& train,
                         const TrialOptions& trials, const RangeTestOptions& options = {});

}  // namespace cyclone::lab
