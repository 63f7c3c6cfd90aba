#pragma once
// The table of metrics. Everything that lists metrics (reports, history.csv, checkpoints, JSON, --monitor, glossaries)
// loops over it, so a metric is one function and one row:
//
//     metrics::table().add({.name = "cost", .label = "cost", .title = "cost of the errors",
//                           .description = "Ten per missed positive and one per false alarm.",
//                           .higher_is_better = false, .uses_threshold = true,
//                           .value = [](const metrics::MetricInput& in) {
//                               return 10.0 * in.counts.false_negatives + in.counts.false_positives;
//                           }});

#include <cyclone/base/registry.h>
#include <cyclone/metrics/classification.h>
#include <cyclone/metrics/multiclass.h>
#include <cyclone/metrics/predictions.h>

#include <cstddef>
#include <functional>
#include <list>
#include <string>
#include <string_view>
#include <vector>

namespace cyclone::metrics {

/// What a metric is computed from: predictions, and what several metrics need of them.
struct MetricInput {
    /// `threshold` is used for two classes: class 1 where its probability is above. `predictions` must outlive this.
    explicit MetricInput(const Predictions& predictions, double threshold = 0.5);
    explicit MetricInput(Predictions&&, double threshold = 0.5) = delete;

    const Predictions& predictions;  ///< labels and probabilities
    double threshold;                ///< of two classes
    std::int64_t classes;            ///< at least 2
    std::vector<double> positive;    ///< probability of class 1, of two classes; empty for more
    /// Decisions: of two classes those at the threshold, otherwise the class of the highest probability.
    ConfusionMatrix confusion;
    BinaryCounts counts;  ///< of class 1 against the rest

    /// Whether there are two classes.
    bool binary() const { return classes == 2; }
    /// The labels of `predictions`.
    const std::vector<std::int64_t>& labels() const { return predictions.labels; }
};

struct Metric;

/// The values of all metrics for one set of predictions. Those of the library have a field; those that a program added
/// are read by the metric or its name.
///
/// For more than two classes, precision, recall, F1, AUC, average precision and the Brier score are macro averages of
/// each class against the rest, the calibration error is that of the chosen class, and the others are as in
/// multiclass.h.
struct MetricValues {
    double auc = 0;                  ///< NaN when a class is missing
    double average_precision = 0;    ///< 0 without positives
    double precision = 0;            ///< of the decisions
    double recall = 0;               ///< of the decisions
    double f1 = 0;                   ///< of the decisions
    double accuracy = 0;             ///< of the decisions
    double balanced_accuracy = 0;    ///< of the decisions
    double mcc = 0;                  ///< Matthews' correlation of the decisions
    double brier = 0;                ///< Brier score
    double log_loss = 0;             ///< in nats
    double ece = 0;                  ///< expected_calibration_error, 15 bins of equal width
    std::vector<double> added = {};  ///< see Metric::place

    /// NaN for an added metric that was not known when the scores were computed.
    double operator[](const Metric& metric) const;
    double operator[](std::string_view name) const;  ///< UsageError for an unknown name
    /// Sets the value that operator[] returns.
    void set(const Metric& metric, double value);
};

/// A row of the table.
struct Metric {
    std::string name;                                 ///< in files and options: a-z, 0-9 and '_', "average_precision"
    std::string label;                                ///< heads a column: "AP"
    std::string title;                                ///< names a line: "average precision"
    std::string description;                          ///< what it says, in one or two sentences
    bool higher_is_better = true;                     ///< the direction that monitors and tables use
    bool uses_threshold = false;                      ///< depends on decisions, not on probabilities alone
    int digits = 4;                                   ///< decimals of a single value in tables
    int mean_digits = 3;                              ///< decimals of a mean and its standard deviation
    std::function<double(const MetricInput&)> value;  ///< computes it
    /// For two classes: false where the value is a convention and people are shown "n/a". Empty: always defined.
    std::function<bool(const BinaryCounts&)> defined = {};
    double MetricValues::*field = nullptr;  ///< of the library's metrics
    std::size_t place = 0;                  ///< in MetricValues::added, of the others; given by MetricTable::add()
};

/// Rows may be added before threads start; reading is safe from any thread. Rows keep their addresses.
class MetricTable {
public:
    /// A table of these rows; errors as add().
    MetricTable(std::initializer_list<Metric> rows);

    /// Error when the name is taken or malformed, or a text or the function is missing.
    void add(Metric metric);

    /// The first row.
    auto begin() const { return rows_.begin(); }
    /// The end of the rows.
    auto end() const { return rows_.end(); }
    /// nullptr for an unknown name.
    const Metric* find(std::string_view name) const;
    /// UsageError for an unknown name, with the nearest known one.
    const Metric& at(std::string_view name) const;
    /// Names and descriptions, in the order of the rows.
    std::vector<NamedItem> names() const;

private:
    std::list<Metric> rows_;
    std::size_t added_ = 0;
};

/// auc, average_precision, precision, recall, f1, accuracy, balanced_accuracy, mcc, brier, log_loss, ece; then those
/// that the program added.
MetricTable& table();

/// Computes every metric of the table. Errors: labels outside 0 ... classes - 1, fewer than two classes, values that
/// are no probabilities.
MetricValues evaluate(const MetricInput& input);

}  // namespace cyclone::metrics
