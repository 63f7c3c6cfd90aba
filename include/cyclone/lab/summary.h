#pragma once
// What the runs say together: mean and SD over the seeds, a table, and a conclusion that the numbers bear out.

#include <cyclone/lab/comparison.h>
#include <cyclone/metrics/statistics.h>

#include <iosfwd>
#include <string>
#include <vector>

namespace cyclone::lab {

/// One metric over the finished runs of a schedule, in the order of the seeds.
struct Spread {
    std::vector<double> runs;
    metrics::MeanSd value;  ///< NaN without runs; its sd is NaN for a single run
};

struct ScheduleSummary {
    std::string name;
    std::vector<std::uint64_t> seeds;  ///< of the finished runs
    int diverged = 0, stopped = 0;
    std::uint64_t updates = 0;
    double sum_lr = 0, mean_lr = 0;
    Spread train_loss, seconds, images_per_second;
    Spread auc, average_precision, precision, recall, f1;
};

/// One summary a schedule, in the order of the runs.
std::vector<ScheduleSummary> summarize(const std::vector<Run>& runs);

/// The table for people: a line a schedule, metrics as mean +- SD.
void print_table(std::ostream& out, const std::vector<ScheduleSummary>& summaries);

/// Sentences by a fixed rule. Two schedules differ when the 95 % t interval of the paired AUC differences over the
/// seeds they share leaves out 0; everything else is called noise; with fewer than two shared seeds nothing is
/// concluded.
std::vector<std::string> conclusion(const std::vector<ScheduleSummary>& summaries);

}  // namespace cyclone::lab
