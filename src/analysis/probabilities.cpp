// Probabilities as trained, and shifted to the training set's prior.
#include <cyclone/analysis/probabilities.h>
#include <cyclone/base/error.h>
#include <cyclone/metrics/recalibration.h>
#include <cyclone/metrics/report.h>

#include <cmath>

#include "analysis/groups.h"

namespace cyclone::analysis {
namespace {

void add(ProbabilitySummary& summary, const lab::Run& run, std::span<const std::int64_t> labels) {
    check(run.test_probability.size() == labels.size(), "summarize_probabilities",
          "expected a probability for each of ", labels.size(), " test images, run ", run.configuration(), ", seed ",
          run.seed, " has ", run.test_probability.size());
    const auto report = metrics::binary_report(labels, run.test_probability);
    summary.as_trained.add(report);
    if (run.rebalancing == train::kNoRebalancing) {
        summary.shifted.add(report);
        return;
    }
    if (!std::isfinite(run.trained_prior) || !std::isfinite(run.training_prior)) return;
    std::vector<double> shifted = run.test_probability;
    for (double& p : shifted) p = metrics::shift_prior(p, run.trained_prior, run.training_prior);
    summary.shifted.add(metrics::binary_report(labels, shifted));
}

}  // namespace

std::vector<ProbabilitySummary> summarize_probabilities(const std::vector<lab::Run>& runs,
                                                        std::span<const std::int64_t> labels) {
    std::vector<ProbabilitySummary> summaries;
    for (const Group& group : group_runs(runs)) {
        ProbabilitySummary summary{.configuration = group.name, .as_trained = {}, .shifted = {}};
        for (const lab::Run* run : group.finished) {
            if (run->test_probability.empty()) continue;
            if (summary.as_trained.empty())
                summary.training_prior = run->training_prior, summary.trained_prior = run->trained_prior;
            add(summary, *run, labels);
        }
        if (!summary.as_trained.empty()) summaries.push_back(std::move(summary));
    }
    return summaries;
}

}  // namespace cyclone::analysis
