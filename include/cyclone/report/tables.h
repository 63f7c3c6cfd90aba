#pragma once
// The results of a comparison as tables, for screens and pages. Tables that have nothing to show have no rows.

#include <cyclone/analysis/results.h>
#include <cyclone/report/table.h>

#include <iosfwd>
#include <vector>

namespace cyclone::report {

/// Metrics per configuration, mean and standard deviation over the seeds (the uncertainty of the training runs).
Table results_table(const analysis::Results& results);
/// What each configuration spent: runs, updates, learning-rate budget, wall time; with a target what it took to reach
/// it.
Table budget_table(const analysis::Results& results);
/// Decisions at 0.5 and at the tuned thresholds.
Table threshold_table(const analysis::Results& results);
/// Probabilities as trained, and shifted to the training set's prior.
Table probability_table(const analysis::Results& results);
/// AUC differences to the baseline, with both kinds of uncertainty.
Table difference_table(const analysis::Statistics& statistics);
/// The uncertainty of the means that comes from the size of the test set.
Table test_set_table(const analysis::Statistics& statistics);
/// Every run with all its metrics.
Table run_table(const analysis::Results& results);

/// All tables but run_table(), why runs diverged, then the conclusion. Tables as print() of a Table.
void print(std::ostream& out, const analysis::Results& results, std::size_t width = kNoLimit);

}  // namespace cyclone::report
