#include <cyclone/analysis/statistics.h>
#include <cyclone/base/error.h>
#include <cyclone/base/nearest_name.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>

#include <cyclone/base/number_text.h>

namespace cyclone::analysis {
namespace {

using namespace number_text;

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

using Runs = std::vector<const lab::Run*>;

struct Group {
    std::string name;  // of the row
    std::string schedule, balance;
    Runs finished;
};

std::vector<Group> group_by_row(const std::vector<lab::Run>& runs) {
    std::vector<Group> groups;
    for (const lab::Run& run : runs) {
        const std::string row = run.row();
        auto group = std::find_if(groups.begin(), groups.end(), [&](const Group& g) { return g.name == row; });
        if (group == groups.end()) group = groups.insert(groups.end(), {row, run.schedule, run.balance, {}});
        if (run.status == lab::RunStatus::finished) group->finished.push_back(&run);
    }
    return groups;
}

// The schedule without a remedy, else with its first one; nullptr when it is not there.
const Group* group_of_schedule(const std::vector<Group>& groups, const std::string& schedule) {
    const Group* first = nullptr;
    for (const Group& g : groups) {
        if (g.schedule != schedule) continue;
        if (g.balance == lab::kNoBalance) return &g;
        if (!first) first = &g;
    }
    return first;
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

metrics::ModelScores scores_of(const Runs& runs) {
    metrics::ModelScores scores;
    for (const lab::Run* run : runs) {
        if (run->test_probability.empty()) return {};
        scores.emplace_back(run->test_probability);
    }
    return scores;
}

RunDifference run_difference(const Runs& a, const Runs& b, const StatisticsOptions& options,
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
    result.p_holm = result.paired.p_value;
    return result;
}

BaselineDifference compare_with(const Group& row, const Group& baseline, std::span<const std::int64_t> labels,
                                const StatisticsOptions& options) {
    BaselineDifference result;
    result.schedule = row.name;
    result.baseline = baseline.name;
    Runs a, b;
    for (const lab::Run* run : row.finished)
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
    const auto scores_a = scores_of(a), scores_b = scores_of(b);
    result.test_set = {nan, nan, nan, nan, nan, nan, nan, nan};
    if (!labels.empty() && !scores_a.empty() && !scores_b.empty())
        result.test_set = metrics::delong_test_of_means(labels, scores_a, scores_b, options.level);
    result.test_set_p_holm = result.test_set.p_value;
    return result;
}

// Holm over all differences, one family for each kind of test.
void correct(std::vector<BaselineDifference>& differences, double& (*p)(BaselineDifference&)) {
    std::vector<double> values;
    values.reserve(differences.size());
    for (BaselineDifference& d : differences) values.push_back(p(d));
    const auto corrected = metrics::holm(values);
    for (std::size_t i = 0; i < differences.size(); ++i) p(differences[i]) = corrected[i];
}

Verdict verdict_on(const BaselineDifference& d, double level) {
    if (d.seeds.size() < 2 || std::isnan(d.auc.p_holm)) return Verdict::unknown;
    if (d.auc.p_holm >= 1 - level) return Verdict::no_difference;
    const bool up = d.auc.paired.difference.mean > 0;
    // NaN (no test-set doubt known) is not significant.
    if (d.test_set_p_holm < 1 - level && (d.test_set.difference > 0) == up)
        return up ? Verdict::better : Verdict::worse;
    return up ? Verdict::ahead : Verdict::behind;
}

TestSetInterval test_set_interval(const Group& group, std::span<const std::int64_t> labels,
                                  const StatisticsOptions& options) {
    TestSetInterval result{group.name, {nan, nan, nan, nan}, {nan, nan, nan}, {nan, nan, nan}};
    const auto scores = scores_of(group.finished);
    if (labels.empty() || scores.empty()) return result;
    result.auc = metrics::mean_auc_interval(labels, scores, options.level);
    result.average_precision = metrics::average_precision_interval(labels, scores, options.bootstrap);
    result.f1 = metrics::f1_interval(labels, scores, 0.5, options.bootstrap);
    return result;
}

std::string percent(double level) { return significant(100 * level) + " %"; }

std::string sentence(const BaselineDifference& d, double level) {
    const std::string subject = d.schedule + " against " + d.baseline + ": ";
    if (d.seeds.empty()) return subject + "no seed that both finished, so nothing can be said.";
    const auto& paired = d.auc.paired;
    std::string text = subject + "AUC " + signed_number(paired.difference.mean, 3);
    if (std::isnan(paired.difference.mean)) return subject + "the AUC is undefined.";
    if (d.seeds.size() == 1)
        return text + " with one seed, which has no spread: nothing can be concluded about trainings.";
    text += " " + signed_interval(paired.low, paired.high) + ", ";
    switch (d.verdict) {
        case Verdict::better:
        case Verdict::worse:
            return text + std::string(name_of(d.verdict)) + ", beyond the seeds' noise and the test set's.";
        case Verdict::ahead:
        case Verdict::behind:
            return text + std::string(name_of(d.verdict)) +
                   " on this test set (over the seeds p = " + p_value(d.auc.p_holm) +
                   "), which is too small to say so of others (" + percent(level) + " " +
                   signed_interval(d.test_set.low, d.test_set.high) + ").";
        default:
            return text + "no difference shown beyond the seeds' noise.";
    }
}

}  // namespace

std::string_view name_of(Verdict verdict) {
    switch (verdict) {
        case Verdict::unknown:
            return "unknown";
        case Verdict::no_difference:
            return "no difference shown";
        case Verdict::ahead:
            return "ahead";
        case Verdict::behind:
            return "behind";
        case Verdict::better:
            return "better";
        case Verdict::worse:
            return "worse";
    }
    return "?";
}

Statistics compute_statistics(const std::vector<lab::Run>& runs, std::span<const std::int64_t> labels,
                              const StatisticsOptions& given) {
    StatisticsOptions options = given;
    options.bootstrap.level = given.level;
    const auto groups = group_by_row(runs);
    const Group* baseline = choose_baseline(groups, options.baseline);
    Statistics statistics;
    statistics.level = options.level;
    for (const Group& group : groups)
        if (!group.finished.empty()) statistics.test_set.push_back(test_set_interval(group, labels, options));
    if (groups.size() < 2) return statistics;
    statistics.baseline = baseline->name;
    auto& differences = statistics.differences;
    for (const Group& group : groups) {
        const Group* plain = options.baseline.empty() ? group_of_schedule(groups, group.schedule) : baseline;
        const Group* other = &group == plain ? baseline : plain;
        if (&group != other) differences.push_back(compare_with(group, *other, labels, options));
    }
    correct(differences, [](BaselineDifference& d) -> double& { return d.auc.p_holm; });
    correct(differences, [](BaselineDifference& d) -> double& { return d.average_precision.p_holm; });
    correct(differences, [](BaselineDifference& d) -> double& { return d.f1.p_holm; });
    correct(differences, [](BaselineDifference& d) -> double& { return d.test_set_p_holm; });
    for (BaselineDifference& d : differences) d.verdict = verdict_on(d, options.level);
    return statistics;
}

std::vector<std::string> verdict_sentences(const Statistics& statistics) {
    std::vector<std::string> sentences;
    for (const BaselineDifference& d : statistics.differences) sentences.push_back(sentence(d, statistics.level));
    if (sentences.empty()) return sentences;
    const auto alpha = significant(1 - statistics.level);
    sentences.push_back(
        "A difference is called one when its t test over the seeds has p < " + alpha +
        " after Holm's correction, and is said to hold beyond this test set when DeLong's test has too.");
    return sentences;
}

}  // namespace cyclone::analysis
