#pragma once
// Bootstrap intervals (Efron 1979), percentile method: for the mean of repeated runs, and for average precision and F1
// on one test set. Draws are counter-based, so the same arguments give the same interval on any machine.

#include <cyclone/metrics/uncertainty.h>

#include <cstdint>
#include <span>

namespace cyclone::metrics {

/// Options of a bootstrap interval.
struct BootstrapOptions {
    int resamples = 1000;    ///< at least 2
    double level = 0.95;     ///< of confidence
    std::uint64_t seed = 1;  ///< of the draws
};

/// `value` is that of the data as they are. The limits are the (1 - level) / 2 and (1 + level) / 2 quantiles of the
/// resamples, with linear interpolation; both may be on one side of `value`.
struct BootstrapInterval {
    double value = 0;  ///< of the data
    double low = 0;    ///< lower limit
    double high = 0;   ///< upper limit
};

/// The mean of `values`, n of them drawn with replacement in each resample. NaN limits for one value, all NaN when one
/// of them is. For few values it is too narrow (for five it is a third narrower than the t interval of
/// paired_difference(), which is right for normal values). Errors: no values, fewer than 2 resamples, a level outside
/// (0, 1).
BootstrapInterval bootstrap_mean(std::span<const double> values, const BootstrapOptions& options = {});

// Stratified: each resample draws as many positives from the positives and negatives from the negatives as there are,
// so that the fraction of positives, on which both metrics depend, is kept. All models are tested on the same resample,
// and the value is their mean; {scores} for one model. The interval is the uncertainty from the choice of the test set,
// not that from the training. All NaN without positives. Errors as in roc_auc and above, and no model.

/// Of the mean average_precision of the models. Samples drawn twice rank together, which lifts the AP of a resample a
/// little: with 80 positives a 95 % interval held the truth in 91 % of simulated test sets, with 400 in 94 %.
BootstrapInterval average_precision_interval(std::span<const std::int64_t> labels, const ModelScores& models,
                                             const BootstrapOptions& options = {});

/// Of the mean F1 of the models, a sample being called positive where its probability > threshold.
BootstrapInterval f1_interval(std::span<const std::int64_t> labels, const ModelScores& models, double threshold = 0.5,
                              const BootstrapOptions& options = {});

}  // namespace cyclone::metrics
