// The results of a comparison as tables.
#include <cyclone/base/number_text.h>
#include <cyclone/report/tables.h>

#include <algorithm>
#include <cmath>
#include <ostream>

#include "report/colours.h"
#include "report/report_plot.h"

namespace cyclone::report {
namespace {

using analysis::Configuration;
using number_text::significant;

// Columns of metrics, by Metric::name.
using Columns = std::vector<std::string>;

void add_header(Table& table, const Columns& metrics, const std::string& first_prefix = {}) {
    for (const std::string& metric : metrics)
        table.header.push_back((&metric == &metrics.front() ? first_prefix : "") + metrics::table().at(metric).label);
}

void add_cells(std::vector<Cell>& row, const analysis::MetricSpreads& spreads, const Columns& metrics) {
    for (const std::string& metric : metrics)
        row.push_back(Cell::spread(spreads[metric], metrics::table().at(metric).mean_digits));
}

std::string runs_of(const Configuration& c) {
    std::string text = std::to_string(c.seeds.size());
    if (c.diverged > 0) text += ", " + std::to_string(c.diverged) + " diverged";
    if (c.stopped > 0) text += ", " + std::to_string(c.stopped) + " stopped";
    return text;
}

std::string percent(double level) { return significant(100 * level) + " %"; }

}  // namespace

Table results_table(const analysis::Results& results) {
    const auto& all = results.configurations;
    const std::size_t seeds = results.record.seeds.size();
    const bool all_finished = std::all_of(all.begin(), all.end(), [&](const Configuration& c) {
        return c.diverged == 0 && c.stopped == 0 && c.seeds.size() >= seeds;
    });
    const Columns columns = {"auc", "average_precision", "precision", "recall", "f1"};
    Table table{.note =
                    "Mean \xC2\xB1 standard deviation over the seeds. Precision, recall and F1 belong to decisions at "
                    "a probability of 0.5. Look at the learning-rate budget first: schedules with very different "
                    "budgets had very different chances to learn.",
                .header = {"schedule"},
                .colours = colours_of(results)};
    if (!all_finished) table.header.push_back("runs");
    table.header.insert(table.header.end(), {"LR budget", "train loss"});
    add_header(table, columns);
    for (const Configuration& c : all) {
        auto& row = table.rows.emplace_back();
        row.push_back(c.name);
        if (!all_finished) row.push_back(runs_of(c));
        row.push_back(c.seeds.empty() ? Cell("-") : Cell::significant(c.sum_lr));
        row.push_back(Cell::spread(c.train_loss, 3));
        add_cells(row, c.test, columns);
    }
    return table;
}

Table budget_table(const analysis::Results& results) {
    Table table{.title = "Learning-rate budget and time",
                .note = "The learning-rate budget is the sum of the learning rates of all updates.",
                .header = {"schedule", "runs", "updates", "LR budget", "mean rate", "seconds", "images/s"},
                .colours = colours_of(results)};
    if (results.target_auc) {
        table.note += " The AUC to be reached is the baseline's mean less " +
                      significant(results.statistics.alike_within) + ", unless --target-auc names one.";
        for (const char* what : {"updates to AUC ", "seconds to AUC "})
            table.header.push_back(what + significant(*results.target_auc, 6));
    }
    for (const Configuration& c : results.configurations) {
        auto& row = table.rows.emplace_back();
        row = {c.name, runs_of(c)};
        if (c.seeds.empty())
            row.resize(7, "-");
        else
            row.insert(row.end(),
                       {Cell::count(c.updates), Cell::significant(c.sum_lr), Cell::significant(c.mean_lr),
                        Cell::fixed(c.seconds.value().mean, 1), Cell::fixed(c.images_per_second.value().mean, 0)});
        if (!results.target_auc) continue;
        row.push_back(c.curves.auc.x.empty() ? Cell("-")  // an average is not measured on the way
                                             : Cell::spread(c.updates_to_target, 0)
                                                   .with(" (" + std::to_string(c.updates_to_target.runs.size()) +
                                                         " of " + std::to_string(c.seeds.size()) + ")"));
        row.push_back(Cell::spread(c.seconds_to_target, 1));
    }
    return table;
}

Table threshold_table(const analysis::Results& results) {
    const Columns columns = {"precision", "recall", "f1", "mcc"};
    Table table{.title = "Decisions on the test set at 0.5, and at a threshold tuned on held-out training images" +
                         (results.threshold_goal.empty() ? "" : " for " + results.threshold_goal),
                .note =
                    "Each run has a threshold of its own, from its probabilities of images that no run was trained "
                    "on; the test set is not used. Runs that no threshold brings to the goal are left out.",
                .header = {"schedule"}};
    add_header(table, columns, "at 0.5: ");
    table.header.push_back("threshold");
    add_header(table, columns, "tuned: ");
    for (const analysis::ThresholdSummary& s : results.thresholds) {
        auto& row = table.rows.emplace_back();
        row.push_back(s.configuration);
        add_cells(row, s.at_half, columns);
        row.push_back(
            Cell::spread(s.threshold, 3).with(s.without > 0 ? ", " + std::to_string(s.without) + " without" : ""));
        add_cells(row, s.tuned, columns);
    }
    return table;
}

Table probability_table(const analysis::Results& results) {
    const Columns columns = {"brier", "ece", "precision", "recall", "f1"};
    Table table{.title =
                    "Probabilities as the models predict them, and shifted to the training set's fraction of "
                    "positives",
                .note =
                    "Rebalancing calibrates a model to another fraction of positives (trained for). Its "
                    "probabilities, and decisions at 0.5, belong to that fraction; shifting brings them back. AUC "
                    "and AP are the same for both. Without a known fraction (focal loss) nothing can be shifted; "
                    "calibrate such probabilities on a validation set.",
                .header = {"schedule", "trained for"}};
    add_header(table, columns);
    for (const std::string& metric : columns) table.header.push_back("shifted: " + metrics::table().at(metric).label);
    for (const analysis::ProbabilitySummary& s : results.probabilities) {
        auto& row = table.rows.emplace_back();
        row = {s.configuration, std::isfinite(s.trained_prior)    ? Cell::fixed(s.trained_prior, 3)
                                : std::isfinite(s.training_prior) ? Cell("not known")
                                                                  : Cell("the data")};
        add_cells(row, s.as_trained, columns);
        add_cells(row, s.shifted, columns);
    }
    return table;
}

Table difference_table(const analysis::Statistics& statistics) {
    const auto& all = statistics.differences;
    const bool one_baseline = std::all_of(all.begin(), all.end(), [&](const analysis::BaselineDifference& d) {
        return d.baseline == statistics.baseline;
    });
    Table table{.title = "Differences to " + (one_baseline ? statistics.baseline : "the row named beside it") + ", " +
                         percent(statistics.level) + " intervals and p for all of a metric at once (Bonferroni)",
                .note =
                    "Training runs: would other seeds say the same? Test set: would another test set of this size? "
                    "Alike is what lies within " +
                    significant(statistics.alike_within) + " with its whole interval.",
                .header = {"schedule"}};
    if (!one_baseline) table.header.push_back("against");
    table.header.insert(table.header.end(),
                        {"metric", "seeds", "difference", "training runs: t", "p", "verdict", "test set: DeLong", "p"});
    const auto add = [&](const analysis::BaselineDifference& d, const char* metric,
                         const analysis::RunDifference& of) -> std::vector<Cell>& {
        auto& row = table.rows.emplace_back();
        row.push_back(d.schedule);
        if (!one_baseline) row.push_back(d.baseline);
        row.insert(row.end(), {metric, Cell::count(d.seeds.size()), Cell::signed_fixed(of.paired.difference.mean, 4),
                               Cell::signed_interval(of.low, of.high, 4), Cell::p_value(of.p_corrected),
                               Cell(std::string(name_of(of.verdict)))});
        return row;
    };
    for (const analysis::BaselineDifference& d : all) {
        auto& row = add(d, "AUC", d.auc);
        row.push_back(Cell::signed_interval(d.test_set_low, d.test_set_high, 4));
        row.push_back(Cell::p_value(d.test_set_p_corrected));
        auto& precision = add(d, "AP", d.average_precision);
        precision.resize(table.header.size(), "-");
    }
    return table;
}

Table test_set_table(const analysis::Statistics& statistics) {
    Table table{
        .title = "Uncertainty of the means from the size of the test set, " + percent(statistics.level) + " intervals",
        .header = {"schedule", "AUC (DeLong)", "AP (bootstrap)", "F1 (bootstrap)"}};
    for (const analysis::TestSetInterval& t : statistics.test_set)
        table.rows.push_back({t.schedule, Cell::interval(t.auc.low, t.auc.high),
                              Cell::interval(t.average_precision.low, t.average_precision.high),
                              Cell::interval(t.f1.low, t.f1.high)});
    return table;
}

Table run_table(const analysis::Results& results) {
    Table table{.header = {"schedule", "seed", "status", "updates", "LR budget", "train loss"}};
    for (const metrics::Metric& metric : metrics::table()) table.header.push_back(metric.label);
    table.header.insert(table.header.end(), {"seconds", "images/s"});
    for (const lab::Run& run : results.runs) {
        auto& row = table.rows.emplace_back();
        row = {run.configuration(), Cell::count(run.seed), Cell(std::string(name_of(run.status)))};
        if (!run.message.empty()) row.back() = std::move(row.back()).with(": " + run.message);
        if (run.status != lab::RunStatus::finished) {
            row.resize(table.header.size(), "-");
            continue;
        }
        row.insert(row.end(),
                   {Cell::count(run.updates), Cell::significant(run.sum_lr), Cell::fixed(run.train_loss, 4)});
        for (const metrics::Metric& metric : metrics::table())
            row.push_back(Cell::fixed(run.test[metric], metric.digits));
        row.insert(row.end(), {Cell::fixed(run.seconds, 1), Cell::fixed(run.images_per_second, 0)});
    }
    return table;
}

void print(std::ostream& out, const analysis::Results& results, std::size_t width) {
    for (const Table& table :
         {results_table(results), budget_table(results), threshold_table(results), probability_table(results),
          difference_table(results.statistics), test_set_table(results.statistics)}) {
        print(out, table, width);
        if (!table.rows.empty()) out << '\n';
    }
    const auto diverged = diverged_sentences(results);
    for (const std::string& sentence : diverged) out << sentence << '\n';
    if (!diverged.empty()) out << '\n';
    for (const std::string& sentence : results.conclusion) out << sentence << '\n';
}

}  // namespace cyclone::report
