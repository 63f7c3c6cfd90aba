#pragma once
// What the report draws, as numbers: curves of several seeds brought onto one grid, with their mean and range.

#include <cyclone/lab/comparison.h>
#include <cyclone/metrics/calibration.h>
#include <cyclone/metrics/uncertainty.h>

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace cyclone::report {

/// Mean, lowest and highest of the seeds' curves at each x.
struct Band {
    std::vector<double> x, mean, low, high;
    std::size_t curves = 0;
};

/// Equal-length curves sampled at x; curves of another length are left out.
Band band_of(std::vector<double> x, const std::vector<std::vector<double>>& curves);

using RunList = std::vector<const lab::Run*>;

/// The finished runs of a schedule.
RunList finished_runs(const std::vector<lab::Run>& runs, const std::string& row);

/// Training loss over the updates, each point the mean of its neighbourhood of `width` points.
Band loss_band(const RunList& runs, std::size_t width);
/// AUC on the test set over the updates, from auc_curve or else epoch_auc; empty without either.
Band auc_band(const RunList& runs);

/// The probabilities of the runs that have any.
metrics::ModelScores scores_of(const RunList& runs);

/// True positive rate at false positive rates 0 ... `end` (vertical averaging, Fawcett 2006); empty when a class is
/// missing or there are no scores.
Band roc_band(const metrics::ModelScores& models, std::span<const std::int64_t> labels, double end);
/// Precision at recalls in (0, 1]: of the highest threshold that reaches the recall. Empty as above.
Band precision_recall_band(const metrics::ModelScores& models, std::span<const std::int64_t> labels);

/// Ten bins of equal width over all probabilities of all models together; empty without any.
std::vector<metrics::CalibrationBin> pooled_calibration(const metrics::ModelScores& models,
                                                        std::span<const std::int64_t> labels);

/// Mean probability and fraction of positives of the bins with at least `fewest` images.
Band reliability_band(const std::vector<metrics::CalibrationBin>& bins, std::int64_t fewest);

/// Mean over the runs of the probability of class 1, per test image; empty without any.
std::vector<double> mean_probability(const RunList& runs);

}  // namespace cyclone::report
