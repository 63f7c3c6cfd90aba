#include <cyclone/analysis/probabilities.h>
#include <cyclone/base/error.h>
#include <cyclone/metrics/recalibration.h>
#include <cyclone/metrics/report.h>

#include <algorithm>
#include <cmath>

#include <cyclone/base/number_text.h>

namespace cyclone::analysis {
namespace {

void add(ProbabilityFigures& figures, const metrics::BinaryReport& report) {
    figures.brier.runs.push_back(report.brier);
    figures.ece.runs.push_back(report.ece);
    figures.precision.runs.push_back(report.precision);
    figures.recall.runs.push_back(report.recall);
    figures.f1.runs.push_back(report.f1);
}

void sum_up(ProbabilityFigures& figures) {
    for (Spread* spread : {&figures.brier, &figures.ece, &figures.precision, &figures.recall, &figures.f1})
        set_mean(*spread);
}

void add(ProbabilitySummary& summary, const lab::Run& run, std::span<const std::int64_t> labels) {
    check(run.test_probability.size() == labels.size(), "summarize_probabilities",
          "expected a probability for each of ", labels.size(), " test images, run ", run.row(), " seed ", run.seed,
          " has ", run.test_probability.size());
    const auto report = metrics::binary_report(labels, run.test_probability);
    add(summary.as_trained, report);
    if (run.balance == lab::kNoBalance) {
        add(summary.shifted, report);
        return;
    }
    if (!std::isfinite(run.trained_share) || !std::isfinite(run.training_share)) return;
    std::vector<double> shifted = run.test_probability;
    for (double& p : shifted) p = metrics::shift_prior(p, run.trained_share, run.training_share);
    add(summary.shifted, metrics::binary_report(labels, shifted));
}

}  // namespace

std::vector<ProbabilitySummary> summarize_probabilities(const std::vector<lab::Run>& runs,
                                                        std::span<const std::int64_t> labels) {
    std::vector<ProbabilitySummary> summaries;
    for (const lab::Run& run : runs) {
        if (run.status != lab::RunStatus::finished || run.test_probability.empty()) continue;
        const std::string row = run.row();
        auto found = std::find_if(summaries.begin(), summaries.end(),
                                  [&](const ProbabilitySummary& summary) { return summary.row == row; });
        if (found == summaries.end())
            found = summaries.insert(summaries.end(), {row, run.training_share, run.trained_share, {}, {}});
        add(*found, run, labels);
    }
    for (ProbabilitySummary& summary : summaries) {
        sum_up(summary.as_trained);
        sum_up(summary.shifted);
    }
    return summaries;
}

}  // namespace cyclone::analysis
