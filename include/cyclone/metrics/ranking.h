#pragma once
// Metrics of a ranking: ROC and precision-recall curves and the areas under them, by scikit-learn's definitions.
// Only the order of the scores matters (probabilities and logits give the same curves); equal scores are one point.

#include <cyclone/base/language.h>

#include <cstdint>
#include <span>
#include <vector>

namespace cyclone::metrics {

/// One point per threshold, thresholds falling. The first is +infinity, where nothing is called positive: (0, 0).
struct RocCurve {
    std::vector<double> false_positive_rate;  ///< NaN throughout when there are no negatives
    std::vector<double> true_positive_rate;   ///< = recall; NaN throughout when there are no positives
    std::vector<double> thresholds;           ///< a score >= threshold is called positive
};

/// One point per threshold, thresholds rising, and a last point (precision 1, recall 0) that has no threshold.
struct PrecisionRecallCurve {
    std::vector<double> precision;   ///< 1 at the last point
    std::vector<double> recall;      ///< 1 throughout when there are no positives (its end point is 0)
    std::vector<double> thresholds;  ///< one shorter than the others; a score >= threshold is called positive
};

// Arguments of all functions here: labels of 0 (negative) and 1 (positive), one finite score per label, higher = more
// likely positive. Error when the lengths differ, when there is no label, another label, or a NaN or infinite score.

RocCurve roc_curve(std::span<const std::int64_t> labels, std::span<const double> scores);

/// Area under the ROC curve = the fraction of (positive, negative) pairs in the correct order, a tie counting one half.
/// NaN when one of the classes is missing: it is undefined then.
double roc_auc(std::span<const std::int64_t> labels, std::span<const double> scores);

PrecisionRecallCurve precision_recall_curve(std::span<const std::int64_t> labels, std::span<const double> scores);

/// Sum over thresholds of (recall_n - recall_(n-1)) * precision_n: steps, no interpolation. A constant score has the
/// fraction of positives. 0 without positives, as in scikit-learn, though it is undefined then.
double average_precision(std::span<const std::int64_t> labels, std::span<const double> scores);

}  // namespace cyclone::metrics
