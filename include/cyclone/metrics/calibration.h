#pragma once
// Metrics of probabilities: Brier score, log loss, expected calibration error and the bins of a reliability diagram.

#include <cyclone/base/language.h>

#include <cstdint>
#include <limits>
#include <span>
#include <vector>

namespace cyclone::metrics {

// Arguments of all functions here: labels of 0 and 1, and for each the probability of class 1. Error when the lengths
// differ, when there is no label, another label, or a probability that is not in [0, 1]; up to 1e-6 outside is taken as
// rounding in f32 and clipped.

/// Mean of (p - y)^2: 0 is perfect, 0.25 what an undecided 0.5 gets.
double brier_score(std::span<const std::int64_t> labels, std::span<const double> probabilities);

/// Mean of -log(probability of the true class), in nats, with p clipped to [eps, 1 - eps]. 0 < eps < 0.5; the default
/// is scikit-learn's for f64 input; for f32 input it has 1.1920929e-7.
double log_loss(std::span<const std::int64_t> labels, std::span<const double> probabilities,
                double eps = std::numeric_limits<double>::epsilon());

enum class Binning {
    uniform,   ///< bins of equal width
    quantile,  ///< edges at the quantiles of the probabilities (linear interpolation), about the same count in each
};

/// How probabilities are put into bins.
struct CalibrationOptions {
    int bins = 15;                       ///< as in Guo et al. 2017
    Binning binning = Binning::uniform;  ///< where the edges are
};

/// The probabilities in (low, high]; those equal to the lowest edge are in the first bin.
struct CalibrationBin {
    double low = 0;               ///< lower edge, exclusive
    double high = 0;              ///< upper edge, inclusive
    std::int64_t count = 0;       ///< samples in the bin
    double mean_probability = 0;  ///< x of the reliability diagram; NaN in an empty bin
    double positive_rate = 0;     ///< y of the reliability diagram; NaN in an empty bin
};

/// All bins in rising order, empty ones included. Error when options.bins < 1.
std::vector<CalibrationBin> calibration_bins(std::span<const std::int64_t> labels,
                                             std::span<const double> probabilities, CalibrationOptions options = {});

/// Sum over bins of count / total * |positive_rate - mean_probability|. This bins the probability of class 1, which
/// under imbalance says more than the confidence of the chosen class. For the latter (Guo et al. 2017, any number of
/// classes) pass labels = "the chosen class is right" and probabilities = "probability of the chosen class".
double expected_calibration_error(std::span<const CalibrationBin> bins);
double expected_calibration_error(std::span<const std::int64_t> labels, std::span<const double> probabilities,
                                  CalibrationOptions options = {});

}  // namespace cyclone::metrics
