#include <cyclone/analysis/summary.h>

#include <algorithm>
#include <cmath>

#include <cyclone/base/number_text.h>

namespace cyclone::analysis {
namespace {

using namespace number_text;

// A schedule whose rates sum to so much less than another's hardly moved the weights: the study's "fixed" rate.
constexpr double kBudgetGap = 1000;

void add(ScheduleSummary& summary, const lab::Run& run, std::optional<double> target_auc) {
    if (run.status != lab::RunStatus::finished) {
        ++(run.status == lab::RunStatus::diverged ? summary.diverged : summary.stopped);
        return;
    }
    summary.sum_lr = run.sum_lr;
    summary.mean_lr = run.mean_lr;
    summary.updates = run.updates;
    summary.seeds.push_back(run.seed);
    summary.train_loss.runs.push_back(run.train_loss);
    summary.seconds.runs.push_back(run.seconds);
    summary.images_per_second.runs.push_back(run.images_per_second);
    summary.auc.runs.push_back(run.test.auc);
    summary.average_precision.runs.push_back(run.test.average_precision);
    summary.precision.runs.push_back(run.test.precision);
    summary.recall.runs.push_back(run.test.recall);
    summary.f1.runs.push_back(run.test.f1);
    if (!target_auc) return;
    if (const auto point = first_reaching(run, *target_auc)) {
        summary.updates_to_target.runs.push_back(static_cast<double>(point->updates));
        summary.seconds_to_target.runs.push_back(point->seconds);
    }
}

const ScheduleSummary* highest_auc(const std::vector<ScheduleSummary>& summaries) {
    const ScheduleSummary* best = nullptr;
    for (const ScheduleSummary& s : summaries)
        if (std::isfinite(s.auc.value.mean) && (!best || s.auc.value.mean > best->auc.value.mean)) best = &s;
    return best;
}

void name_missing_budgets(std::vector<std::string>& sentences, const std::vector<ScheduleSummary>& summaries) {
    const auto largest = std::max_element(summaries.begin(), summaries.end(),
                                          [](const auto& a, const auto& b) { return a.sum_lr < b.sum_lr; });
    for (const ScheduleSummary& s : summaries) {
        if (s.sum_lr > 0 && s.sum_lr * kBudgetGap < largest->sum_lr)
            sentences.push_back(s.name + " had a sum of rates of " + significant(s.sum_lr) + ", " +
                                significant(largest->sum_lr / s.sum_lr, 2) + " times less than " + largest->name +
                                ": it stopped learning almost at once, so it is no baseline for a fixed rate.");
        if (s.diverged > 0) sentences.push_back(s.name + " diverged with " + std::to_string(s.diverged) + " seed(s).");
    }
}

}  // namespace

std::string mean_and_sd(const Spread& spread, int digits) {
    if (spread.runs.empty()) return "-";
    std::string text = number(spread.value.mean, digits);
    if (spread.value.n > 1) text += " +- " + number(spread.value.sd, digits);
    return text;
}

void set_mean(Spread& spread) {
    spread.value = spread.runs.empty() ? metrics::MeanSd{std::nan(""), std::nan(""), 0} : metrics::mean_sd(spread.runs);
}

std::vector<ScheduleSummary> summarize(const std::vector<lab::Run>& runs, std::optional<double> target_auc) {
    std::vector<ScheduleSummary> summaries;
    for (const lab::Run& run : runs) {
        auto found = std::find_if(summaries.begin(), summaries.end(),
                                  [&](const ScheduleSummary& summary) { return summary.name == run.row(); });
        if (found == summaries.end()) {
            summaries.emplace_back();
            found = std::prev(summaries.end());
            found->name = run.row();
            found->schedule = run.schedule;
            found->balance = run.balance;
        }
        add(*found, run, target_auc);
    }
    for (ScheduleSummary& s : summaries)
        for (Spread* spread : {&s.train_loss, &s.seconds, &s.images_per_second, &s.auc, &s.average_precision,
                               &s.precision, &s.recall, &s.f1, &s.updates_to_target, &s.seconds_to_target})
            set_mean(*spread);
    return summaries;
}

std::optional<lab::AucPoint> first_reaching(const lab::Run& run, double target) {
    for (const lab::AucPoint& point : run.auc_curve)
        if (point.auc >= target) return point;
    return std::nullopt;
}

std::vector<std::string> conclusion(const std::vector<ScheduleSummary>& summaries, const Statistics& statistics) {
    const ScheduleSummary* best = highest_auc(summaries);
    if (!best) {
        const bool trained =
            std::any_of(summaries.begin(), summaries.end(), [](const ScheduleSummary& s) { return !s.seeds.empty(); });
        return {trained ? "The AUC is undefined (a test set of one class), so nothing can be concluded."
                        : "No run finished with an AUC, so nothing can be concluded."};
    }
    std::vector<std::string> sentences{"Highest mean AUC: " + best->name + " at " + mean_and_sd(best->auc, 3) + "."};
    const bool one_seed =
        std::all_of(summaries.begin(), summaries.end(), [](const ScheduleSummary& s) { return s.seeds.size() < 2; });
    if (one_seed)
        sentences.push_back(
            "One seed a schedule has no spread: nothing can be concluded about differences (hint: --seeds 3 or more).");
    else
        for (std::string& sentence : verdict_sentences(statistics)) sentences.push_back(std::move(sentence));
    name_missing_budgets(sentences, summaries);
    return sentences;
}

}  // namespace cyclone::analysis
