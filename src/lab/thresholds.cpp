#include <cyclone/base/error.h>
#include <cyclone/lab/thresholds.h>
#include <cyclone/metrics/report.h>

#include <algorithm>
#include <cmath>

namespace cyclone::lab {
namespace {

constexpr Spread DecisionFigures::*kFigures[] = {&DecisionFigures::precision, &DecisionFigures::recall,
                                                 &DecisionFigures::f1, &DecisionFigures::mcc};

void add(DecisionFigures& figures, const metrics::BinaryReport& report) {
    figures.precision.runs.push_back(report.precision);
    figures.recall.runs.push_back(report.recall);
    figures.f1.runs.push_back(report.f1);
    figures.mcc.runs.push_back(report.mcc);
}

void add(ThresholdSummary& summary, const Run& run, std::span<const std::int64_t> labels) {
    check(run.test_probability.size() == labels.size(), "summarize_thresholds", "expected a probability for each of ",
          labels.size(), " test images, run ", run.row(), " seed ", run.seed, " has ", run.test_probability.size());
    if (!std::isfinite(run.tuned_threshold)) {
        ++summary.without;
        return;
    }
    summary.threshold.runs.push_back(run.tuned_threshold);
    add(summary.at_half, metrics::binary_report(labels, run.test_probability));
    add(summary.tuned, metrics::binary_report(labels, run.test_probability, run.tuned_threshold));
}

}  // namespace

std::vector<ThresholdSummary> summarize_thresholds(const std::vector<Run>& runs, std::span<const std::int64_t> labels) {
    const auto has_threshold = [](const Run& run) { return std::isfinite(run.tuned_threshold); };
    if (std::none_of(runs.begin(), runs.end(), has_threshold)) return {};
    std::vector<ThresholdSummary> summaries;
    for (const Run& run : runs) {
        if (run.status != RunStatus::finished || run.test_probability.empty()) continue;
        const std::string row = run.row();
        auto found = std::find_if(summaries.begin(), summaries.end(),
                                  [&](const ThresholdSummary& summary) { return summary.row == row; });
        if (found == summaries.end()) found = summaries.insert(summaries.end(), {row, {}, {}, {}, 0});
        add(*found, run, labels);
    }
    for (ThresholdSummary& summary : summaries) {
        set_mean(summary.threshold);
        for (DecisionFigures* figures : {&summary.at_half, &summary.tuned})
            for (const auto figure : kFigures) set_mean(figures->*figure);
    }
    return summaries;
}

std::vector<TextTable> threshold_tables(const std::vector<ThresholdSummary>& summaries, const std::string& goal) {
    if (summaries.empty()) return {};
    TextTable table;
    table.title = "Decisions on the test set at .5, and at a threshold tuned on held-out training images for " + goal;
    table.note =
        "Each run has a threshold of its own, from its probabilities of the images that no run was trained on; the "
        "test "
        "set has no say in it. A run that no threshold brings to the goal is left out of its row.";
    table.header = {"schedule",  "at .5: precision", "recall", "F1", "MCC",
                    "threshold", "tuned: precision", "recall", "F1", "MCC"};
    for (const ThresholdSummary& s : summaries) {
        auto& row = table.rows.emplace_back();
        row.push_back(s.row);
        for (const auto figure : kFigures) row.push_back(mean_and_sd(s.at_half.*figure, 3));
        row.push_back(mean_and_sd(s.threshold, 3));
        if (s.without > 0) row.back() += ", " + std::to_string(s.without) + " without";
        for (const auto figure : kFigures) row.push_back(mean_and_sd(s.tuned.*figure, 3));
    }
    return {table};
}

}  // namespace cyclone::lab
