#pragma once
// What `cyclone compare` and `cyclone report` share: the data of a comparison, and what is told of its runs.

#include <cyclone/analysis/results.h>
#include <cyclone/data/dataset.h>
#include <cyclone/lab/comparison_folder.h>

#include <optional>
#include <span>
#include <vector>

#include "cli/compare_settings.h"

namespace cyclone::cli {

/// Training and test set, and what --threshold keeps out of both; standardised from the training set alone.
struct ComparisonData {
    data::Dataset train, test;
    std::optional<data::Dataset> held_out = std::nullopt;
};
ComparisonData load_comparison_data(const CompareSettings& settings);

/// UsageError if a target is asked for that is no AUC.
void check_target_value(const CompareSettings& settings);

/// UsageError if a target is asked for and the runs have no AUC curves.
void check_target(const CompareSettings& settings);

/// Of the runs in the folder.
analysis::AnalysisOptions analysis_options(const CompareSettings& settings, const lab::ComparisonRecord& record);

/// Tables and conclusion on the screen (or result.json with --json); curves, result.json, pictures and report.html in
/// the folder. `images` is the test set, if it is at hand.
void report_comparison(const CompareSettings& settings, const lab::ComparisonFolder& folder,
                       const lab::ComparisonRecord& record, const std::vector<lab::Run>& runs,
                       std::span<const std::int64_t> labels, const data::Dataset* images);

}  // namespace cyclone::cli
