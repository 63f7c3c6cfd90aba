#include <cyclone/base/error.h>
#include <cyclone/lab/probabilities.h>
#include <cyclone/metrics/recalibration.h>
#include <cyclone/metrics/report.h>

#include <algorithm>
#include <cmath>

#include "lab/text.h"

namespace cyclone::lab {
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

void add(ProbabilitySummary& summary, const Run& run, std::span<const std::int64_t> labels) {
    check(run.test_probability.size() == labels.size(), "summarize_probabilities",
          "expected a probability for each of ", labels.size(), " test images, run ", run.row(), " seed ", run.seed,
          " has ", run.test_probability.size());
    const auto report = metrics::binary_report(labels, run.test_probability);
    add(summary.as_trained, report);
    if (run.balance == kNoBalance) {
        add(summary.shifted, report);
        return;
    }
    if (!std::isfinite(run.trained_share) || !std::isfinite(run.training_share)) return;
    std::vector<double> shifted = run.test_probability;
    for (double& p : shifted) p = metrics::shift_prior(p, run.trained_share, run.training_share);
    add(summary.shifted, metrics::binary_report(labels, shifted));
}

}  // namespace

std::vector<ProbabilitySummary> summarize_probabilities(const std::vector<Run>& runs,
                                                        std::span<const std::int64_t> labels) {
    std::vector<ProbabilitySummary> summaries;
    for (const Run& run : runs) {
        if (run.status != RunStatus::finished || run.test_probability.empty()) continue;
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

std::vector<TextTable> probability_tables(const std::vector<ProbabilitySummary>& summaries) {
    const auto has_remedy = [](const ProbabilitySummary& s) { return std::isfinite(s.training_share); };
    if (std::none_of(summaries.begin(), summaries.end(), has_remedy)) return {};
    TextTable table;
    table.title = "Probabilities as the nets give them, and shifted back to the training set's share of positives";
    table.note =
        "A remedy makes a net answer for a world with that share of positives (trained for). Its probabilities, and "
        "decisions at .5, are those of this world; shifting brings them back. AUC and AP are the same for both. "
        "Without "
        "a known share (focal loss) nothing can be shifted; such probabilities are calibrated on a validation set.";
    table.header = {"schedule",        "trained for", "Brier",          "ECE",          "precision",
                    "recall",          "F1",          "shifted: Brier", "shifted: ECE", "shifted: precision",
                    "shifted: recall", "shifted: F1"};
    for (const ProbabilitySummary& s : summaries) {
        auto& row = table.rows.emplace_back();
        const bool known = std::isfinite(s.trained_share);
        row = {s.row, known ? number(s.trained_share, 3) : has_remedy(s) ? "not known" : "the data"};
        for (const ProbabilityFigures* figures : {&s.as_trained, &s.shifted}) {
            for (const Spread* spread : {&figures->brier, &figures->ece}) row.push_back(mean_and_sd(*spread, 4));
            for (const Spread* spread : {&figures->precision, &figures->recall, &figures->f1})
                row.push_back(mean_and_sd(*spread, 3));
        }
    }
    return {table};
}

}  // namespace cyclone::lab
