// The rows of the table of metrics.

#include <cyclone/metrics/calibration.h>
#include <cyclone/metrics/metric.h>
#include <cyclone/metrics/ranking.h>

#include <algorithm>
#include <limits>

#include "metrics/checks.h"

namespace cyclone::metrics {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

std::vector<std::int64_t> decisions(const Predictions& predictions, double threshold) {
    const std::int64_t classes = predictions.classes();
    if (classes != 2) return predicted_classes(predictions.probabilities, classes);
    check(!std::isnan(threshold), "metrics", "expected a number as threshold, got NaN");
    std::vector<std::int64_t> called;
    called.reserve(predictions.labels.size());
    for (std::size_t i = 1; i < predictions.probabilities.size(); i += 2)
        called.push_back(predictions.probabilities[i] > threshold);
    return called;
}

double auc_of(const MetricInput& in) {
    if (in.binary()) return roc_auc(in.labels(), in.positive);
    return roc_auc_one_vs_rest(in.labels(), in.predictions.probabilities, in.classes, Average::macro);
}

double average_precision_of(const MetricInput& in) {
    if (in.binary()) return average_precision(in.labels(), in.positive);
    double sum = 0;
    for (const double value : average_precision_one_vs_rest(in.labels(), in.predictions.probabilities, in.classes))
        sum += value;
    return sum / static_cast<double>(in.classes);
}

double precision_of(const MetricInput& in) {
    return in.binary() ? precision(in.counts) : precision(in.confusion, Average::macro);
}

double recall_of(const MetricInput& in) {
    return in.binary() ? recall(in.counts) : recall(in.confusion, Average::macro);
}

double f1_of(const MetricInput& in) { return in.binary() ? f1(in.counts) : f1(in.confusion, Average::macro); }

double accuracy_of(const MetricInput& in) { return in.binary() ? accuracy(in.counts) : accuracy(in.confusion); }

double balanced_accuracy_of(const MetricInput& in) {
    return in.binary() ? balanced_accuracy(in.counts) : balanced_accuracy(in.confusion);
}

double mcc_of(const MetricInput& in) { return in.binary() ? mcc(in.counts) : mcc(in.confusion); }

double brier_of(const MetricInput& in) {
    if (in.binary()) return brier_score(in.labels(), in.positive);
    double sum = 0;
    for (std::int64_t c = 0; c < in.classes; ++c)
        sum += brier_score(in.predictions.is_class(c), in.predictions.column(c));
    return sum / static_cast<double>(in.classes);
}

double log_loss_of(const MetricInput& in) {
    if (in.binary()) return log_loss(in.labels(), in.positive);
    return multiclass_log_loss(in.labels(), in.predictions.probabilities, in.classes);
}

// Of more than two classes: whether the chosen class is correct, against its probability (Guo et al. 2017).
double calibration_error_of(const MetricInput& in) {
    if (in.binary()) return expected_calibration_error(in.labels(), in.positive);
    const auto width = static_cast<std::ptrdiff_t>(in.classes);
    std::vector<std::int64_t> correct;
    std::vector<double> confidence;
    auto row = in.predictions.probabilities.begin();
    for (const std::int64_t label : in.labels()) {
        const auto best = std::max_element(row, row + width);
        correct.push_back(best - row == label);
        confidence.push_back(*best);
        row += width;
    }
    return expected_calibration_error(correct, confidence);
}

bool has_positives(const BinaryCounts& counts) { return counts.positives() > 0; }
bool has_called(const BinaryCounts& counts) { return counts.called_positive() > 0; }
bool has_either(const BinaryCounts& counts) { return has_positives(counts) || has_called(counts); }

MetricTable built_in_metrics() {
    return {{.name = "auc",
             .label = "AUC",
             .title = "AUC",
             .description = "Area under the ROC curve: the fraction of pairs of a positive and a negative that are "
                            "ranked correctly. 0.5 is guessing; it does not depend on how rare the positives are.",
             .value = auc_of,
             .field = &MetricValues::auc},
            {.name = "average_precision",
             .label = "AP",
             .title = "average precision",
             .description = "Average precision, the area under the precision-recall curve in steps. Guessing gives "
                            "the fraction of positives.",
             .value = average_precision_of,
             .defined = has_positives,
             .field = &MetricValues::average_precision},
            {.name = "precision",
             .label = "precision",
             .title = "precision",
             .description = "The fraction of positives among those called positive. It depends on how rare the "
                            "positives are.",
             .uses_threshold = true,
             .value = precision_of,
             .defined = has_called,
             .field = &MetricValues::precision},
            {.name = "recall",
             .label = "recall",
             .title = "recall",
             .description = "The fraction of the positives that are called positive.",
             .uses_threshold = true,
             .value = recall_of,
             .defined = has_positives,
             .field = &MetricValues::recall},
            {.name = "f1",
             .label = "F1",
             .title = "F1",
             .description = "The harmonic mean of precision and recall.",
             .uses_threshold = true,
             .value = f1_of,
             .defined = has_either,
             .field = &MetricValues::f1},
            {.name = "accuracy",
             .label = "accuracy",
             .title = "accuracy",
             .description = "The fraction of correct decisions. It is high for a model that never finds a rare class.",
             .uses_threshold = true,
             .value = accuracy_of,
             .field = &MetricValues::accuracy},
            {.name = "balanced_accuracy",
             .label = "balanced accuracy",
             .title = "balanced accuracy",
             .description = "The mean recall of the classes. A constant answer gets one over the number of classes.",
             .uses_threshold = true,
             .value = balanced_accuracy_of,
             .field = &MetricValues::balanced_accuracy},
            {.name = "mcc",
             .label = "MCC",
             .title = "MCC",
             .description = "Matthews' correlation of label and decision, from -1 to 1; 0 is guessing.",
             .uses_threshold = true,
             .value = mcc_of,
             .field = &MetricValues::mcc},
            {.name = "brier",
             .label = "Brier",
             .title = "Brier score",
             .description = "The mean squared distance of the probabilities from the labels.",
             .higher_is_better = false,
             .mean_digits = 4,
             .value = brier_of,
             .field = &MetricValues::brier},
            {.name = "log_loss",
             .label = "log loss",
             .title = "log loss",
             .description = "The mean of -log(probability of the true class), in nats.",
             .higher_is_better = false,
             .mean_digits = 4,
             .value = log_loss_of,
             .field = &MetricValues::log_loss},
            {.name = "ece",
             .label = "ECE",
             .title = "calibration error",
             .description = "Expected calibration error: the mean distance of the reliability plot from its diagonal.",
             .higher_is_better = false,
             .mean_digits = 4,
             .value = calibration_error_of,
             .field = &MetricValues::ece}};
}

}  // namespace

