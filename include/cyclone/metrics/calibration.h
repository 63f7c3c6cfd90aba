#pragma once
// Metrics of probabilities: Brier score, log loss, expected calibration error and the bins of a reliability diagram.

#include <cstdint>
#include <limits>
#include <span>
#include <vector>

namespace cyclone::metrics {

// Arguments of all functions here: labels of 0 and 1, and for each the probability of class 1. Error when the lengths
// differ, when there is no label, another label, or a probability that is not in [0, 1]; up to 1e-6 outside is taken as
// rounding in f32 and clipped.

/// Mean of (p - y)^2: 0 is perfect, .25 what an undecided .5 gets.
double brier_score(std::span<const std::int64_t> labels, std::span<const double> probabilities);

/// Mean of -log(probability of the true class), in nats, with p clipped to [eps, 1 - eps]. 0 < eps < .5; the default is
/// scikit-learn's for f64 input; for f32 input it has 1.1920929e-7.
double log_loss(std::span<const std::int64_t> labels, std::span<const double> probabilities,
                double eps = std::numeric_limits<double>::epsilon());

enum class Binning {
    uniform,   ///< bins of equal width
    quantile,  ///< edges at the quantiles of the probabilities (linear interpolation), about the same count in each
};

struct CalibrationOptions {
    int bins = 15;  ///< as in Guo et al. 2017
    Binning binning = Binning::uniform;
};

/// The probabilities in (low, high]; those equal to the lowest edge are in the first bin.
struct CalibrationBin {
    double low = 0;
    double high = 0;
    std::int64_t count = 0;
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

/// brier = reliability - resolution + uncertainty + within_bins (Murphy 1973; the last term after Stephenson, Coelho
/// and Jolliffe 2008), exactly. In a bin k: n_k samples, mean probability p_k, positive rate y_k; y the rate of all.
struct BrierDecomposition {
    double brier = 0;
    double reliability = 0;  ///< sum of n_k (p_k - y_k)^2 / n: how wrong the probabilities are; smaller is better
    double resolution = 0;   ///< sum of n_k (y_k - y)^2 / n: how far they tell samples apart; larger is better
    double uncertainty = 0;  ///< y (1 - y): what the answer y for every sample gets; a property of the labels
    double within_bins = 0;  ///< what bins lump together: sum of (p - p_k)^2 - 2 (p - p_k) (label - y_k), / n
};

/// Within the bins of `options`; many narrow bins make within_bins small.
BrierDecomposition brier_decomposition(std::span<const std::int64_t> labels, std::span<const double> probabilities,
                                       CalibrationOptions options = {});

}  // namespace cyclone::metrics
