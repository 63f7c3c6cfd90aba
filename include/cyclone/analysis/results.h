#pragma once
// Results: everything that a comparison says, as one value. result.json is this value; tables, pictures and pages are
// drawn from it.
//
//     const auto runs = lab::compare(train, test, options);
//     const auto results = analysis::analyse(runs, test.labels.values<std::int64_t>());
//     report::print(std::cout, results);
//     report::write("runs/mine", results, {.test = &test});

#include <cyclone/analysis/configuration.h>
#include <cyclone/analysis/probabilities.h>
#include <cyclone/analysis/statistics.h>
#include <cyclone/analysis/thresholds.h>
#include <cyclone/lab/record.h>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace cyclone::analysis {

/// The results of a comparison.
struct Results {
    lab::ComparisonRecord record = {};                   ///< what was asked for; empty texts are left out of pages
    std::vector<lab::Provenance> provenance = {};        ///< of the runs, each different one once
    std::vector<Configuration> configurations = {};      ///< in the order of the runs
    std::vector<ProbabilitySummary> probabilities = {};  ///< empty without rebalancing
    std::vector<ThresholdSummary> thresholds = {};       ///< empty unless thresholds were tuned
    std::string threshold_goal = {};                     ///< "f1"
    Statistics statistics = {};                          ///< differences and intervals
    std::string add_seeds = {};                          ///< as in AnalysisOptions
    std::string add_schedules = {};                      ///< as in AnalysisOptions
    std::vector<std::string> conclusion = {};            ///< sentences
    std::optional<double> target_auc = std::nullopt;     ///< of Configuration::updates_to_target
    std::int64_t test_images = 0;                        ///< in the test set
    std::int64_t test_positives = 0;                     ///< of class 1
    std::vector<lab::Run> runs = {};                     ///< without curves and probabilities
};

/// What analyse() cannot know from the runs.
struct AnalysisOptions {
    lab::ComparisonRecord record = {};  ///< for Results::record
    std::string baseline = {};          ///< see StatisticsOptions
    /// Counts what each configuration took to reach it. Without one, where the runs have AUC curves: what the baseline
    /// ends with, less `alike_within`.
    std::optional<double> target_auc = std::nullopt;
    std::string threshold_goal = {};  ///< name of the goal of the tuned thresholds
    double alike_within = 0.005;      ///< see StatisticsOptions
    /// The command that adds runs of more seeds, without " --seeds N", for the conclusion; empty: none is named.
    std::string add_seeds = {};
    /// The command that adds schedules, without " --schedules NAMES", for the page; empty: none is named.
    std::string add_schedules = {};
};

/// `labels` are those of the test set, in the order of Run::test_probability. Errors as in compute_statistics().
Results analyse(const std::vector<lab::Run>& runs, std::span<const std::int64_t> labels,
                const AnalysisOptions& options = {});

/// The text of result.json.
std::string to_json(const Results& results);
/// The file appears whole or not at all.
void write_results(const std::filesystem::path& path, const Results& results);
/// Equal to the results that were written. Errors, naming the file: it cannot be read, is damaged, is of a later
/// version of the format, or of a Cyclone before 0.2, which wrote results that cannot be read back.
Results read_results(const std::filesystem::path& path);

}  // namespace cyclone::analysis
