// Counts and averages over classes.

#include <cyclone/metrics/multiclass.h>

#include <cyclone/metrics/ranking.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "metrics/checks.h"

namespace cyclone::metrics {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

void check_class_count(std::string_view where, std::int64_t classes) {
    check(classes >= 2, where, "expected at least 2 classes, got ", classes);
}

void check_score_rows(std::string_view where, std::span<const std::int64_t> labels, std::span<const double> scores,
                      std::int64_t classes) {
    check_class_count(where, classes);
    check(!labels.empty(), where, "expected at least one label, got none");
    const auto width = static_cast<std::size_t>(classes);
    check(scores.size() % width == 0 && scores.size() / width == labels.size(), where, "expected ", labels.size(),
          " x ", classes, " scores, got ", scores.size());
    check_classes(where, labels, classes);
    check_finite(where, scores);
}

BinaryCounts sum_of_counts(const ConfusionMatrix& matrix) {
    BinaryCounts sum;
    for (std::int64_t c = 0; c < matrix.classes(); ++c) {
        const auto counts = matrix.one_vs_rest(c);
        sum.true_positives += counts.true_positives;
        sum.false_positives += counts.false_positives;
        sum.false_negatives += counts.false_negatives;
        sum.true_negatives += counts.true_negatives;
    }
    return sum;
}

/// The average of metric(counts of class c against the rest); NaN values are left out.
template <class Metric>
double averaged(const ConfusionMatrix& matrix, Average average, Metric metric) {
    if (average == Average::micro) return metric(sum_of_counts(matrix));
    double sum = 0, weights = 0, plain_sum = 0, defined = 0;
    for (std::int64_t c = 0; c < matrix.classes(); ++c) {
        const auto counts = matrix.one_vs_rest(c);
        const double value = metric(counts);
        if (std::isnan(value)) continue;
        const double weight = average == Average::macro ? 1 : static_cast<double>(counts.positives());
        sum += weight * value;
        weights += weight;
        plain_sum += value;
        defined += 1;
    }
    if (weights > 0) return sum / weights;
    return defined > 0 ? plain_sum / defined : nan;  // only classes without labels are defined
}

/// metric(is it class c, score of class c) for each class c.
template <class Metric>
std::vector<double> one_vs_rest(std::string_view where, std::span<const std::int64_t> labels,
                                std::span<const double> scores, std::int64_t classes, Metric metric) {
    check_score_rows(where, labels, scores, classes);
    std::vector<double> result;
    std::vector<std::int64_t> is_class(labels.size());
    std::vector<double> score(labels.size());
    for (std::int64_t c = 0; c < classes; ++c) {
        for (std::size_t i = 0; i < labels.size(); ++i) {
            is_class[i] = labels[i] == c;
            score[i] = scores[i * static_cast<std::size_t>(classes) + static_cast<std::size_t>(c)];
        }
        result.push_back(metric(is_class, score));
    }
    return result;
}

}  // namespace

std::vector<std::int64_t> predicted_classes(std::span<const double> scores, std::int64_t classes) {
    check_class_count("predicted_classes", classes);
    const auto width = static_cast<std::size_t>(classes);
    check(scores.size() % width == 0, "predicted_classes", "expected ", classes, " scores per sample, got ",
          scores.size(), " in all");
    check_finite("predicted_classes", scores);
    std::vector<std::int64_t> result;
    for (std::size_t row = 0; row < scores.size(); row += width) {
        const auto sample = scores.subspan(row, width);
        result.push_back(std::max_element(sample.begin(), sample.end()) - sample.begin());
    }
    return result;
}

ConfusionMatrix::ConfusionMatrix(std::span<const std::int64_t> labels, std::span<const std::int64_t> predictions,
                                 std::int64_t classes)
    : classes_(classes), total_(static_cast<std::int64_t>(labels.size())) {
    constexpr auto where = "ConfusionMatrix";
    check_class_count(where, classes);
    check_lengths(where, labels.size(), predictions.size(), "predictions");
    check_classes(where, labels, classes);
    check_classes(where, predictions, classes, "prediction");
    counts_.resize(static_cast<std::size_t>(classes) * static_cast<std::size_t>(classes));
    for (std::size_t i = 0; i < labels.size(); ++i)
        counts_[static_cast<std::size_t>(labels[i] * classes + predictions[i])] += 1;
}

ConfusionMatrix::ConfusionMatrix(std::vector<std::int64_t> counts, std::int64_t classes)
    : classes_(classes),
      total_(std::accumulate(counts.begin(), counts.end(), std::int64_t{0})),
      counts_(std::move(counts)) {
    check_class_count("ConfusionMatrix", classes);
    const auto cells = static_cast<std::size_t>(classes) * static_cast<std::size_t>(classes);
    check(counts_.size() == cells, "ConfusionMatrix", "expected ", cells, " counts for ", classes, " classes, got ",
          counts_.size());
    check(total_ > 0 && std::all_of(counts_.begin(), counts_.end(), [](std::int64_t n) { return n >= 0; }),
          "ConfusionMatrix", "expected counts >= 0 and not all 0");
}

std::int64_t ConfusionMatrix::operator()(std::int64_t label, std::int64_t prediction) const {
    check(label >= 0 && label < classes_ && prediction >= 0 && prediction < classes_, "ConfusionMatrix",
          "expected classes from 0 to ", classes_ - 1, ", got (", label, ", ", prediction, ")");
    return counts_[static_cast<std::size_t>(label * classes_ + prediction)];
}

