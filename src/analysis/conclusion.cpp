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

}  // namespace

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

std::vector<std::string> conclusion(const std::vector<Configuration>& configurations, const Statistics& statistics) {
    const Configuration* best = highest_auc(configurations);
    if (!best) {
        const bool trained = std::any_of(configurations.begin(), configurations.end(),
                                         [](const Configuration& s) { return !s.seeds.empty(); });
        return {trained ? "The AUC is undefined (a test set of one class), so nothing can be concluded."
                        : "No run finished with an AUC, so nothing can be concluded."};
    }
    std::vector<std::string> sentences{highest(*best)};
    const bool one_seed = std::all_of(configurations.begin(), configurations.end(),
                                      [](const Configuration& s) { return s.seeds.size() < 2; });
    if (one_seed)
        sentences.push_back(
            "With one seed per schedule there is no estimate of variance, so nothing can be concluded about "
            "differences "
            "(hint: three seeds or more).");
    else
        for (std::string& sentence : verdict_sentences(statistics)) sentences.push_back(std::move(sentence));
    name_missing_budgets(sentences, configurations);
    return sentences;
}

}  // namespace cyclone::analysis
