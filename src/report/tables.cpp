// The results of a comparison as tables.
#include <cyclone/base/number_text.h>
#include <cyclone/report/tables.h>

#include <algorithm>
#include <cmath>
#include <iomanip>
#include <ostream>
#include <sstream>

namespace cyclone::report {
namespace {

using namespace number_text;

using TableRows = std::vector<std::vector<std::string>>;

/// The first row is the header; the first column is set flush left, the others flush right.
void print_rows(std::ostream& out, const TableRows& rows) {
    std::vector<std::size_t> width(rows.front().size());
    for (const auto& row : rows)
        for (std::size_t i = 0; i < row.size(); ++i) width[i] = std::max(width[i], row[i].size());
    std::ostringstream text;
    for (const auto& row : rows) {
        for (std::size_t i = 0; i < row.size(); ++i)
            text << (i == 0 ? "" : "  ") << (i == 0 ? std::left : std::right) << std::setw(static_cast<int>(width[i]))
                 << row[i];
        text << '\n';
    }
    out << text.str();
}

std::string runs_of(const analysis::ScheduleSummary& s) {
    std::string text = std::to_string(s.seeds.size());
    if (s.diverged > 0) text += ", " + std::to_string(s.diverged) + " diverged";
    if (s.stopped > 0) text += ", " + std::to_string(s.stopped) + " stopped";
    return text;
}

std::string percent(double level) { return significant(100 * level) + " %"; }

constexpr analysis::Spread analysis::DecisionFigures::*kFigures[] = {
    &analysis::DecisionFigures::precision, &analysis::DecisionFigures::recall, &analysis::DecisionFigures::f1,
    &analysis::DecisionFigures::mcc};

}  // namespace

std::vector<TextTable> statistics_tables(const analysis::Statistics& statistics) {
    const std::string level = percent(statistics.level);
    std::vector<TextTable> tables;
    if (!statistics.differences.empty()) {
        TextTable& table = tables.emplace_back();
        const bool one_baseline =
            std::all_of(statistics.differences.begin(), statistics.differences.end(),
                        [&](const analysis::BaselineDifference& d) { return d.baseline == statistics.baseline; });
        table.title = "AUC minus that of " + (one_baseline ? statistics.baseline : "the row named beside it") + ", " +
                      level + " intervals, p corrected by Holm";
        table.note =
            "Training runs: would other seeds say the same? Test set: would another test set of this size? Only a "
            "difference that both bear out is called better or worse.";
        table.header = {"schedule",         "seeds", "difference", "training runs: t", "bootstrap", "p",
                        "test set: DeLong", "p",     "verdict"};
        if (!one_baseline) table.header.insert(table.header.begin() + 1, "against");
        for (const analysis::BaselineDifference& d : statistics.differences) {
            table.rows.push_back({d.schedule, std::to_string(d.seeds.size()),
                                  signed_number(d.auc.paired.difference.mean, 4),
                                  signed_interval(d.auc.paired.low, d.auc.paired.high, 4),
                                  signed_interval(d.auc.bootstrap.low, d.auc.bootstrap.high, 4), p_value(d.auc.p_holm),
                                  signed_interval(d.test_set.low, d.test_set.high, 4), p_value(d.test_set_p_holm),
                                  std::string(name_of(d.verdict))});
            auto& row = table.rows.back();
            if (!one_baseline) row.insert(row.begin() + 1, d.baseline);
        }
    }
    if (!statistics.test_set.empty()) {
        TextTable& table = tables.emplace_back();
        table.title = "What the size of the test set leaves open of the means, " + level + " intervals";
        table.header = {"schedule", "AUC (DeLong)", "AP (bootstrap)", "F1 (bootstrap)"};
        for (const analysis::TestSetInterval& t : statistics.test_set)
            table.rows.push_back({t.schedule, interval(t.auc.low, t.auc.high),
                                  interval(t.average_precision.low, t.average_precision.high),
                                  interval(t.f1.low, t.f1.high)});
    }
    return tables;
}

void print_statistics(std::ostream& out, const analysis::Statistics& statistics) {
    print_tables(out, statistics_tables(statistics));
}

void print_tables(std::ostream& out, const std::vector<TextTable>& tables) {
    const char* gap = "";
    for (const TextTable& table : tables) {
        out << gap << table.title << ":\n";
        TableRows rows{table.header};
        rows.insert(rows.end(), table.rows.begin(), table.rows.end());
        print_rows(out, rows);
        gap = "\n";
    }
}

std::vector<TextTable> threshold_tables(const std::vector<analysis::ThresholdSummary>& summaries,
                                        const std::string& goal) {
    if (summaries.empty()) return {};
    TextTable table;
    table.title = "Decisions on the test set at .5, and at a threshold tuned on held-out training images for " + goal;
    table.note =
        "Each run has a threshold of its own, from its probabilities of the images that no run was trained on; the "
        "test "
        "set has no say in it. A run that no threshold brings to the goal is left out of its row.";
    table.header = {"schedule",  "at .5: precision", "recall", "F1", "MCC",
                    "threshold", "tuned: precision", "recall", "F1", "MCC"};
    for (const analysis::ThresholdSummary& s : summaries) {
        auto& row = table.rows.emplace_back();
        row.push_back(s.row);
        for (const auto figure : kFigures) row.push_back(mean_and_sd(s.at_half.*figure, 3));
        row.push_back(mean_and_sd(s.threshold, 3));
        if (s.without > 0) row.back() += ", " + std::to_string(s.without) + " without";
        for (const auto figure : kFigures) row.push_back(mean_and_sd(s.tuned.*figure, 3));
    }
    return {table};
}

std::vector<TextTable> probability_tables(const std::vector<analysis::ProbabilitySummary>& summaries) {
    const auto has_remedy = [](const analysis::ProbabilitySummary& s) { return std::isfinite(s.training_share); };
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
    for (const analysis::ProbabilitySummary& s : summaries) {
        auto& row = table.rows.emplace_back();
        const bool known = std::isfinite(s.trained_share);
        row = {s.row, known ? number(s.trained_share, 3) : has_remedy(s) ? "not known" : "the data"};
        for (const analysis::ProbabilityFigures* figures : {&s.as_trained, &s.shifted}) {
            for (const analysis::Spread* spread : {&figures->brier, &figures->ece})
                row.push_back(mean_and_sd(*spread, 4));
            for (const analysis::Spread* spread : {&figures->precision, &figures->recall, &figures->f1})
                row.push_back(mean_and_sd(*spread, 3));
        }
    }
    return {table};
}

void print_table(std::ostream& out, const std::vector<analysis::ScheduleSummary>& summaries) {
    const bool all_finished = std::all_of(summaries.begin(), summaries.end(), [](const analysis::ScheduleSummary& s) {
        return s.diverged == 0 && s.stopped == 0;
    });
    TableRows rows{{"schedule", "runs", "sum of rates", "train loss", "AUC", "AP", "precision", "recall", "F1"}};
    for (const analysis::ScheduleSummary& s : summaries)
        rows.push_back({s.name, runs_of(s), s.seeds.empty() ? "-" : significant(s.sum_lr), mean_and_sd(s.train_loss, 3),
                        mean_and_sd(s.auc, 3), mean_and_sd(s.average_precision, 3), mean_and_sd(s.precision, 3),
                        mean_and_sd(s.recall, 3), mean_and_sd(s.f1, 3)});
    if (all_finished)
        for (auto& row : rows) row.erase(row.begin() + 1);
    print_rows(out, rows);
}

void print_budget(std::ostream& out, const std::vector<analysis::ScheduleSummary>& summaries,
                  std::optional<double> target_auc) {
    TableRows rows{{"budget", "runs", "updates", "sum of rates", "mean rate", "seconds", "images/s"}};
    if (target_auc)
        for (const char* what : {"updates to AUC ", "seconds to AUC "})
            rows.front().push_back(what + significant(*target_auc, 6));
    for (const analysis::ScheduleSummary& s : summaries) {
        auto& row = rows.emplace_back();
        const bool some = !s.seeds.empty();
        row = {s.name,
               runs_of(s),
               some ? std::to_string(s.updates) : "-",
               some ? significant(s.sum_lr) : "-",
               some ? significant(s.mean_lr) : "-",
               some ? number(s.seconds.value.mean, 1) : "-",
               some ? number(s.images_per_second.value.mean, 0) : "-"};
        if (!target_auc) continue;
        const std::size_t reached = s.updates_to_target.runs.size();
        row.push_back(mean_and_sd(s.updates_to_target, 0) + " (" + std::to_string(reached) + " of " +
                      std::to_string(s.seeds.size()) + ")");
        row.push_back(mean_and_sd(s.seconds_to_target, 1));
    }
    print_rows(out, rows);
}

}  // namespace cyclone::report
