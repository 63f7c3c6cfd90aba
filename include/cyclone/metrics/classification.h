#pragma once
// Metrics of decisions (class numbers), from counts: precision, recall, F, balanced accuracy, MCC.
// Two classes here; multiclass.h has the same for any number of classes.

#include <cyclone/base/language.h>

#include <cstdint>
#include <span>

namespace cyclone::metrics {

/// The four cells of a two-class confusion matrix.
struct BinaryCounts {
    std::int64_t true_positives = 0;   ///< positives that are called positive
    std::int64_t false_positives = 0;  ///< negatives that are called positive
    std::int64_t false_negatives = 0;  ///< positives that are called negative
    std::int64_t true_negatives = 0;   ///< negatives that are called negative

    /// Labels of 1.
    std::int64_t positives() const { return true_positives + false_negatives; }
    /// Labels of 0.
    std::int64_t negatives() const { return false_positives + true_negatives; }
    /// Decisions for 1.
    std::int64_t called_positive() const { return true_positives + false_positives; }
    /// All samples.
    std::int64_t total() const { return positives() + negatives(); }

    /// Whether all four agree.
    bool operator==(const BinaryCounts&) const = default;
};

/// Counts of `predictions` (0 or 1) against `labels` (0 or 1). Error on other values, different lengths, no labels.
BinaryCounts binary_counts(std::span<const std::int64_t> labels, std::span<const std::int64_t> predictions);

/// The same with a sample called positive where its score > threshold. At 0.5 this is the argmax of a two-class softmax
/// (an exact tie goes to class 0 in both). Curves state their thresholds as score >= threshold.
BinaryCounts binary_counts(std::span<const std::int64_t> labels, std::span<const double> scores, double threshold);

// `zero_division` is the answer where the ratio is 0 / 0: 0, 1 or NaN (Error on another value).

/// tp / (tp + fp): the fraction of positives among those called positive.
double precision(const BinaryCounts& counts, double zero_division = 0);

/// tp / (tp + fn): the fraction of the positives that is found. Also called sensitivity, true positive rate.
double recall(const BinaryCounts& counts, double zero_division = 0);

/// (1 + b^2) tp / ((1 + b^2) tp + b^2 fn + fp), for finite beta >= 0; recall weighs beta times as much as precision.
/// Undefined only where tp + fp + fn = 0 (for beta = 0, which is the precision, where tp + fp = 0).
double f_beta(const BinaryCounts& counts, double beta, double zero_division = 0);

/// f_beta with beta = 1: the harmonic mean of precision and recall.
double f1(const BinaryCounts& counts, double zero_division = 0);

/// The fraction of correct decisions. Error when there are no counts.
double accuracy(const BinaryCounts& counts);

/// Mean recall of the classes that occur among the labels: 0.5 for a constant answer. Error when there are no counts.
double balanced_accuracy(const BinaryCounts& counts);

/// Matthews' correlation coefficient, -1 ... 1; 0 where it is undefined (one class only, in labels or predictions).
double mcc(const BinaryCounts& counts);

}  // namespace cyclone::metrics
