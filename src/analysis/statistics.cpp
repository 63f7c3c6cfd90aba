// Differences between configurations, and their uncertainty.
#include <cyclone/analysis/statistics.h>
#include <cyclone/base/error.h>
#include <cyclone/base/nearest_name.h>

#include <cmath>
#include <functional>
#include <limits>

#include "analysis/groups.h"

namespace cyclone::analysis {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

// The last weights of the schedule without rebalancing, else of its first method; nullptr when it is not there.
const Group* group_of_schedule(const std::vector<Group>& groups, const std::string& schedule) {
    const Group* first = nullptr;
    for (const Group& g : groups) {
        if (g.schedule != schedule || !g.average.empty()) continue;
        if (g.rebalancing == train::kNoRebalancing) return &g;
        if (!first) first = &g;
    }
    return first;
}

// Of an average the last weights of its own training, otherwise its schedule without rebalancing.
const Group* plain_of(const std::vector<Group>& groups, const Group& of) {
    for (const Group& g : groups)
        if (!of.average.empty() && g.average.empty() && g.schedule == of.schedule && g.rebalancing == of.rebalancing)
            return &g;
    return group_of_schedule(groups, of.schedule);
}

const Group* choose_baseline(const std::vector<Group>& groups, const std::string& wanted) {
    if (groups.empty()) return nullptr;
    if (wanted.empty()) {
        const Group* same_budget = group_of_schedule(groups, "constant:mean");
        return same_budget ? same_budget : group_of_schedule(groups, groups.front().schedule);
    }
    for (const Group& g : groups)
        if (g.name == wanted) return &g;
    if (const Group* schedule = group_of_schedule(groups, wanted)) return schedule;
    std::vector<std::string> names;
    std::string list;
    for (const Group& g : groups) {
        names.push_back(g.name);
        list += (list.empty() ? "" : ", ") + g.name;
    }
    const std::string near = nearest_name(wanted, names);
    fail<UsageError>("baseline", "'", wanted, "' is not among the schedules compared",
                     near.empty() ? "" : ", did you mean '" + near + "'?", " (", list, ")");
}

// Of all runs, or none where one has no probabilities.
metrics::ModelScores all_scores(const RunList& runs) {
    auto scores = scores_of(runs);
    return scores.size() == runs.size() ? scores : metrics::ModelScores();
}

RunDifference run_difference(const RunList& a, const RunList& b, const StatisticsOptions& options,
                             const std::function<double(const lab::Run&)>& metric) {
    RunDifference result;
    std::vector<double> in_a, in_b, difference;
    for (std::size_t i = 0; i < a.size(); ++i) {
        in_a.push_back(metric(*a[i]));
        in_b.push_back(metric(*b[i]));
        difference.push_back(in_a.back() - in_b.back());
    }
    if (a.empty()) {
        result.paired = {{nan, nan, 0}, nan, nan, nan, nan};
        result.bootstrap = {nan, nan, nan};
    } else {
        result.paired = metrics::paired_difference(in_a, in_b, options.level);
        result.bootstrap = metrics::bootstrap_mean(difference, options.bootstrap);
    }
    return result;
}

BaselineDifference compare_with(const Group& group, const Group& baseline, std::span<const std::int64_t> labels,
                                const StatisticsOptions& options) {
    BaselineDifference result;
    result.schedule = group.name;
    result.baseline = baseline.name;
    RunList a, b;
    for (const lab::Run* run : group.finished)
        for (const lab::Run* other : baseline.finished)
            if (run->seed == other->seed) {
                a.push_back(run);
                b.push_back(other);
                result.seeds.push_back(run->seed);
            }
    result.auc = run_difference(a, b, options, [](const lab::Run& run) { return run.test.auc; });
    result.average_precision =
        run_difference(a, b, options, [](const lab::Run& run) { return run.test.average_precision; });
    result.f1 = run_difference(a, b, options, [](const lab::Run& run) { return run.test.f1; });
    const auto scores_a = all_scores(a), scores_b = all_scores(b);
    result.test_set = {nan, nan, nan, nan, nan, nan, nan, nan};
    if (!labels.empty() && !scores_a.empty() && !scores_b.empty())
        result.test_set = metrics::delong_test_of_means(labels, scores_a, scores_b, options.level);
    return result;
}

TestSetInterval test_set_interval(const Group& group, std::span<const std::int64_t> labels,
                                  const StatisticsOptions& options) {
    TestSetInterval result{group.name, {nan, nan, nan, nan}, {nan, nan, nan}, {nan, nan, nan}};
    const auto scores = all_scores(group.finished);
    if (labels.empty() || scores.empty()) return result;
    result.auc = metrics::mean_auc_interval(labels, scores, options.level);
    result.average_precision = metrics::average_precision_interval(labels, scores, options.bootstrap);
    result.f1 = metrics::f1_interval(labels, scores, 0.5, options.bootstrap);
    return result;
}

}  // namespace

Statistics compute_statistics(const std::vector<lab::Run>& runs, std::span<const std::int64_t> labels,
                              const StatisticsOptions& given) {
    StatisticsOptions options = given;
    options.bootstrap.level = given.level;
    const auto groups = group_runs(runs);
    const Group* baseline = choose_baseline(groups, options.baseline);
    Statistics statistics;
    statistics.level = options.level;
    check<UsageError>(options.alike_within > 0 && std::isfinite(options.alike_within), "alike_within",
                      "expected a number above 0, got ", options.alike_within);
    statistics.alike_within = options.alike_within;
    for (const Group& group : groups)
        if (!group.finished.empty()) statistics.test_set.push_back(test_set_interval(group, labels, options));
    if (groups.size() < 2) return statistics;
    statistics.baseline = baseline->name;
    auto& differences = statistics.differences;
    for (const Group& group : groups) {
        const Group* plain = options.baseline.empty() ? plain_of(groups, group) : baseline;
        const Group* other = &group == plain ? baseline : plain;
        if (&group != other) differences.push_back(compare_with(group, *other, labels, options));
    }
    judge(statistics);
    return statistics;
}

}  // namespace cyclone::analysis