BinaryCounts ConfusionMatrix::one_vs_rest(std::int64_t c) const {
    BinaryCounts counts;
    counts.true_positives = (*this)(c, c);
    for (std::int64_t other = 0; other < classes_; ++other) {
        if (other == c) continue;
        counts.false_negatives += (*this)(c, other);
        counts.false_positives += (*this)(other, c);
    }
    counts.true_negatives = total_ - counts.true_positives - counts.false_negatives - counts.false_positives;
    return counts;
}

double precision(const ConfusionMatrix& matrix, Average average, double zero_division) {
    return averaged(matrix, average, [&](const BinaryCounts& counts) { return precision(counts, zero_division); });
}

double recall(const ConfusionMatrix& matrix, Average average, double zero_division) {
    return averaged(matrix, average, [&](const BinaryCounts& counts) { return recall(counts, zero_division); });
}

double f_beta(const ConfusionMatrix& matrix, double beta, Average average, double zero_division) {
    return averaged(matrix, average, [&](const BinaryCounts& counts) { return f_beta(counts, beta, zero_division); });
}

double f1(const ConfusionMatrix& matrix, Average average, double zero_division) {
    return f_beta(matrix, 1, average, zero_division);
}

double accuracy(const ConfusionMatrix& matrix) {
    std::int64_t right = 0;
    for (std::int64_t c = 0; c < matrix.classes(); ++c) right += matrix(c, c);
    return static_cast<double>(right) / static_cast<double>(matrix.total());
}

double balanced_accuracy(const ConfusionMatrix& matrix) { return recall(matrix, Average::macro, nan); }

double mcc(const ConfusionMatrix& matrix) {
    // Covariances of the one-hot labels and predictions, summed over the classes; for one class the first is
    // tp n - (tp + fn)(tp + fp) = tp tn - fp fn.
    double covariance = 0, labels = 0, predictions = 0;
    const auto product = [](std::int64_t a, std::int64_t b) { return static_cast<double>(a) * static_cast<double>(b); };
    for (std::int64_t c = 0; c < matrix.classes(); ++c) {
        const auto counts = matrix.one_vs_rest(c);
        covariance += product(counts.true_positives, counts.true_negatives) -
                      product(counts.false_positives, counts.false_negatives);
        labels += product(counts.positives(), counts.negatives());
        predictions += product(counts.called_positive(), counts.true_negatives + counts.false_negatives);
    }
    return labels == 0 || predictions == 0 ? 0 : covariance / std::sqrt(labels) / std::sqrt(predictions);
}

std::vector<double> roc_auc_one_vs_rest(std::span<const std::int64_t> labels, std::span<const double> scores,
                                        std::int64_t classes) {
    return one_vs_rest("roc_auc_one_vs_rest", labels, scores, classes, roc_auc);
}

std::vector<double> average_precision_one_vs_rest(std::span<const std::int64_t> labels, std::span<const double> scores,
                                                  std::int64_t classes) {
    return one_vs_rest("average_precision_one_vs_rest", labels, scores, classes,
                       [](std::span<const std::int64_t> is_class, std::span<const double> score) {
                           const bool occurs = std::find(is_class.begin(), is_class.end(), 1) != is_class.end();
                           return occurs ? average_precision(is_class, score) : nan;
                       });
}

double roc_auc_one_vs_rest(std::span<const std::int64_t> labels, std::span<const double> scores, std::int64_t classes,
                           Average average) {
    check_score_rows("roc_auc_one_vs_rest", labels, scores, classes);
    const auto width = static_cast<std::size_t>(classes);
    if (average == Average::micro) {
        std::vector<std::int64_t> is_class(scores.size());
        for (std::size_t i = 0; i < labels.size(); ++i) is_class[i * width + static_cast<std::size_t>(labels[i])] = 1;
        return roc_auc(is_class, scores);
    }
    const auto of_class = roc_auc_one_vs_rest(labels, scores, classes);
    std::vector<double> weight(width, average == Average::macro ? 1.0 : 0.0);
    if (average == Average::weighted)
        for (const auto label : labels) weight[static_cast<std::size_t>(label)] += 1;
    double sum = 0, weights = 0;
    for (std::size_t c = 0; c < width; ++c) {
        if (weight[c] == 0) continue;  // a class without images, whose AUC is NaN
        sum += weight[c] * of_class[c];
        weights += weight[c];
    }
    return sum / weights;
}

double multiclass_log_loss(std::span<const std::int64_t> labels, std::span<const double> probabilities,
                           std::int64_t classes, double eps) {
    check_score_rows("multiclass_log_loss", labels, probabilities, classes);
    check_probabilities("multiclass_log_loss", probabilities);
    check(eps > 0 && eps < 0.5, "multiclass_log_loss", "expected eps between 0 and 0.5, got ", eps);
    double sum = 0;
    for (std::size_t i = 0; i < labels.size(); ++i) {
        const auto row = i * static_cast<std::size_t>(classes);
        sum -= std::log(std::clamp(probabilities[row + static_cast<std::size_t>(labels[i])], eps, 1 - eps));
    }
    return sum / static_cast<double>(labels.size());
}

}  // namespace cyclone::metrics
