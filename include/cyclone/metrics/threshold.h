#pragma once
// The threshold above which a sample is called positive, tuned on a validation split: 0.5 is seldom the best one
// for unbalanced classes, and never after training with weights or samplers.

#include <cyclone/base/registry.h>
#include <cyclone/metrics/report.h>

#include <cstdint>
#include <functional>
#include <iosfwd>
#include <optional>
#include <span>
#include <string>

namespace cyclone::metrics {

/// What a threshold is chosen for: the largest value wins; NaN excludes a threshold.
struct ThresholdGoal {
    std::string name;                                  ///< for people: "f1"
    std::function<double(const BinaryCounts&)> value;  ///< of a threshold with these counts
};

namespace goal {

ThresholdGoal f1();                 ///< excluded without positives
ThresholdGoal mcc();                ///< excluded when a class is missing among the labels
ThresholdGoal balanced_accuracy();  ///< likewise; the best point in the sense of Youden's J
/// -(cost of the false positives and the false negatives) / samples. Error when a cost is negative or not finite.
ThresholdGoal least_cost(double false_positive, double false_negative);
/// The recall, excluding a precision below `precision` and thresholds that call nothing positive. Error when it is
/// outside [0, 1].
ThresholdGoal recall_at_precision(double precision);

}  // namespace goal

/// What tune_threshold() found.
struct TunedThreshold {
    double threshold = 0;  ///< a sample is called positive where score > threshold, as in binary_counts()
    double value = 0;      ///< of the goal, there
    BinaryCounts counts;   ///< there
};

/// The threshold with the largest value among all that give different counts; of equal ones the highest. It lies
/// halfway between two scores. Where nothing should be called positive it is 1 or the highest score, if that is larger;
/// where everything should, it is -1, or lower if there are negative scores. Empty when the goal excludes all: no
/// threshold reaches the precision, or it is not defined for these labels. Arguments and errors as roc_auc.
std::optional<TunedThreshold> tune_threshold(std::span<const std::int64_t> labels, std::span<const double> scores,
                                             const ThresholdGoal& goal);

/// "f1", "mcc", "balanced-accuracy", "cost:FP:FN", "recall-at-precision:P", and what a program adds.
Registry<ThresholdGoal(Arguments&)>& threshold_goals();

/// Prints what depends on the threshold (precision, recall, F1, ... and the counts) with one column per report, for the
/// results at 0.5 and tuned side by side.
void print_side_by_side(std::ostream& out, std::span<const BinaryReport> reports);

}  // namespace cyclone::metrics
