#include <cyclone/lab/summary.h>

#include <algorithm>
#include <cmath>
#include <iomanip>
#include <limits>
#include <optional>
#include <ostream>
#include <sstream>

namespace cyclone::lab {
namespace {

// A schedule whose rates sum to so much less than another's hardly moved the weights: the study's "fixed" rate.
constexpr double kBudgetGap = 1000;

std::string number(double value, int digits) {
    if (!std::isfinite(value)) return "n/a";
    std::ostringstream text;
    text << std::fixed << std::setprecision(digits) << value;
    return text.str();
}

std::string significant(double value, int digits = 3) {
    std::ostringstream text;
    text << std::setprecision(digits) << value;
    return text.str();
}

std::string mean_and_sd(const Spread& spread, int digits) {
    if (spread.runs.empty()) return "-";
    std::string text = number(spread.value.mean, digits);
    if (spread.value.n > 1) text += " +- " + number(spread.value.sd, digits);
    return text;
}

std::string interval(const metrics::PairedDifference& difference) {
    std::ostringstream text;
    text << std::showpos << std::fixed << std::setprecision(3) << difference.difference.mean << " [" << difference.low
         << ", " << difference.high << "]";
    return text.str();
}

// The AUCs of the seeds that both schedules finished.
std::optional<metrics::PairedDifference> paired_auc(const ScheduleSummary& a, const ScheduleSummary& b) {
    std::vector<double> in_a, in_b;
    for (std::size_t i = 0; i < a.seeds.size(); ++i)
        for (std::size_t j = 0; j < b.seeds.size(); ++j)
            if (a.seeds[i] == b.seeds[j]) {
                in_a.push_back(a.auc.runs[i]);
                in_b.push_back(b.auc.runs[j]);
            }
    if (in_a.size() < 2) return std::nullopt;
    const metrics::PairedDifference difference = metrics::paired_difference(in_a, in_b);
    if (!std::isfinite(difference.difference.mean)) return std::nullopt;
    return difference;
}

bool exceeds_noise(const metrics::PairedDifference& difference) { return difference.low > 0 || difference.high < 0; }

void set(Spread& spread) {
    spread.value = spread.runs.empty() ? metrics::MeanSd{std::nan(""), std::nan(""), 0} : metrics::mean_sd(spread.runs);
}

void add(ScheduleSummary& summary, const Run& run) {
    if (run.status != RunStatus::finished) {
        ++(run.status == RunStatus::diverged ? summary.diverged : summary.stopped);
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
}

const ScheduleSummary* highest_auc(const std::vector<ScheduleSummary>& summaries) {
    const ScheduleSummary* best = nullptr;
    for (const ScheduleSummary& s : summaries)
        if (std::isfinite(s.auc.value.mean) && (!best || s.auc.value.mean > best->auc.value.mean)) best = &s;
    return best;
}

void compare_with_best(std::vector<std::string>& sentences, const std::vector<ScheduleSummary>& summaries,
                       const ScheduleSummary& best) {
    sentences.push_back("Highest mean AUC: " + best.name + " at " + mean_and_sd(best.auc, 3) + ".");
    std::string behind, level;
    for (const ScheduleSummary& s : summaries) {
        const auto difference = &s == &best ? std::nullopt : paired_auc(best, s);
        if (!difference) continue;
        std::string& list = exceeds_noise(*difference) ? behind : level;
        list += (list.empty() ? "" : ", ") + s.name + " " + interval(*difference);
    }
    if (!behind.empty()) sentences.push_back("It is ahead by more than the seeds' noise of: " + behind + ".");
    if (!level.empty()) sentences.push_back("Within the seeds' noise of it: " + level + ".");
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

// The study's own question, asked fairly: against the constant rate of the same budget.
void compare_with_same_budget(std::vector<std::string>& sentences, const std::vector<ScheduleSummary>& summaries) {
    const auto fixed = std::find_if(summaries.begin(), summaries.end(),
                                    [](const ScheduleSummary& s) { return s.name == "constant:mean"; });
    if (fixed == summaries.end()) return;
    for (const ScheduleSummary& cyclic : summaries) {
        if (cyclic.name.rfind("triangular", 0) != 0 && cyclic.name.rfind("exp-range", 0) != 0) continue;
        const auto difference = paired_auc(cyclic, *fixed);
        if (!difference) continue;
        const bool real = exceeds_noise(*difference), better = difference->difference.mean > 0;
        sentences.push_back(cyclic.name + " against constant:mean (triangular's mean rate): AUC " +
                            interval(*difference) +
                            (!real    ? ", no difference beyond the seeds' noise."
                             : better ? ", better."
                                      : ", worse."));
    }
}

}  // namespace

std::vector<ScheduleSummary> summarize(const std::vector<Run>& runs) {
    std::vector<ScheduleSummary> summaries;
    for (const Run& run : runs) {
        auto found = std::find_if(summaries.begin(), summaries.end(),
                                  [&](const ScheduleSummary& summary) { return summary.name == run.schedule; });
        if (found == summaries.end()) {
            summaries.emplace_back().name = run.schedule;
            found = std::prev(summaries.end());
        }
        add(*found, run);
    }
    for (ScheduleSummary& s : summaries)
        for (Spread* spread : {&s.train_loss, &s.seconds, &s.images_per_second, &s.auc, &s.average_precision,
                               &s.precision, &s.recall, &s.f1})
            set(*spread);
    return summaries;
}

void print_table(std::ostream& out, const std::vector<ScheduleSummary>& summaries) {
    std::vector<std::vector<std::string>> rows{{"schedule", "runs", "sum of rates", "mean rate", "train loss", "AUC",
                                                "AP", "precision", "recall", "F1", "seconds", "images/s"}};
    for (const ScheduleSummary& s : summaries) {
        std::string runs = std::to_string(s.seeds.size());
        if (s.diverged > 0) runs += ", " + std::to_string(s.diverged) + " diverged";
        if (s.stopped > 0) runs += ", " + std::to_string(s.stopped) + " stopped";
        rows.push_back({s.name, runs, significant(s.sum_lr), significant(s.mean_lr), mean_and_sd(s.train_loss, 3),
                        mean_and_sd(s.auc, 3), mean_and_sd(s.average_precision, 3), mean_and_sd(s.precision, 3),
                        mean_and_sd(s.recall, 3), mean_and_sd(s.f1, 3), number(s.seconds.value.mean, 1),
                        number(s.images_per_second.value.mean, 0)});
    }
    std::vector<std::size_t> width(rows.front().size());
    for (const auto& row : rows)
        for (std::size_t i = 0; i < row.size(); ++i) width[i] = std::max(width[i], row[i].size());
    for (const auto& row : rows) {
        for (std::size_t i = 0; i < row.size(); ++i)
            out << (i == 0 ? "" : "  ") << (i == 0 ? std::left : std::right) << std::setw(static_cast<int>(width[i]))
                << row[i];
        out << '\n';
    }
}

std::vector<std::string> conclusion(const std::vector<ScheduleSummary>& summaries) {
    const ScheduleSummary* best = highest_auc(summaries);
    if (!best) return {"No run finished with an AUC, so nothing can be concluded."};
    if (best->seeds.size() < 2)
        return {
            "One seed a schedule has no spread: nothing can be concluded about differences (hint: --seeds 3 or more)."};
    std::vector<std::string> sentences;
    compare_with_best(sentences, summaries, *best);
    name_missing_budgets(sentences, summaries);
    compare_with_same_budget(sentences, summaries);
    sentences.push_back(
        "Intervals are 95 % t intervals of paired differences over the seeds; the doubt from the test set's size comes "
        "on top.");
    return sentences;
}

}  // namespace cyclone::lab
