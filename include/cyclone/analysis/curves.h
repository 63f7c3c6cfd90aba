#pragma once
// What pictures show, as numbers: curves of several seeds on one grid, with their mean and range.

#include <cyclone/lab/run.h>
#include <cyclone/metrics/calibration.h>
#include <cyclone/metrics/uncertainty.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace cyclone::analysis {

/// Mean, lowest and highest of several curves at each x.
struct Band {
    std::vector<double> x;     ///< common to all curves
    std::vector<double> mean;  ///< at each x
    std::vector<double> low;   ///< at each x
    std::vector<double> high;  ///< at each x
    std::uint64_t curves = 0;  ///< how many there are
};

/// Equal-length curves sampled at x; curves of another length are left out.
Band band_of(std::vector<double> x, const std::vector<std::vector<double>>& curves);

/// Each value the mean of the `width` values around it (an odd number), NaN at the ends where there are not as many: a
/// narrower window would draw noise there, and one that is moved inwards a plateau.
std::vector<double> smoothed(const std::vector<double>& values, std::size_t width);
/// The loss of a run smoothed over 5 % of its points, as every picture shows it.
std::vector<double> smoothed_loss(const lab::Curve& curve);

/// True positive rate at false positive rates 0 ... `end` (vertical averaging, Fawcett 2006); empty when a class is
/// missing or there are no scores.
Band roc_band(const metrics::ModelScores& models, std::span<const std::int64_t> labels, double end = 1);
/// Precision at recalls in (0, 1]: of the highest threshold that reaches the recall. Empty as above.
Band precision_recall_band(const metrics::ModelScores& models, std::span<const std::int64_t> labels);

/// The reliability of the probabilities of all models together: the fraction of positives (mean) over the mean
/// probability (x), in ten bins of equal width. Bins with fewer than five images are left out.
Band reliability(const metrics::ModelScores& models, std::span<const std::int64_t> labels);

/// A run that diverged, as far as it came.
struct DivergedRun {
    std::uint64_t seed = 0;             ///< of the run
    std::string cause = {};             ///< Run::message
    std::vector<double> update;         ///< common to both lists
    std::vector<double> learning_rate;  ///< at each update
    std::vector<double> loss;           ///< at each update, not smoothed
};

/// The curves of one seed that finished.
struct SeedCurve {
    std::uint64_t seed = 0;    ///< of the run
    std::vector<double> loss;  ///< at Curves::loss.x, not smoothed; empty where the run has no such points
    std::vector<double> auc;   ///< at Curves::auc.x, as above
};

/// What the runs of a configuration together call positive, at a fixed grid of thresholds: called where p > threshold.
struct ThresholdCounts {
    std::vector<double> threshold;              ///< rising, from 0 to 1
    std::vector<std::int64_t> true_positives;   ///< at each threshold
    std::vector<std::int64_t> false_positives;  ///< at each threshold
    std::int64_t positives = 0;                 ///< images of class 1, those of each run counted
    std::int64_t negatives = 0;                 ///< the others
};

/// Empty without scores.
ThresholdCounts threshold_counts(const metrics::ModelScores& models, std::span<const std::int64_t> labels);

/// Of one configuration. A band is empty where there is nothing to show.
struct Curves {
    Band learning_rate;                 ///< over the updates
    Band loss;                          ///< over the updates, smoothed over 5 % of the run
    Band auc;                           ///< on the test set, over the updates
    std::vector<double> auc_seconds;    ///< of training, mean of the runs, at the points of `auc`; may be empty
    Band roc;                           ///< true over false positive rates
    Band roc_left;                      ///< the same to a false positive rate of 0.1
    Band precision_recall;              ///< precision over recall
    Band reliability;                   ///< see there
    std::vector<DivergedRun> diverged;  ///< their traces
    std::vector<SeedCurve> seeds;       ///< of the finished runs
    ThresholdCounts decisions;          ///< of the finished runs together
};

/// The loss of a configuration divided by another's on the same batches, seed by seed, both smoothed over 5 % of the
/// run: above 1 the other one is ahead.
struct PairedLoss {
    std::vector<double> x;                   ///< updates
    std::vector<double> mean;                ///< geometric, over the seeds
    std::vector<std::vector<double>> seeds;  ///< at x, of each seed that both have
};

/// Without seeds where the two have no seed with a loss in common.
PairedLoss paired_loss(const Curves& of, const Curves& baseline);

/// Error when a finished run has another number of probabilities than there are labels.
Curves curves_of(const std::vector<const lab::Run*>& runs, std::span<const std::int64_t> labels);

}  // namespace cyclone::analysis
