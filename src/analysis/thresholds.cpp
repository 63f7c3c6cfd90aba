// Decisions at 0.5 and at tuned thresholds.
#include <cyclone/analysis/thresholds.h>
#include <cyclone/base/error.h>
#include <cyclone/metrics/report.h>

#include <algorithm>
#include <cmath>

#include "analysis/groups.h"

namespace cyclone::analysis {
namespace {

void add(ThresholdSummary& summary, const lab::Run& run, std::span<const std::int64_t> labels) {
    check(run.test_probability.size() == labels.size(), "summarize_thresholds", "expected a probability for each of ",
          labels.size(), " test images, run ", run.configuration(), ", seed ", run.seed, " has ",
          run.test_probability.size());
    if (!std::isfinite(run.tuned_threshold)) {
        ++summary.without;
        return;
    }
    summary.threshold.runs.push_back(run.tuned_threshold);
    summary.at_half.add(metrics::binary_report(labels, run.test_probability));
    summary.tuned.add(metrics::binary_report(labels, run.test_probability, run.tuned_threshold));
}

}  // namespace

std::vector<ThresholdSummary> summarize_thresholds(const std::vector<lab::Run>& runs,
                                                   std::span<const std::int64_t> labels) {
    const auto has_threshold = [](const lab::Run& run) { return std::isfinite(run.tuned_threshold); };
    if (std::none_of(runs.begin(), runs.end(), has_threshold)) return {};
    std::vector<ThresholdSummary> summaries;
    for (const Group& group : group_runs(runs)) {
        ThresholdSummary summary{.configuration = group.name, .threshold = {}, .at_half = {}, .tuned = {}};
        for (const lab::Run* run : group.finished)
            if (!run->test_probability.empty()) add(summary, *run, labels);
        if (!summary.threshold.runs.empty() || summary.without > 0) summaries.push_back(std::move(summary));
    }
    return summaries;
}

}  // namespace cyclone::analysis
