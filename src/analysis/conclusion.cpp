// Sentences about the results of a comparison.
#include <cyclone/analysis/conclusion.h>
#include <cyclone/base/number_text.h>

#include <algorithm>
#include <cmath>

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
std::string more_seeds(const Statistics& s, const std::string& command) {
    constexpr std::int64_t kMost = 20;  // more are seldom worth their time
    std::int64_t seeds = 0;
    bool few = false;
    for (const BaselineDifference& d : s.differences)
        for (const RunDifference* of : {&d.auc, &d.average_precision}) {
            few = few || of->verdict == Verdict::too_few;
            if (of->verdict == Verdict::too_few && !std::isnan(of->paired.difference.mean))
                seeds = std::max(seeds, static_cast<std::int64_t>(kFewestSeeds));
            if (of->verdict == Verdict::open)
                seeds = std::max(seeds, of->seeds_needed > 0 ? std::min(of->seeds_needed, kMost) : kMost);
        }
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

void name_missing_budgets(std::vector<std::string>& sentences, const std::vector<Configuration>& configurations) {
    const auto largest = std::max_element(configurations.begin(), configurations.end(),
                                          [](const auto& a, const auto& b) { return a.sum_lr < b.sum_lr; });
    for (const Configuration& s : configurations) {
        if (s.sum_lr > 0 && s.sum_lr * kBudgetGap < largest->sum_lr)
            sentences.push_back(s.name + " had a learning-rate budget of " + significant(s.sum_lr) + ", " +
                                significant(largest->sum_lr / s.sum_lr, 2) + " times less than " + largest->name +
                                ": it stopped learning almost at once, so it is no baseline for a fixed rate.");
        if (s.diverged > 0) sentences.push_back(s.name + " diverged with " + std::to_string(s.diverged) + " seed(s).");
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
            "No run calls any test image positive (F1 0): nothing but the class fractions was learned (hint: more "
            "updates, rates of cyclone find-lr, or --rebalance batch).");
    else
        sentences.push_back("Nothing is called positive by " + silent +
                            " (F1 0): whatever the AUC, at 0.5 no more than " + "the class fractions was learned.");
}

}  // namespace

std::vector<std::string> verdict_sentences(const Statistics& statistics, const std::string& add_seeds) {
    std::vector<std::string> sentences;
    for (const BaselineDifference& d : statistics.differences) sentences.push_back(sentence(d, statistics));
    if (sentences.empty()) return sentences;
    sentences.push_back("Intervals hold at " + significant(100 * statistics.level) + " % for all " +
                        std::to_string(statistics.differences.size()) +
                        " difference(s) at once (t over the seeds, Bonferroni). Alike: within " +
                        significant(statistics.alike_within) + "; differs: 0 is outside.");
    if (std::string more = more_seeds(statistics, add_seeds); !more.empty()) sentences.push_back(std::move(more));
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
    for (std::string& sentence : verdict_sentences(statistics, add_seeds)) sentences.push_back(std::move(sentence));
    name_missing_budgets(sentences, configurations);
    return sentences;
}

}  // namespace cyclone::analysis
