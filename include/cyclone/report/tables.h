#pragma once
// The results of a comparison as tables, for the screen and the page.

#include <cyclone/analysis/probabilities.h>
#include <cyclone/analysis/statistics.h>
#include <cyclone/analysis/summary.h>
#include <cyclone/analysis/thresholds.h>

#include <iosfwd>
#include <optional>
#include <string>
#include <vector>

namespace cyclone::report {

/// A table for people; the first column is set flush left, the others flush right.
struct TextTable {
    std::string title;
    std::string note;  ///< how to read it; may be empty
    std::vector<std::string> header;
    std::vector<std::vector<std::string>> rows;
};

/// Differences to the baseline with both doubts, and the test-set intervals; what is empty is left out.
std::vector<TextTable> statistics_tables(const analysis::Statistics& statistics);

/// As text, without the notes.
void print_tables(std::ostream& out, const std::vector<TextTable>& tables);
/// statistics_tables() so.
void print_statistics(std::ostream& out, const analysis::Statistics& statistics);

/// The table for people, for screen and page; none without summaries. `goal` is ThresholdGoal::name.
std::vector<TextTable> threshold_tables(const std::vector<analysis::ThresholdSummary>& summaries,
                                        const std::string& goal);

/// The table for people, for screen and page; without any remedy among the rows there is nothing to tell and none.
std::vector<TextTable> probability_tables(const std::vector<analysis::ProbabilitySummary>& summaries);

/// The table for people: a line a schedule, metrics as mean +- SD over the seeds (the doubt from training runs). A
/// column with the number of runs appears when some did not finish.
void print_table(std::ostream& out, const std::vector<analysis::ScheduleSummary>& summaries);

/// What each schedule had to spend: runs, updates, rates, wall time; and with a target what it took to get there.
void print_budget(std::ostream& out, const std::vector<analysis::ScheduleSummary>& summaries,
                  std::optional<double> target_auc = std::nullopt);

}  // namespace cyclone::report
