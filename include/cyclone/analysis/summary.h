#pragma once
// What the runs say together: mean and SD over the seeds, a table, and a conclusion that the numbers bear out.

#include <cyclone/analysis/statistics.h>
#include <cyclone/lab/comparison.h>
#include <cyclone/metrics/statistics.h>

#include <optional>
#include <string>
#include <vector>

namespace cyclone::analysis {

/// One metric over the finished runs of a schedule, in the order of the seeds.
struct Spread {
    std::vector<double> runs;
    metrics::MeanSd value;  ///< NaN without runs; its sd is NaN for a single run
};

/// Fills in Spread::value.
void set_mean(Spread& spread);

/// "0.912 +- 0.004"; without SD for one run, "-" for none.
std::string mean_and_sd(const Spread& spread, int digits);

struct ScheduleSummary {
    std::string name;                  ///< lab::Run::row()
    std::string schedule, balance;     ///< as in lab::Run
    std::vector<std::uint64_t> seeds;  ///< of the finished runs
    int diverged = 0, stopped = 0;
    std::uint64_t updates = 0;
    double sum_lr = 0, mean_lr = 0;
    Spread train_loss, seconds, images_per_second;
    Spread auc, average_precision, precision, recall, f1;
    /// With a target AUC, over the finished runs that reached it: at the first point of the AUC curve that is not below
    /// it. `runs` has as many values as runs got there.
    Spread updates_to_target, seconds_to_target;
};

/// The first point of run.auc_curve with an AUC of at least `target`.
std::optional<lab::AucPoint> first_reaching(const lab::Run& run, double target);

/// One summary a row of the table (a schedule, perhaps with a remedy), in the order of the runs.
std::vector<ScheduleSummary> summarize(const std::vector<lab::Run>& runs,
                                       std::optional<double> target_auc = std::nullopt);

/// Sentences by fixed rules: the highest mean AUC, the verdicts of `statistics` (see Verdict), schedules whose budget
/// is a thousand times below another's, and diverged runs. One seed gives no conclusion about differences.
std::vector<std::string> conclusion(const std::vector<ScheduleSummary>& summaries, const Statistics& statistics = {});

}  // namespace cyclone::analysis
