// Sentences about the results of a comparison.
#include <cyclone/analysis/conclusion.h>
#include <cyclone/base/number_text.h>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace cyclone::analysis {
namespace {

using namespace number_text;

// A schedule whose rates sum to so much less than another's hardly moved the weights: the study's "fixed" rate.
constexpr double kBudgetGap = 1000;

std::string sentence(const BaselineDifference& d, const Statistics& s) {
    const std::string subject = d.schedule + " against " + d.baseline + ": ";
    if (d.seeds.empty()) return subject + "no seed that both finished, so nothing can be said.";
    const auto text = [&](const char* metric, const RunDifference& of) {
        return verdict_text(metric, of, d.seeds.size(), s.alike_within);
    };
    std::string auc = text("AUC", d.auc);
    if (d.beyond_test_set) auc += ", beyond the test set's noise too";
    if (d.auc.verdict == Verdict::differs && !d.beyond_test_set && !std::isnan(d.test_set.low))
        auc +=
            " on this test set, which is too small to say so of others (DeLong p = " + p_value(d.test_set_p_corrected) +
            ")";
    return subject + auc + "; " + text("AP", d.average_precision) + ".";
}

/// What would close the open verdicts.
std::string more_seeds(const Statistics& s, const std::string& command, const std::vector<Configuration>& rows) {
    const std::int64_t seeds = seeds_to_try(s, rows);
    if (seeds == 0) return {};
    return "More seeds: " +
           (command.empty() ? std::to_string(seeds) + " of them." : command + " --seeds " + std::to_string(seeds));
}

std::string highest(const Configuration& best) {
    const metrics::MeanSd auc = best.test["auc"].value();
    return "Highest mean AUC: " + best.name + " at " + number(auc.mean, 3) +
           (auc.n > 1 ? " (SD " + number(auc.sd, 3) + ")." : ".");
}

const Configuration* highest_auc(const std::vector<Configuration>& configurations) {
    const Configuration* best = nullptr;
    for (const Configuration& s : configurations)
        if (std::isfinite(s.test["auc"].value().mean) &&
            (!best || s.test["auc"].value().mean > best->test["auc"].value().mean))
            best = &s;
    return best;
}

// Of averages nothing is told: theirs is the fate of their training.
void name_missing_budgets(std::vector<std::string>& sentences, const std::vector<Configuration>& configurations) {
    const auto largest = std::max_element(configurations.begin(), configurations.end(),
                                          [](const auto& a, const auto& b) { return a.sum_lr < b.sum_lr; });
    for (const Configuration& s : configurations) {
        if (s.is_average()) continue;
        if (s.sum_lr > 0 && s.sum_lr * kBudgetGap < largest->sum_lr)
            sentences.push_back(s.name + " had a learning-rate budget of " + significant(s.sum_lr) + ", " +
                                std::to_string(std::llround(largest->sum_lr / s.sum_lr)) + " times less than " +
                                largest->name + ": it hardly trains, and is no baseline for the others.");
        if (s.diverged > 0)
            sentences.push_back(s.name + " diverged with " + std::to_string(s.diverged) +
                                (s.diverged == 1 ? " seed." : " seeds."));
    }
}

/// Configurations that call nothing positive: their AUC may be high, their decisions are worth nothing.
void name_silent(std::vector<std::string>& sentences, const std::vector<Configuration>& configurations) {
    std::size_t trained = 0;
    std::string silent;
    std::size_t count = 0;
    for (const Configuration& c : configurations) {
        if (c.seeds.empty()) continue;
        ++trained;
        if (c.counts.true_positives + c.counts.false_positives > 0) continue;
        ++count;
        silent += (silent.empty() ? "" : ", ") + c.name;
    }
    if (count == 0) return;
    if (count == trained)
        sentences.push_back(
            "No run calls any test image positive at 0.5 (F1 0), whatever the AUC (hint: more updates, rates of "
            "cyclone find-lr, --rebalance batch, or a threshold of --threshold f1).");
    else
        sentences.push_back("Nothing is called positive by " + silent + " at 0.5 (F1 0), whatever the AUC.");
}

/// Ties share the mean of their ranks.
std::vector<double> ranks(const std::vector<double>& values) {
    std::vector<double> all;
    for (const double value : values) {
        const auto below = std::count_if(values.begin(), values.end(), [&](double v) { return v < value; });
        all.push_back(static_cast<double>(below) +
                      static_cast<double>(std::count(values.begin(), values.end(), value) - 1) / 2);
    }
    return all;
}

/// NaN where one of the lists is constant.
double pearson(const std::vector<double>& x, const std::vector<double>& y) {
    const auto n = static_cast<double>(x.size());
    const double mean_x = std::accumulate(x.begin(), x.end(), 0.0) / n,
                 mean_y = std::accumulate(y.begin(), y.end(), 0.0) / n;
    double xy = 0, xx = 0, yy = 0;
    for (std::size_t i = 0; i < x.size(); ++i) {
        xy += (x[i] - mean_x) * (y[i] - mean_y);
        xx += (x[i] - mean_x) * (x[i] - mean_x);
        yy += (y[i] - mean_y) * (y[i] - mean_y);
    }
    return xy / std::sqrt(xx * yy);
}

/// "a", "a and b", "a, b and c".
std::string listed(const std::vector<std::string>& names) {
    std::string all;
    for (std::size_t i = 0; i < names.size(); ++i)
        all += (i == 0 ? "" : i + 1 == names.size() ? " and " : ", ") + names[i];
    return all;
}

}  // namespace

