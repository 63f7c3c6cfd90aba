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
    std::string baseline = {};
    double level = 0.95;                       ///< confidence of all intervals; tests are at 1 - level
    double alike_within = 0.005;               ///< differences of AUC or AP that do not matter, > 0: see Verdict
    metrics::BootstrapOptions bootstrap = {};  ///< its level is replaced by the one above
};

/// What the seeds say of one metric. The interval is the one that holds for all differences of the comparison at once:
/// of m differences each at 1 - (1 - level) / m (Bonferroni; Dunn 1961, J. Am. Stat. Assoc. 56, 52-64), as p is
/// multiplied by m. So p < 1 - level where, and only where, the interval leaves out 0.
///   too_few  fewer than three seeds that both finished, or a metric that is undefined: no verdict;
///   alike    the interval lies within +-alike_within, also when it leaves out 0 (equivalence by inclusion: Schuirmann
///            1987, J. Pharmacokinet. Biopharm. 15, 657-680; stricter here, with an interval at `level`);
///   differs  the interval leaves out 0;
///   open     neither: so few seeds cannot tell.
enum class Verdict { too_few, alike, differs, open };

/// "too few seeds", "alike", "differs", "the seeds cannot tell".
std::string_view name_of(Verdict verdict);

/// Seeds below which there is no verdict.
inline constexpr std::size_t kFewestSeeds = 3;

/// Of one metric, configuration minus baseline, over the seeds that both finished.
struct RunDifference {
    metrics::PairedDifference paired = {};      ///< Student's t; its interval and p stand alone
    metrics::BootstrapInterval bootstrap = {};  ///< of the mean difference
    // Set by judge():
    double low = 0;                      ///< the interval for all differences at once
    double high = 0;                     ///< see low
    double p_corrected = 0;              ///< min(1, m p)
    Verdict verdict = Verdict::too_few;  ///< see there
    /// Where the verdict is open: seeds, these included, that would give another one if the mean and the spread of the
    /// differences stayed what they are; 0: more than 100.
    std::int64_t seeds_needed = 0;
};

/// One configuration against its baseline.
struct BaselineDifference {
    std::string schedule = {};              ///< Run::configuration()
    std::string baseline = {};              ///< Run::configuration() of what it is compared with
    std::vector<std::uint64_t> seeds = {};  ///< that both finished
    RunDifference auc = {};                 ///< over those seeds
    RunDifference average_precision = {};   ///< over those seeds
    RunDifference f1 = {};                  ///< over those seeds
    /// Of the mean AUCs over those seeds, the models taken as given; NaN without seeds.
    metrics::AucDifference test_set = {};
    // Set by judge():
    double test_set_low = 0;          ///< DeLong's interval for all differences at once
    double test_set_high = 0;         ///< see test_set_low
    double test_set_p_corrected = 0;  ///< test_set.p_value times the number of differences, at most 1
    /// AUC differs over the seeds, and DeLong's test says the same of other test sets of this size.
    bool beyond_test_set = false;
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
    std::string baseline = {};    ///< of those without rebalancing; empty when there is nothing to compare
    double level = 0.95;          ///< confidence of all intervals
    double alike_within = 0.005;  ///< as in StatisticsOptions
    std::vector<BaselineDifference> differences = {};  ///< all other configurations, in the order of the runs
    std::vector<TestSetInterval> test_set = {};        ///< all configurations with a finished run
};

/// The rule behind the verdicts, in this one place: sets in every difference what it says there. It uses no more than
/// the means, spreads and numbers of seeds.
void judge(Statistics& statistics);

/// "AUC" or another name, and what is said of it: "AUC alike within 0.005 (+0.0012 [-0.0010, +0.0034])".
std::string verdict_text(const std::string& metric, const RunDifference& difference, std::size_t seeds,
                         double alike_within);

/// The same in the fewest words, without the metric: "alike within 0.005", "worse by 0.72".
std::string verdict_phrase(const RunDifference& difference, std::size_t seeds, double alike_within);

/// `labels` are those of the test set, in the order of Run::test_probability. Runs without probabilities, and
/// labels of one class, give NaN where a test set is needed. UsageError for a baseline that is not among the runs;
/// Error when a run's probabilities and the labels differ in number.
Statistics compute_statistics(const std::vector<lab::Run>& runs, std::span<const std::int64_t> labels,
                              const StatisticsOptions& options = {});

}  // namespace cyclone::analysis