MetricInput::MetricInput(const Predictions& p, double t)
    : predictions(p),
      threshold(t),
      classes(p.classes()),
      confusion(p.labels, decisions(p, t), p.classes()),
      counts(confusion.one_vs_rest(1)) {
    if (binary()) positive = p.positive();
}

double MetricValues::operator[](const Metric& metric) const {
    if (metric.field) return this->*metric.field;
    return metric.place < added.size() ? added[metric.place] : kNaN;
}

double MetricValues::operator[](std::string_view name) const { return (*this)[table().at(name)]; }

void MetricValues::set(const Metric& metric, double value) {
    if (metric.field) {
        this->*metric.field = value;
        return;
    }
    if (added.size() <= metric.place) added.resize(metric.place + 1, kNaN);
    added[metric.place] = value;
}

MetricTable::MetricTable(std::initializer_list<Metric> rows) {
    for (const Metric& metric : rows) add(metric);
}

void MetricTable::add(Metric metric) {
    constexpr auto where = "metric";
    const bool plain = metric.name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") == std::string::npos;
    check(plain && !metric.name.empty(), where, "expected a name of a-z, 0-9 and '_', got ", quoted(metric.name));
    check(!find(metric.name), where, "the name ", quoted(metric.name), " is taken");
    check(metric.value != nullptr, where, "expected ", quoted(metric.name), " to have a function that computes it");
    check(!metric.label.empty() && !metric.title.empty() && !metric.description.empty(), where, "expected ",
          quoted(metric.name), " to have a label, a title and a description");
    if (!metric.field) metric.place = added_++;
    rows_.push_back(std::move(metric));
}

const Metric* MetricTable::find(std::string_view name) const {
    const auto row = std::find_if(begin(), end(), [&](const Metric& metric) { return metric.name == name; });
    return row == end() ? nullptr : &*row;
}

const Metric& MetricTable::at(std::string_view name) const {
    if (const Metric* metric = find(name)) return *metric;
    fail_unknown_name("metric", name, names());
}

std::vector<NamedItem> MetricTable::names() const {
    std::vector<NamedItem> items;
    for (const Metric& metric : rows_) items.push_back({metric.name, metric.name, metric.description});
    return items;
}

MetricTable& table() {
    static MetricTable metrics = built_in_metrics();
    return metrics;
}

MetricValues evaluate(const MetricInput& input) {
    MetricValues values;
    for (const Metric& metric : table()) values.set(metric, metric.value(input));
    return values;
}

}  // namespace cyclone::metrics
