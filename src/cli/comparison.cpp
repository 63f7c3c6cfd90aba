// The data of a comparison, and what is told of its runs.

#include "cli/comparison.h"

#include <cyclone/cyclone.h>

#include <algorithm>
#include <fstream>
#include <iostream>

#include "cli/patches.h"
#include "cli/published.h"

namespace cyclone::cli {
namespace {

constexpr double kTrainedOn = 0.8;  // of the training images, when thresholds are tuned on the rest

void print_tables(const CompareSettings& s, const std::vector<analysis::ScheduleSummary>& summaries,
                  const std::vector<report::TextTable>& tables, const std::vector<std::string>& conclusion,
                  std::span<const std::int64_t> labels) {
    report::print_table(std::cout, summaries);
    std::cout << '\n';
    report::print_budget(std::cout, summaries, s.target_auc);
    std::cout << '\n';
    report::print_tables(std::cout, tables);
    std::cout << '\n';
    for (const std::string& sentence : conclusion) std::cout << sentence << '\n';
    const auto positives = static_cast<double>(std::count(labels.begin(), labels.end(), 1));
    if (s.preset.rfind("study", 0) == 0) std::cout << '\n';
    print_published(std::cout, s.preset, summaries, 100 * positives / static_cast<double>(labels.size()));
}

}  // namespace

ComparisonData load_comparison_data(const CompareSettings& s) {
    data::Splits all = load_patches({.data = s.data,
                                     .positives = s.positives,
                                     .negatives = s.negatives,
                                     .difficulty = s.difficulty,
                                     .data_seed = s.data_seed,
                                     .positive_class = s.positive_class.value_or(-1),
                                     .imbalance = s.imbalance,
                                     .memory_limit = s.memory_limit_bytes()});
    if (s.threshold == "none") return {std::move(all.train), std::move(*all.test)};
    data::Splits parts = all.train.split(kTrainedOn, s.data_seed);
    all.train = std::move(parts.train);
    all.standardize();
    return {std::move(all.train), std::move(*all.test), std::move(parts.test)};
}

void check_target(const CompareSettings& s) {
    check<UsageError>(!s.target_auc || s.evaluate_every > 0, "--target-auc", "the runs in ", s.out,
                      " have no AUC curves (hint: --evaluate-every in a new folder)");
}

void report_comparison(const CompareSettings& s, const lab::RunFolder& folder, const lab::ComparisonRecord& record,
                       const std::vector<lab::Run>& runs, std::span<const std::int64_t> labels,
                       const data::Dataset* images) {
    const auto summaries = analysis::summarize(runs, s.target_auc);
    const auto statistics = analysis::compute_statistics(runs, labels, {.baseline = s.baseline});
    const auto conclusion = analysis::conclusion(summaries, statistics);
    std::vector<analysis::ProbabilitySummary> probabilities;
    if (record.balances != std::vector<std::string>{lab::kNoBalance})
        probabilities = analysis::summarize_probabilities(runs, labels);
    const auto thresholds = analysis::summarize_thresholds(runs, labels);
    auto tables = report::threshold_tables(thresholds, s.threshold);
    for (const auto& more : {report::probability_tables(probabilities), report::statistics_tables(statistics)})
        tables.insert(tables.end(), more.begin(), more.end());
    folder.write_curves(runs);
    analysis::write_result(folder.path() / "result.json", record, runs, summaries, statistics, conclusion,
                           probabilities, thresholds);

    report::plot_curves(folder.path() / "curves.svg", runs);
    report::plot_auc(folder.path() / "auc.svg", runs);
    report::write_report(folder.path() / "report.html", {.record = record,
                                                         .runs = runs,
                                                         .summaries = summaries,
                                                         .conclusion = conclusion,
                                                         .labels = labels,
                                                         .statistics = tables,
                                                         .target_auc = s.target_auc,
                                                         .images = images});
    if (s.json) {
        std::cout << std::ifstream(folder.path() / "result.json").rdbuf();
        return;
    }
    print_tables(s, summaries, tables, conclusion, labels);
    if (s.quiet) return;
    std::cout << "\nreport.html, runs, histories, result.json and pictures are in " << folder.path().string() << '\n';
}

}  // namespace cyclone::cli
