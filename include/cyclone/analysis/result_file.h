#pragma once
// result.json: the results of a comparison for programs.

#include <cyclone/analysis/probabilities.h>
#include <cyclone/analysis/statistics.h>
#include <cyclone/analysis/summary.h>
#include <cyclone/analysis/thresholds.h>
#include <cyclone/lab/run_folder.h>

#include <filesystem>
#include <string>
#include <vector>

namespace cyclone::analysis {

/// The tables, the statistics, the conclusion and the metrics of every run, without curves and probabilities.
void write_result(const std::filesystem::path& path, const lab::ComparisonRecord& record,
                  const std::vector<lab::Run>& runs, const std::vector<ScheduleSummary>& summaries,
                  const Statistics& statistics, const std::vector<std::string>& conclusion,
                  const std::vector<ProbabilitySummary>& probabilities = {},
                  const std::vector<ThresholdSummary>& thresholds = {});

}  // namespace cyclone::analysis
