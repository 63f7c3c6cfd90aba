#include <cyclone/analysis/thresholds.h>
#include <cyclone/base/error.h>
#include <cyclone/metrics/report.h>

#include <algorithm>
#include <cmath>

namespace cyclone::analysis {
namespace {

constexpr Spread DecisionFigures::*kFigures[] = {&DecisionFigures::precision, &DecisionFigures::recall,
                                                 &DecisionFigures::f1, &DecisionFigures::mcc};

void add(DecisionFigures& figures, const metrics::BinaryReport& report) {
    figures.precision.runs.push_back(report.precision);
    figures.recall.runs.push_back(report.recall);
    figures.f1.runs.push_back(report.f1);
    figures.mcc.runs.push_back(report.mcc);
}

void add(ThresholdSummary& summary, const lab::Run& run, std::span<const std::int64_t> labels) {
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

std::vector<ThresholdSummary> summarize_thresholds(const std::vector<lab::Run>& runs,
                                                   std::span<const std::int64_t> labels) {
    const auto has_threshold = [](const lab::Run& run) { return std::isfinite(run.tuned_threshold); };
    if (std::none_of(runs.begin(), runs.end(), has_threshold)) return {};
    std::vector<ThresholdSummary> summaries;
    for (const lab::Run& run : runs) {
        if (run.status != lab::RunStatus::finished || run.test_probability.empty()) continue;
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

}  // namespace cyclone::analysis
