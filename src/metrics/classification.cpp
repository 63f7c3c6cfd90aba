// Metrics of two-class counts.

#include <cyclone/metrics/classification.h>

#include <cmath>

#include "metrics/checks.h"

namespace cyclone::metrics {
namespace {

void count(BinaryCounts& counts, bool positive, bool called_positive) {
    if (positive)
        (called_positive ? counts.true_positives : counts.false_negatives) += 1;
    else
        (called_positive ? counts.false_positives : counts.true_negatives) += 1;
}

double divide(std::string_view where, double part, double whole, double zero_division) {
    check(zero_division == 0 || zero_division == 1 || std::isnan(zero_division), where,
          "expected zero_division 0, 1 or NaN, got ", zero_division);
    return whole == 0 ? zero_division : part / whole;
}

double divide(std::string_view where, std::int64_t part, std::int64_t whole, double zero_division) {
    return divide(where, static_cast<double>(part), static_cast<double>(whole), zero_division);
}

}  // namespace

BinaryCounts binary_counts(std::span<const std::int64_t> labels, std::span<const std::int64_t> predictions) {
    check_lengths("binary_counts", labels.size(), predictions.size(), "predictions");
    check_classes("binary_counts", labels, 2);
    check_classes("binary_counts", predictions, 2, "prediction");
    BinaryCounts counts;
    for (std::size_t i = 0; i < labels.size(); ++i) count(counts, labels[i] == 1, predictions[i] == 1);
    return counts;
}

BinaryCounts binary_counts(std::span<const std::int64_t> labels, std::span<const double> scores, double threshold) {
    check_scores("binary_counts", labels, scores);
    check(!std::isnan(threshold), "binary_counts", "expected a number as threshold, got NaN");
    BinaryCounts counts;
    for (std::size_t i = 0; i < labels.size(); ++i) count(counts, labels[i] == 1, scores[i] > threshold);
    return counts;
}

double precision(const BinaryCounts& counts, double zero_division) {
    return divide("precision", counts.true_positives, counts.called_positive(), zero_division);
}

double recall(const BinaryCounts& counts, double zero_division) {
    return divide("recall", counts.true_positives, counts.positives(), zero_division);
}

double f_beta(const BinaryCounts& counts, double beta, double zero_division) {
    check(std::isfinite(beta) && beta >= 0, "f_beta", "expected a finite beta >= 0, got ", beta);
    const double square = beta * beta;
    const auto tp = static_cast<double>(counts.true_positives);
    const auto fp = static_cast<double>(counts.false_positives);
    const auto fn = static_cast<double>(counts.false_negatives);
    return divide("f_beta", (1 + square) * tp, (1 + square) * tp + square * fn + fp, zero_division);
}

double f1(const BinaryCounts& counts, double zero_division) { return f_beta(counts, 1, zero_division); }

double accuracy(const BinaryCounts& counts) {
    check(counts.total() > 0, "accuracy", "expected counts of at least one sample, got none");
    return static_cast<double>(counts.true_positives + counts.true_negatives) / static_cast<double>(counts.total());
}

double balanced_accuracy(const BinaryCounts& counts) {
    check(counts.total() > 0, "balanced_accuracy", "expected counts of at least one sample, got none");
    if (counts.negatives() == 0) return recall(counts);
    const double specificity = static_cast<double>(counts.true_negatives) / static_cast<double>(counts.negatives());
    return counts.positives() == 0 ? specificity : (recall(counts) + specificity) / 2;
}

double mcc(const BinaryCounts& counts) {
    const auto square_root = [](std::int64_t n) { return std::sqrt(static_cast<double>(n)); };
    const auto product = [](std::int64_t a, std::int64_t b) { return static_cast<double>(a) * static_cast<double>(b); };
    // Square roots first: the product of the four sums may leave the range in which doubles are exact, or overflow.
    const double scale = square_root(counts.positives()) * square_root(counts.called_positive()) *
                         square_root(counts.negatives()) * square_root(counts.true_negatives + counts.false_negatives);
    if (scale == 0) return 0;
    return (product(counts.true_positives, counts.true_negatives) -
            product(counts.false_positives, counts.false_negatives)) /
           scale;
}

}  // namespace cyclone::metrics
