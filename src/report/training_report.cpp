// The page of one training, section by section.
#include <cyclone/report/training_report.h>

#include <cyclone/base/error.h>
#include <cyclone/base/number_text.h>
#include <cyclone/io/atomic_file.h>
#include <cyclone/metrics/multiclass.h>
#include <cyclone/metrics/ranking.h>
#include <cyclone/metrics/uncertainty.h>
#include <cyclone/report/plot.h>

#include <cmath>

#include "report/html.h"
#include "report/page_data.h"
#include "report/report_page.h"
#include "report/training_figures.h"

namespace cyclone::report {
namespace {

using lab::Training;
using metrics::Average;
using metrics::ConfusionMatrix;
using number_text::significant;

constexpr std::size_t kLargestMatrix = 20;
constexpr double kHalf = 0.5;

bool is_binary(const Training& training) { return training.class_names.size() == 2; }
bool shows_matrix(const Training& training) { return training.class_names.size() <= kLargestMatrix; }

ConfusionMatrix matrix_of(const metrics::Predictions& p) {
    return {p.labels, metrics::predicted_classes(p.probabilities, p.classes()), p.classes()};
}

std::string pictures(const NamedPlots& named) { return report_pictures(named.plots, named.names); }

std::string head(const Training& training, const std::string& title) {
    std::string text = std::to_string(training.class_names.size()) + " classes; weights of epoch " +
                       std::to_string(training.best_epoch) + " of " +
                       std::to_string(training.epochs.empty() ? 0 : training.epochs.back().epoch);
    if (!training.chosen_by.empty()) text += ", chosen by " + training.chosen_by;
    return text_element("h1", title) + "\n" + text_element("p class=\"soft\"", text) + "\n" +
           (training.gave_up.empty() ? "" : report_note("Gave up: " + training.gave_up)) +
           "<nav><a href=\"#results\">Results</a> " +
           (shows_matrix(training) ? "<a href=\"#decisions\">Decisions</a> " : "") +
           "<a href=\"#training\">Training</a> <a href=\"#quality\">Quality</a> <a href=\"#method\">Method</a> "
           "<a href=\"#glossary\">Glossary</a></nav>\n";
}

Table binary_table(const Training& training) {
    Table table{.note = "The positive class is " + training.class_names[1] +
                        ". The interval says what another set of as many images might have shown, not what another "
                        "training would have. Metrics of validation images flatter: the epoch and the threshold were "
                        "chosen on them.",
                .header = {"images", "number", "positive", "AUC", "95 % (DeLong)", "AP", "Brier", "log loss", "ECE"}};
    for (const auto& [name, p] : training.sets) {
        const auto scores = p.positive();
        const auto r = metrics::binary_report(p.labels, scores);
        const auto limits = metrics::auc_interval(p.labels, scores);
        table.rows.push_back({name, std::to_string(p.samples()), std::to_string(r.positives), Cell::fixed(r.auc, 4),
                              Cell::interval(limits.low, limits.high),
                              metrics::cell(metrics::table().at("average_precision"), r, &r.counts),
                              Cell::fixed(r.brier, 4), Cell::fixed(r.log_loss, 4), Cell::fixed(r.ece, 4)});
    }
    return table;
}

Table averages(const Training& training) {
    Table table{.note =
                    "Macro: every class counts the same; weighted: by its number of images. AUC is of each class "
                    "against the rest.",
                .header = {"images", "number", "accuracy", "balanced accuracy", "MCC", "log loss", "macro: precision",
                           "recall", "F1", "AUC", "weighted: precision", "recall", "F1", "AUC"}};
    for (const auto& [name, p] : training.sets) {
        const ConfusionMatrix m = matrix_of(p);
        auto& row = table.rows.emplace_back();
        row = {name, std::to_string(p.samples())};
        const auto add = [&row](double value) { row.push_back(Cell::fixed(value, 4)); };
        add(metrics::accuracy(m)), add(metrics::balanced_accuracy(m)), add(metrics::mcc(m));
        add(metrics::multiclass_log_loss(p.labels, p.probabilities, p.classes()));
        for (const Average average : {Average::macro, Average::weighted}) {
            add(metrics::precision(m, average)), add(metrics::recall(m, average)), add(metrics::f1(m, average));
            add(metrics::roc_auc_one_vs_rest(p.labels, p.probabilities, p.classes(), average));
        }
    }
    return table;
}

Table class_table(const Training& training) {
    const auto& [name, p] = training.sets.back();
    Table table{.title = "Each class on the " + name + " images",
                .header = {"class", "images", "precision", "recall", "F1", "AUC", "AP"}};
    const ConfusionMatrix m = matrix_of(p);
    const auto auc = metrics::roc_auc_one_vs_rest(p.labels, p.probabilities, p.classes());
    for (std::int64_t c = 0; c < p.classes(); ++c) {
        const auto place = static_cast<std::size_t>(c);
        const auto counts = m.one_vs_rest(c);
        const double ap =
            counts.positives() > 0 ? metrics::average_precision(p.is_class(c), p.column(c)) : std::nan("");
        auto& row = table.rows.emplace_back();
        row = {training.class_names[place], std::to_string(counts.positives())};
        const double nan = std::nan("");
        for (const double value :
             {metrics::precision(counts, nan), metrics::recall(counts, nan), metrics::f1(counts, nan), auc[place], ap})
            row.push_back(Cell::fixed(value, 4));
    }
    return table;
}

std::string results(const Training& training) {
    return report_section(
        "results", "Results",
        (is_binary(training) ? report_table(binary_table(training))
                             : report_table(averages(training)) + report_table(class_table(training))) +
            (training.others.empty() ? "" : report_table(weights_table(training))));
}

// Folders of earlier versions do not tell the goal.
std::vector<double> thresholds_of(const Training& training) {
    if (training.threshold_goal.empty() && training.threshold == kHalf) return {kHalf};
    return {kHalf, training.threshold};
}

Table decision_table(const Training& training) {
    const std::vector<double> thresholds = thresholds_of(training);
    Table table{.note = thresholds.size() == 1
                            ? "No threshold was tuned."
                            : "The second threshold was tuned on the validation images" +
                                  (training.threshold_goal.empty() ? "" : " for " + training.threshold_goal) + ".",
                .header = {"decided at"}};
    for (const metrics::Metric& metric : metrics::table())
        if (metric.uses_threshold) table.header.push_back(metric.label);
    for (const auto& [name, p] : training.sets)
        for (const double threshold : thresholds) {
            const auto r = metrics::binary_report(p.labels, p.positive(), threshold);
            auto& row = table.rows.emplace_back();
            row.push_back(name + ", " + significant(threshold));
            for (const metrics::Metric& metric : metrics::table())
                if (metric.uses_threshold) row.push_back(metrics::cell(metric, r, &r.counts));
        }
    return table;
}

std::string matrix_html(const std::vector<std::string>& names, const ConfusionMatrix& m) {
    std::vector<std::vector<std::int64_t>> counts(names.size());
    for (std::int64_t label = 0; label < m.classes(); ++label)
        for (std::int64_t c = 0; c < m.classes(); ++c) counts[static_cast<std::size_t>(label)].push_back(m(label, c));
    return confusion_table(names, names, counts);
}

std::string decisions(const Training& training) {
    if (!shows_matrix(training)) return {};
    const auto& [name, p] = training.sets.back();
    const std::string note =
        text_element("p", "What the " + name +
                              " images are (rows) and what they were called (columns); the shade is the fraction of "
                              "the row. With a rare class look at its row.") +
        "\n";
    if (!is_binary(training))
        return report_section("decisions", "Decisions", note + matrix_html(training.class_names, matrix_of(p)));
    std::string html = report_table(decision_table(training)) + note + "<div class=\"matrices\">\n";
    for (const double threshold : thresholds_of(training)) {
        std::vector<std::int64_t> called;
        for (const double positive : p.positive()) called.push_back(positive > threshold);
        html += element("div class=\"matrix\"",
                        text_element("h3", "At " + significant(threshold)) +
                            matrix_html(training.class_names, ConfusionMatrix(p.labels, called, p.classes()))) +
                "\n";
    }
    return report_section("decisions", "Decisions", html + "</div>\n");
}

Table epoch_table(const Training& training) {
    Table table{.header = {"epoch", "updates", "train loss", "validation loss", "accuracy", "AUC", "F1", "seconds",
                           "images/s"}};
    const double nan = std::nan("");
    for (const train::EpochRow& row : training.epochs) {
        const auto& v = row.validation;
        auto& cells = table.rows.emplace_back();
        cells = {std::to_string(row.epoch), std::to_string(row.updates), Cell::fixed(row.train_loss, 4)};
        for (const double value : {v ? v->loss : nan, v ? v->accuracy : nan, v ? v->auc : nan, v ? v->f1 : nan})
            cells.push_back(Cell::fixed(value, 4));
        cells.push_back(Cell::fixed(row.seconds, 1));
        cells.push_back(Cell::fixed(row.images_per_second, 0));
    }
    return table;
}

std::string while_training(const Training& training) {
    const Plot course = training_course(training, kWide);
    if (course.panels.empty()) return {};
    return report_section(
        "training", "While training",
        plot_to_touch(report_figure(course, "broad") + report_figure(training_course(training, kNarrow), "narrow")) +
            fold_out("Every epoch", report_table(epoch_table(training))));
}

std::string quality(const Training& training) {
    return report_section("quality", "Rankings and probabilities",
                          pictures(training_rankings(training)) + pictures(training_calibration(training)));
}

std::string method(const lab::TrainingRecord& record) {
    TextPairs facts{{"command", record.command}};
    facts.insert(facts.end(), record.facts.begin(), record.facts.end());
    return report_section("method", "What was trained and how",
                          report_facts(facts) + report_provenance({record.provenance}));
}

void check_training(const Training& training, const std::string& where) {
    const auto classes = static_cast<std::int64_t>(training.class_names.size());
    check(classes >= 2, where, "expected at least two classes, got ", classes);
    check(!training.sets.empty(), where, "expected at least one set of images");
    for (const auto& [name, p] : training.sets)
        check(!p.labels.empty() && p.probabilities.size() == p.labels.size() * training.class_names.size(), where,
              "expected ", classes, " probabilities for each of ", p.labels.size(), " images of the set ", name,
              ", got ", p.probabilities.size());
}

}  // namespace

Table weights_table(const Training& training) {
    const auto& [set, p] = training.sets.back();
    Table table{.title = "Other weights of this training on the " + set + " images",
                .note = "The chosen ones first; " +
                        std::string(is_binary(training) ? "decisions at 0.5" : "the highest probability decides") +
                        ". All come from the same updates, so their difference "
                        "is that of the weights; one training does not say whether another would show it.",
                .header = {"weights", "what they are"}};
    for (const metrics::Metric& metric : metrics::table()) table.header.push_back(metric.label);
    const auto add = [&](const std::string& file, const std::string& what, const metrics::MetricValues& values) {
        auto& row = table.rows.emplace_back();
        row = {file, what};
        for (const metrics::Metric& metric : metrics::table())
            row.push_back(Cell::fixed(values[metric], metric.digits));
    };
    add("best.safetensors", "weights of epoch " + std::to_string(training.best_epoch),
        metrics::evaluate(metrics::MetricInput(p)));
    for (const lab::OtherWeights& other : training.others) add(other.file, other.what, other.metrics);
    return table;
}

void write_training_page(const std::filesystem::path& path, const Training& training, const lab::TrainingRecord& record,
                         int refresh_seconds) {
    check_training(training, path.string());
    // The path is among the facts.
    const std::filesystem::path data = std::filesystem::path(training.data).lexically_normal();
    const std::string title = "Training on " + (data.has_filename() ? data : data.parent_path()).filename().string();
    io::write_file_atomically(
        path, report_page(title,
                          head(training, title) + results(training) + decisions(training) + while_training(training) +
                              quality(training) + method(record) + report_glossary() +
                              page_data(training_course(training, kWide)) + page_script(),
                          refresh_seconds));
}

void write(const std::filesystem::path& folder, const Training& training, const lab::TrainingRecord& record) {
    PlotSeries trained{"training", {}, {}}, validation{"validation", {}, {}};
    for (const train::EpochRow& row : training.epochs) {
        const auto epoch = static_cast<double>(row.epoch);
        trained.x.push_back(epoch), trained.y.push_back(row.train_loss);
        if (row.validation) validation.x.push_back(epoch), validation.y.push_back(row.validation->loss);
    }
    if (trained.x.size() > 1)
        plot_lines(folder / "curves.svg", "Loss", {trained, validation}, {.label = "epoch"},
                   {.label = "loss", .low = 0});
    write_training_page(folder / "report.html", training, record);
}

}  // namespace cyclone::report