std::int64_t seeds_to_try(const Statistics& statistics, const std::vector<Configuration>& rows) {
    constexpr std::int64_t kMost = 20;  // more are seldom worth their time
    std::int64_t seeds = 0, there = 0;
    for (const Configuration& row : rows) there = std::max<std::int64_t>(there, std::ssize(row.seeds) + row.diverged);
    const std::int64_t trained = there;
    const auto diverged_of = [&](const std::string& name) {  // of an average: those of its training
        std::int64_t most = 0;
        for (const Configuration& row : rows)
            if (row.name == name || name.starts_with(row.name + " + "))
                most = std::max<std::int64_t>(most, row.diverged);
        return most;
    };
    for (const BaselineDifference& d : statistics.differences) {
        const auto shared = static_cast<std::int64_t>(std::ssize(d.seeds));
        const std::int64_t lost =
            std::clamp<std::int64_t>(trained - shared, 0, diverged_of(d.schedule) + diverged_of(d.baseline));
        there = std::max(there, shared);
        for (const RunDifference* of : {&d.auc, &d.average_precision}) {
            if (of->verdict == Verdict::too_few && !std::isnan(of->paired.difference.mean))
                seeds = std::max(seeds, static_cast<std::int64_t>(kFewestSeeds) + lost);
            if (of->verdict == Verdict::open)
                seeds = std::max(seeds, (of->seeds_needed > 0 ? std::min(of->seeds_needed, kMost) : kMost) + lost);
        }
    }
    return seeds > there ? seeds : 0;
}

std::string headline(const std::vector<Configuration>& configurations, const Statistics& statistics) {
    const Configuration* best = highest_auc(configurations);
    if (!best || statistics.differences.empty()) return conclusion(configurations, statistics).front();
    std::vector<std::string> better, alike, worse, open;
    std::size_t seeds_of_open = 0;
    bool one_baseline = true;
    for (const BaselineDifference& d : statistics.differences) {
        one_baseline = one_baseline && d.baseline == statistics.baseline;
        const double mean = d.auc.paired.difference.mean;
        if (d.auc.verdict == Verdict::alike) alike.push_back(d.schedule);
        if (d.auc.verdict == Verdict::differs) (mean > 0 ? better : worse).push_back(d.schedule);
        if (d.auc.verdict != Verdict::open) continue;
        open.push_back(d.schedule);
        seeds_of_open = std::max(seeds_of_open, d.seeds.size());
    }
    const std::string baseline = one_baseline ? statistics.baseline : "its own baseline";
    const auto is = [](const std::vector<std::string>& names) { return names.size() == 1 ? " is " : " are "; };
    std::vector<std::string> parts;
    const auto& all = statistics.differences;
    if (better.empty() && alike.empty() && worse.empty() && open.empty()) {
        const bool none =
            std::all_of(all.begin(), all.end(), [](const BaselineDifference& d) { return d.seeds.empty(); });
        return (none ? "No verdict, as " + baseline + " and the others have no seed that both finished; "
                     : std::string("Too few seeds for a verdict (three at least); ")) +
               best->name + " has the highest mean AUC, " + number(best->test["auc"].value().mean, 3) + ".";
    }
    std::string text = better.empty()
                           ? "No schedule is shown to beat " + baseline
                           : listed(better) + (better.size() == 1 ? " beats " : " beat ") + baseline + " in AUC";
    if (!alike.empty())
        parts.push_back(listed(alike) + is(alike) + "alike within " + significant(statistics.alike_within) +
                        (better.empty() ? " of AUC" : ""));
    if (!worse.empty()) parts.push_back(listed(worse) + is(worse) + "worse");
    if (!open.empty())
        parts.push_back("the " + std::to_string(seeds_of_open) + " seeds cannot tell of " + listed(open));
    for (std::size_t i = 0; i < parts.size(); ++i)
        text += (i == 0 ? "; " : i + 1 == parts.size() ? ", and " : ", ") + parts[i];
    return text + ".";
}

