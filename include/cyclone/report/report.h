#pragma once
// report.html: a comparison as one page that opens without network or scripts, prints, and can be taught from.

#include <cyclone/data/dataset.h>
#include <cyclone/lab/comparison.h>
#include <cyclone/lab/run_folder.h>
#include <cyclone/report/tables.h>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace cyclone::report {

struct ReportInput {
    const lab::ComparisonRecord& record;
    const std::vector<lab::Run>& runs;
    const std::vector<analysis::ScheduleSummary>& summaries;
    const std::vector<std::string>& conclusion;
    std::span<const std::int64_t> labels;  ///< of the test set, in the order of lab::Run::test_probability
    std::vector<TextTable> statistics = {};
    std::optional<double> target_auc = std::nullopt;  ///< that the summaries were made with
    const data::Dataset* images = nullptr;            ///< the test set; without it the page shows no patches
    std::string title = "Fixed against cyclical learning rates";
};

/// Writes the page; the file appears whole or not at all. Runs that did not finish, and finished ones whose curves or
/// probabilities are not known, are left out of the pictures that need them. Every text is escaped and an undefined
/// metric is "n/a".
/// Errors: the file cannot be written; a run has another number of probabilities than there are test images.
void write_report(const std::filesystem::path& path, const ReportInput& input);

}  // namespace cyclone::report
