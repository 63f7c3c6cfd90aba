#pragma once
// What the runs say together: mean and SD over the seeds, a table, and a conclusion that the numbers bear out.

#include <cyclone/lab/comparison.h>
#include <cyclone/lab/statistics.h>
#include <cyclone/metrics/statistics.h>

#include <iosfwd>
#include <optional>
#include <string>
#include <vector>

namespace cyclone::lab {

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
    std::string name;                  ///< Run::row()
    std::string schedule, balance;     ///< as in Run
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
std::optional<AucPoint> first_reaching(const Run& run, double target);

/// One summary a row of the table (a schedule, perhaps with a remedy), in the order of the runs.
std::vector<ScheduleSummary> summarize(const std::vector<Run>& runs, std::optional<double> target_auc = std::nullopt);

/// The table for people: a line a schedule, metrics as mean +- SD over the seeds (the doubt from training runs). A
/// column with the number of runs appears when some did not finish.
void print_table(std::ostream& out, const std::vector<ScheduleSummary>& summaries);

/// What each schedule had to spend: runs, updates, rates, wall time; and with a target what it took to get there.
void print_budget(std::ostream& out, const std::vector<ScheduleSummary>& summaries,
                  std::optional<double> target_auc = std::nullopt);

/// Sentences by fixed rules: the highest mean AUC, the verdicts of `statistics` (see Verdict), schedules whose budget
/// is a thousand times below another's, and diverged runs. One seed gives no conclusion about differences.
std::vector<std::string> conclusion(const std::vector<ScheduleSummary>& summaries, const Statistics& statistics = {});

}  // namespace cyclone::lab