std::string budget_sentence(const std::vector<Configuration>& configurations) {
    constexpr std::size_t kFewest = 4;
    constexpr double kHigh = 0.8;
    std::vector<double> auc, budget;
    for (const Configuration& c : configurations) {
        if (c.seeds.empty() || std::isnan(c.test["auc"].value().mean)) continue;
        auc.push_back(c.test["auc"].value().mean);
        budget.push_back(c.sum_lr);
    }
    if (auc.size() < kFewest) return {};
    const double correlation = pearson(ranks(auc), ranks(budget));
    if (!(correlation >= kHigh)) return {};
    return "Sorted by AUC the rows are " + std::string(correlation > 0.999 ? "" : "almost ") +
           "sorted by their learning-rate budget, the sum of the rates (rank correlation " + number(correlation, 2) +
           "): ask for the amount of learning before its shape.";
}

std::string arrival_sentence(const std::vector<Configuration>& configurations, std::optional<double> target_auc) {
    if (!target_auc) return {};
    struct Arrival {
        double updates;
        std::string text;
    };
    std::vector<Arrival> arrivals;
    std::vector<std::string> never;
    for (const Configuration& c : configurations) {
        const std::size_t reached = c.updates_to_target.runs.size();
        if (c.seeds.empty() || c.curves.auc.x.empty()) continue;
        if (reached == 0) {
            never.push_back(c.name);
            continue;
        }
        const double updates = c.updates_to_target.value().mean;
        const std::string some = reached < c.seeds.size() ? " in " + std::to_string(reached) + " of " +
                                                                std::to_string(c.seeds.size()) + " runs"
                                                          : "";
        arrivals.push_back({updates, c.name + " after " + number(updates, 0) + some});
    }
    if (arrivals.empty()) return {};
    std::stable_sort(arrivals.begin(), arrivals.end(),
                     [](const Arrival& a, const Arrival& b) { return a.updates < b.updates; });
    std::string text = "Updates to an AUC of " + significant(*target_auc, 6) + " on the test set: ";
    for (const Arrival& arrival : arrivals) text += (&arrival == &arrivals.front() ? "" : ", ") + arrival.text;
    return text + (never.empty() ? "." : "; never: " + listed(never) + ".");
}

std::vector<std::string> verdict_sentences(const Statistics& statistics, const std::string& add_seeds,
                                           const std::vector<Configuration>& rows) {
    std::vector<std::string> sentences;
    for (const BaselineDifference& d : statistics.differences) sentences.push_back(sentence(d, statistics));
    if (sentences.empty()) return sentences;
    sentences.push_back("Intervals hold at " + significant(100 * statistics.level) + " % for " +
                        (statistics.differences.size() == 1 ? "1 difference"
                                                            : "all " + std::to_string(statistics.differences.size()) +
                                                                  " differences of a metric at once") +
                        " (t over the seeds, Bonferroni). Alike: within " + significant(statistics.alike_within) +
                        "; differs: 0 is outside.");
    if (std::string more = more_seeds(statistics, add_seeds, rows); !more.empty()) sentences.push_back(std::move(more));
    return sentences;
}

std::vector<std::string> conclusion(const std::vector<Configuration>& configurations, const Statistics& statistics,
                                    const std::string& add_seeds) {
    const Configuration* best = highest_auc(configurations);
    if (!best) {
        const bool trained = std::any_of(configurations.begin(), configurations.end(),
                                         [](const Configuration& s) { return !s.seeds.empty(); });
        return {trained ? "The AUC is undefined (a test set of one class), so nothing can be concluded."
                        : "No run finished with an AUC, so nothing can be concluded."};
    }
    std::vector<std::string> sentences{highest(*best)};
    name_silent(sentences, configurations);
    for (std::string& sentence : verdict_sentences(statistics, add_seeds, configurations))
        sentences.push_back(std::move(sentence));
    name_missing_budgets(sentences, configurations);
    return sentences;
}

}  // namespace cyclone::analysis
