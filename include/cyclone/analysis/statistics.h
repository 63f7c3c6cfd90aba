#pragma once
// Noise or effect: every configuration of a comparison (a schedule, perhaps with a rebalancing method) against another
// one, its baseline. Two sources of uncertainty are reported separately throughout:
//   training runs: another seed would have given another model (paired differences over the seeds);
//   test set:      another test set of this size would have given other values (DeLong, stratified bootstrap).

#include <cyclone/lab/run.h>
#include <cyclone/metrics/bootstrap.h>
#include <cyclone/metrics/statistics.h>
#include <cyclone/metrics/uncertainty.h>

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace cyclone::analysis {

/// What is compared with what, and how surely.
struct StatisticsOptions {
    /// Configuration, or schedule, that all others are compared with. Empty: a configuration with rebalancing is
    /// compared with the same schedule without (with its first method when there is none without), and those without
    /// with constant:mean (the triangular cycle's budget) if it is among the runs, else with the first schedule.
    std::string baseline;
    double level = 0.95;                       ///< confidence of all intervals; tests are at 1 - level
    metrics::BootstrapOptions bootstrap = {};  ///< its level is replaced by the one above
};

/// Of one metric, configuration minus baseline, over the seeds that both finished.
struct RunDifference {
    metrics::PairedDifference paired;      ///< Student's t
    metrics::BootstrapInterval bootstrap;  ///< of the mean difference
    double p_holm = 0;                     ///< paired.p_value corrected for the number of differences
};

/// The rule behind the verdicts, on AUC and with p-values corrected by Holm over all differences, at 1 - level:
///   unknown        fewer than two seeds that both finished, or an AUC that is undefined;
///   no_difference  the paired t test over the seeds is not significant, whatever the test set says;
///   ahead, behind  the t test is significant, DeLong's test of the mean AUCs is not: true of this test set, which is
///                  too small to say the same of others;
///   better, worse  both are significant and point the same way.
enum class Verdict { unknown, no_difference, ahead, behind, better, worse };

/// "better", "no difference shown", ...
std::string_view name_of(Verdict verdict);

/// One configuration against its baseline.
struct BaselineDifference {
    std::string schedule;              ///< Run::configuration()
    std::string baseline;              ///< Run::configuration() of what it is compared with
    std::vector<std::uint64_t> seeds;  ///< that both finished
    RunDifference auc;                 ///< over those seeds
    RunDifference average_precision;   ///< over those seeds
    RunDifference f1;                  ///< over those seeds
    /// Of the mean AUCs over those seeds, the models taken as given; NaN without seeds.
    metrics::AucDifference test_set;
    double test_set_p_holm = 0;          ///< test_set.p_value corrected for the number of differences
    Verdict verdict = Verdict::unknown;  ///< see there
};

/// The uncertainty of a configuration's means over its finished seeds that comes from the size of the test set.
struct TestSetInterval {
    std::string schedule;                          ///< Run::configuration()
    metrics::AucInterval auc;                      ///< DeLong
    metrics::BootstrapInterval average_precision;  ///< stratified bootstrap
    metrics::BootstrapInterval f1;                 ///< stratified bootstrap
};

/// Of all configurations of a comparison.
struct Statistics {
    std::string baseline;  ///< of those without rebalancing; empty when there is nothing to compare
    double level = 0.95;   ///< confidence of all intervals
    std::vector<BaselineDifference> differences;  ///< all other configurations, in the order of the runs
    std::vector<TestSetInterval> test_set;        ///< all configurations with a finished run
};

/// `labels` are those of the test set, in the order of Run::test_probability. Runs without probabilities, and
/// labels of one class, give NaN where a test set is needed. UsageError for a baseline that is not among the runs;
/// Error when a run's probabilities and the labels differ in number.
Statistics compute_statistics(const std::vector<lab::Run>& runs, std::span<const std::int64_t> labels,
                              const StatisticsOptions& options = {});

}  // namespace cyclone::analysis
