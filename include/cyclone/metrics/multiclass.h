#pragma once
// Metrics of any number of classes: confusion matrix, averaged precision / recall / F, one-vs-rest AUC, log loss.
// Scores of n samples and K classes are n x K numbers, row-major: the K scores of sample 0 first.

#include <cyclone/metrics/classification.h>

#include <cstdint>
#include <limits>
#include <span>
#include <vector>

namespace cyclone::metrics {

/// The class of the highest score of each sample; the lowest class number wins a tie.
/// Error when the scores are not finite or not a multiple of `classes`.
std::vector<std::int64_t> predicted_classes(std::span<const double> scores, std::int64_t classes);

/// Counts of (true class, predicted class).
class ConfusionMatrix {
public:
    /// Error on a class outside 0 ... classes - 1, different lengths, no labels, classes < 2.
    ConfusionMatrix(std::span<const std::int64_t> labels, std::span<const std::int64_t> predictions,
                    std::int64_t classes);
    /// From the counts themselves, row-major. Error unless there are classes x classes, none negative, not all 0.
    ConfusionMatrix(std::vector<std::int64_t> counts, std::int64_t classes);

    /// Number of classes.
    std::int64_t classes() const { return classes_; }
    /// Number of samples.
    std::int64_t total() const { return total_; }
    /// Samples of class `label` that are called `prediction`. Error on a class that does not exist.
    std::int64_t operator()(std::int64_t label, std::int64_t prediction) const;

    /// Class c as the positive class, all others as negatives.
    BinaryCounts one_vs_rest(std::int64_t c) const;

private:
    std::int64_t classes_, total_;
    std::vector<std::int64_t> counts_;  // [label * classes + prediction]
};

enum class Average {
    macro,     ///< every class counts the same
    weighted,  ///< classes count by their number of labels
    micro,     ///< every sample counts the same
};

// Averages of the one-vs-rest values over all classes 0 ... K - 1, as scikit-learn's with labels = range(K). A class
// whose value is 0 / 0 enters with zero_division (0 or 1), or is left out when that is NaN.

double precision(const ConfusionMatrix& matrix, Average average, double zero_division = 0);
double recall(const ConfusionMatrix& matrix, Average average, double zero_division = 0);
double f_beta(const ConfusionMatrix& matrix, double beta, Average average, double zero_division = 0);
double f1(const ConfusionMatrix& matrix, Average average, double zero_division = 0);

double accuracy(const ConfusionMatrix& matrix);

/// Mean recall of the classes that occur among the labels.
double balanced_accuracy(const ConfusionMatrix& matrix);

/// Gorodkin's extension of Matthews' correlation to K classes; 0 where it is undefined.
double mcc(const ConfusionMatrix& matrix);

/// roc_auc of each class against the rest; NaN for a class without labels (or with all of them).
std::vector<double> roc_auc_one_vs_rest(std::span<const std::int64_t> labels, std::span<const double> scores,
                                        std::int64_t classes);

/// The average of those, NaN when one that counts is; micro is one AUC over all n x K (is it this class, score) pairs.
double roc_auc_one_vs_rest(std::span<const std::int64_t> labels, std::span<const double> scores, std::int64_t classes,
                           Average average);

/// average_precision of each class against the rest; NaN for a class without labels.
std::vector<double> average_precision_one_vs_rest(std::span<const std::int64_t> labels, std::span<const double> scores,
                                                  std::int64_t classes);

/// Mean of -log(probability of the true class), in nats, with p clipped to [eps, 1 - eps]. Named apart from the binary
/// log_loss, whose third argument is eps.
double multiclass_log_loss(std::span<const std::int64_t> labels, std::span<const double> probabilities,
                           std::int64_t classes, double eps = std::numeric_limits<double>::epsilon());

}  // namespace cyclone::metrics
