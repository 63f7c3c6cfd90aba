#pragma once
// All binary metrics of one model on one test set, computed together and printable as a table.

#include <cyclone/metrics/classification.h>

#include <cstdint>
#include <iosfwd>
#include <span>

namespace cyclone::metrics {

/// Every field equals the function of its name with default options. See there for what is returned where a metric is
/// undefined; the printed table says "n/a" in those places.
struct BinaryReport {
    std::int64_t positives = 0;
    std::int64_t negatives = 0;
    double auc = 0;  ///< roc_auc: NaN when a class is missing
    double average_precision = 0;
    double brier = 0;
    double log_loss = 0;
    double ece = 0;          ///< expected_calibration_error, 15 bins of equal width
    double threshold = 0.5;  ///< the fields below belong to decisions at this threshold
    BinaryCounts counts;
    double precision = 0;
    double recall = 0;
    double f1 = 0;
    double accuracy = 0;
    double balanced_accuracy = 0;
    double mcc = 0;
};

/// Labels of 0 and 1 and for each the probability of class 1; a sample is called positive where p > threshold, so .5
/// is the argmax of a two-class softmax. Errors as in calibration.h.
BinaryReport binary_report(std::span<const std::int64_t> labels, std::span<const double> probabilities,
                           double threshold = 0.5);

/// Prints the report as a table of about a dozen lines, each ended by a newline.
std::ostream& operator<<(std::ostream& out, const BinaryReport& report);

}  // namespace cyclone::metrics
