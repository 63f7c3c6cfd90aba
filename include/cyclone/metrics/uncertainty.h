#pragma once
// How sure an AUC is, given one test set of this size: DeLong, DeLong and Clarke-Pearson 1988.
// This says nothing about how much another training run would differ: see paired_difference() in statistics.h for that.

#include <cyclone/base/language.h>

#include <cstdint>
#include <span>
#include <vector>

namespace cyclone::metrics {

/// An AUC with its interval.
struct AucInterval {
    double auc = 0;       ///< the AUC itself
    double variance = 0;  ///< of the AUC
    double low = 0;       ///< auc +- z sqrt(variance), cut to [0, 1]
    double high = 0;      ///< see low
};

/// DeLong's variance of an AUC and the normal interval of confidence `level` (between 0 and 1).
/// All NaN when a class is missing; variance and interval NaN when a class has one sample only. An AUC of exactly 0 or
/// 1 has variance 0 and an interval of no width: it understates the uncertainty. Arguments and errors as roc_auc.
AucInterval auc_interval(std::span<const std::int64_t> labels, std::span<const double> scores, double level = 0.95);

/// The difference of two AUCs on the same samples.
struct AucDifference {
    double auc_a = 0;       ///< of the first model
    double auc_b = 0;       ///< of the second model
    double difference = 0;  ///< auc_a - auc_b
    double variance = 0;    ///< of the difference; the two AUCs share their samples
    double low = 0;         ///< interval of the difference, cut to [-1, 1]
    double high = 0;        ///< see low
    double z = 0;           ///< difference / sqrt(variance)
    double p_value = 0;     ///< two-sided; 1 when the two do not differ at all
};

/// DeLong's test that two models, scored on the same samples, have the same AUC. NaN as in auc_interval.
AucDifference delong_test(std::span<const std::int64_t> labels, std::span<const double> scores_a,
                          std::span<const double> scores_b, double level = 0.95);

/// The scores of several models for the same samples, such as one schedule trained with several seeds.
using ModelScores = std::vector<std::span<const double>>;

/// DeLong's interval for the mean AUC of the models on this test set: their structural components are averaged. One
/// model: the same as auc_interval. Error when there is no model; otherwise as there.
AucInterval mean_auc_interval(std::span<const std::int64_t> labels, const ModelScores& models, double level = 0.95);

/// DeLong's test that two groups of models have the same mean AUC: the models are taken as given, only the test set is
/// a sample. One model each: the same as delong_test. The groups may differ in size.
AucDifference delong_test_of_means(std::span<const std::int64_t> labels, const ModelScores& models_a,
                                   const ModelScores& models_b, double level = 0.95);

}  // namespace cyclone::metrics
