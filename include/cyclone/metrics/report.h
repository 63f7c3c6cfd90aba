#pragma once
// All binary metrics of one model on one test set, computed together and printable as a table.

#include <cyclone/metrics/metric.h>

#include <cstdint>
#include <iosfwd>
#include <span>
#include <string>
#include <vector>

namespace cyclone::metrics {

/// Every metric equals the function of its name with default options. See there for what is returned where a metric is
/// undefined; the printed table says "n/a" in those places.
struct BinaryReport : MetricValues {
    std::int64_t positives = 0;  ///< samples of class 1
    std::int64_t negatives = 0;  ///< samples of class 0
    double threshold = 0.5;      ///< of the decisions that `counts` and Metric::uses_threshold belong to
    BinaryCounts counts;         ///< of the decisions
};

/// Labels of 0 and 1 and for each the probability of class 1; a sample is called positive where p > threshold, so 0.5
/// is the argmax of a two-class softmax. Errors as in calibration.h.
BinaryReport binary_report(std::span<const std::int64_t> labels, std::span<const double> probabilities,
                           double threshold = 0.5);

/// Prints the report as a table of about a dozen lines, each ended by a newline.
std::ostream& operator<<(std::ostream& out, const BinaryReport& report);

/// Prints the matrix with one line per true class; nothing above 20 classes. Classes without a name have their number.
void print(std::ostream& out, const ConfusionMatrix& matrix, const std::vector<std::string>& class_names);

/// `values[metric]` for people: "0.9123", or "n/a" where it is NaN, or by `counts` a convention.
std::string cell(const Metric& metric, const MetricValues& values, const BinaryCounts* counts = nullptr);

}  // namespace cyclone::metrics
