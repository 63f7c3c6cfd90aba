// The page of one training.
#include <cyclone/report/training_report.h>

#include <cyclone/base/error.h>
#include <cyclone/base/number_text.h>
#include <cyclone/io/atomic_file.h>
#include <cyclone/metrics/multiclass.h>
#include <cyclone/metrics/ranking.h>
#include <cyclone/metrics/uncertainty.h>

#include <algorithm>
#include <cmath>

#include "report/html.h"
#include "report/report_page.h"
#include "report/training_figures.h"

namespace cyclone::report {
namespace {

using namespace number_text;

using metrics::Average;
using metrics::ConfusionMatrix;

constexpr std::int64_t kLargestMatrix = 20;
constexpr double kHalf = 0.5;

std::vector<std::string> escaped(std::vector<std::string> texts) {
    for (std::string& text : texts) text = html_escaped(text);
    return texts;
}

class TrainingPage {
public:
    explicit TrainingPage(const TrainingReportInput& input) : input_(input), classes_(input.class_names.size()) {
        check(classes_ >= 2, "write_training_report", "expected at least two classes, got ", classes_);
        check(!input.sets.empty(), "write_training_report", "expected at least one set of images");
        for (const ReportedSet& set : input.sets)
            check(!set.labels.empty() && set.probabilities.size() == set.labels.size() * classes_,
                  "write_training_report", "expected ", classes_, " probabilities for each of ", set.labels.size(),
                  " images of the set ", set.name, ", got ", set.probabilities.size());
    }

    std::string html() {
        figures_ = draw_training(input_.history, input_.best_epoch, input_.class_names, input_.sets);
        return report_page(input_.title,
                           head() + results() + decisions() + training() + quality() + method() + report_glossary());
    }

private:
    bool binary() const { return classes_ == 2; }
    bool shows_matrix() const { return classes() <= kLargestMatrix; }
    const ReportedSet& shown() const { return input_.sets.back(); }
    std::int64_t classes() const { return static_cast<std::int64_t>(classes_); }

    ConfusionMatrix matrix_of(const ReportedSet& set) const {
        return {set.labels, metrics::predicted_classes(set.probabilities, classes()), classes()};
    }

    std::string head() const {
        const auto& epochs = input_.history.epochs();
        std::string text = std::to_string(classes_) + " classes; weights of epoch " +
                           std::to_string(input_.best_epoch) + " of " +
                           std::to_string(epochs.empty() ? 0 : epochs.back().epoch);
        if (!input_.chosen_by.empty()) text += ", chosen by " + input_.chosen_by;
        return text_element("h1", input_.title) + "\n" + text_element("p class=\"soft\"", text) +
               "\n<nav><a href=\"#results\">Results</a> " +
               (shows_matrix() ? "<a href=\"#decisions\">Decisions</a> " : "") +
               "<a href=\"#training\">Training</a> <a href=\"#quality\">Quality</a> <a href=\"#method\">Method</a> "
               "<a href=\"#glossary\">Glossary</a></nav>\n";
    }

    std::string results() const {
        return report_section("results", "Results", binary() ? binary_results() : averages() + class_table());
    }

    std::string binary_results() const {
        std::vector<std::vector<std::string>> rows;
        for (const ReportedSet& set : input_.sets) {
            const auto scores = scores_of_class(set, 1, classes_);
            const auto r = metrics::binary_report(set.labels, scores);
            const auto limits = metrics::auc_interval(set.labels, scores);
            rows.push_back(escaped({set.name, std::to_string(set.labels.size()), std::to_string(r.positives),
                                    number(r.auc, 4), interval(limits.low, limits.high), number(r.average_precision, 4),
                                    number(r.brier, 4), number(r.log_loss, 4), number(r.ece, 4)}));
        }
        return html_table("wide",
                          {"images", "number", "positive", "AUC", "95 % (DeLong)", "AP", "Brier", "log loss", "ECE"},
                          rows) +
               text_element("p class=\"soft\"",
                            "The positive class is " + input_.class_names[1] +
                                ". The interval says what another set of as many images might have shown, not what "
                                "another training would have. Figures of validation images flatter: the epoch and the "
                                "threshold were chosen on them.") +
               "\n";
    }

    std::string averages() const {
        std::vector<std::vector<std::string>> rows;
        for (const ReportedSet& set : input_.sets) {
            const ConfusionMatrix m = matrix_of(set);
            std::vector<std::string> row = {
                set.name,
                std::to_string(set.labels.size()),
                number(metrics::accuracy(m), 4),
                number(metrics::balanced_accuracy(m), 4),
                number(metrics::mcc(m), 4),
                number(metrics::multiclass_log_loss(set.labels, set.probabilities, classes()), 4)};
            for (const Average average : {Average::macro, Average::weighted})
                for (const double value :
                     {metrics::precision(m, average), metrics::recall(m, average), metrics::f1(m, average),
                      metrics::roc_auc_one_vs_rest(set.labels, set.probabilities, classes(), average)})
                    row.push_back(number(value, 4));
            rows.push_back(escaped(std::move(row)));
        }
        return html_table("wide",
                          {"images", "number", "accuracy", "balanced accuracy", "MCC", "log loss", "macro: precision",
                           "recall", "F1", "AUC", "weighted: precision", "recall", "F1", "AUC"},
                          rows) +
               text_element("p class=\"soft\"",
                            "Macro: every class counts the same; weighted: by its number of images. AUC is of each "
                            "class against the rest.") +
               "\n";
    }

    std::string class_table() const {
        const ReportedSet& set = shown();
        const ConfusionMatrix m = matrix_of(set);
        const auto auc = metrics::roc_auc_one_vs_rest(set.labels, set.probabilities, classes());
        std::vector<std::vector<std::string>> rows;
        for (std::size_t c = 0; c < classes_; ++c) {
            const auto counts = m.one_vs_rest(static_cast<std::int64_t>(c));
            const double ap = counts.positives() > 0 ? metrics::average_precision(labels_of_class(set, c),
                                                                                  scores_of_class(set, c, classes_))
                                                     : std::nan("");
            rows.push_back(escaped({input_.class_names[c], std::to_string(counts.positives()),
                                    number(metrics::precision(counts), 4), number(metrics::recall(counts), 4),
                                    number(metrics::f1(counts), 4), number(auc[c], 4), number(ap, 4)}));
        }
        return text_element("h3", "Each class on the " + set.name + " images") + "\n" +
               html_table("wide", {"class", "images", "precision", "recall", "F1", "AUC", "AP"}, rows);
    }

    std::string decisions() const {
        if (!binary()) {
            if (!shows_matrix()) return {};
            return report_section("decisions", "Decisions", matrix_note() + matrix_html(matrix_of(shown())));
        }
        std::vector<std::vector<std::string>> rows;
        for (const ReportedSet& set : input_.sets)
            for (const double threshold : {kHalf, input_.threshold}) rows.push_back(decision_row(set, threshold));
        std::string html =
            html_table("wide", {"decided at", "precision", "recall", "F1", "MCC", "accuracy", "balanced accuracy"},
                       rows) +
            text_element("p class=\"soft\"",
                         "The second threshold was tuned on the validation images" +
                             (input_.threshold_goal.empty() ? "" : " for " + input_.threshold_goal) + ".") +
            matrix_note() + "<div class=\"matrices\">\n";
        for (const double threshold : {kHalf, input_.threshold}) {
            std::vector<std::int64_t> called;
            for (const double p : scores_of_class(shown(), 1, classes_)) called.push_back(p > threshold);
            html += element("div class=\"matrix\"", text_element("h3", "At " + significant(threshold)) +
                                                        matrix_html({shown().labels, called, classes()})) +
                    "\n";
        }
        return report_section("decisions", "Decisions", html + "</div>\n");
    }

    std::vector<std::string> decision_row(const ReportedSet& set, double threshold) const {
        const auto r = metrics::binary_report(set.labels, scores_of_class(set, 1, classes_), threshold);
        std::vector<std::string> row = {set.name + ", " + significant(threshold)};
        for (const double value : {r.precision, r.recall, r.f1, r.mcc, r.accuracy, r.balanced_accuracy})
            row.push_back(number(value, 4));
        return escaped(std::move(row));
    }

    std::string matrix_note() const {
        return text_element("p",
                            "What the " + shown().name +
                                " images are (rows) and what they were called (columns); the shade is the fraction "
                                "of the row. With a rare class look at its row.") +
               "\n";
    }

    std::string matrix_html(const ConfusionMatrix& m) const {
        std::string html = "<div class=\"scroll\"><table class=\"confusion\"><thead><tr><th></th>";
        for (const std::string& name : input_.class_names) html += text_element("th scope=\"col\"", name);
        html += "</tr></thead>\n<tbody>\n";
        for (std::int64_t label = 0; label < classes(); ++label) {
            const auto of = static_cast<double>(m.one_vs_rest(label).positives());
            html += "<tr>" + text_element("th scope=\"row\"", input_.class_names[static_cast<std::size_t>(label)]);
            for (std::int64_t c = 0; c < classes(); ++c) {
                const double fraction = of > 0 ? static_cast<double>(m(label, c)) / of : 0;
                html += "<td style=\"background:rgba(var(--hit), " + number(0.45 * fraction, 2) + ")\"><b>" +
                        std::to_string(m(label, c)) + "</b>" + (of > 0 ? number(100 * fraction, 1) + " %" : "n/a") +
                        "</td>";
            }
            html += "</tr>\n";
        }
        return html + "</tbody></table></div>\n";
    }

    std::string training() const {
        std::vector<std::vector<std::string>> rows;
        for (const train::EpochRow& row : input_.history.epochs()) {
            rows.push_back({std::to_string(row.epoch), std::to_string(row.updates), number(row.train_loss, 4)});
            const auto& v = row.validation;
            const double nan = std::nan("");
            for (const double value : {v ? v->loss : nan, v ? v->accuracy : nan, v ? v->auc : nan, v ? v->f1 : nan})
                rows.back().push_back(number(value, 4));
            rows.back().push_back(number(row.seconds, 1));
            rows.back().push_back(number(row.images_per_second, 0));
        }
        const std::string table =
            fold_out("Every epoch", html_table("wide",
                                               {"epoch", "updates", "train loss", "validation loss", "accuracy", "AUC",
                                                "F1", "seconds", "images/s"},
                                               rows));
        return report_section("training", "While training",
                              report_pictures(figures_.losses, figures_.loss_names) +
                                  report_pictures(figures_.metrics, figures_.metric_names) + table);
    }

    std::string quality() const {
        return report_section("quality", "Rankings and probabilities",
                              report_pictures(figures_.ranking, figures_.ranking_names) +
                                  report_pictures(figures_.calibration, figures_.set_names));
    }

    std::string method() const {
        std::vector<std::vector<std::string>> facts;
        for (const auto& [name, value] : input_.facts)
            facts.push_back(
                {html_escaped(name), name == "command" ? text_element("code", value) : html_escaped(value)});
        return report_section(
            "method", "What was trained and how",
            (facts.empty() ? "" : html_table("facts", {}, facts)) + report_provenance({input_.provenance}));
    }

    const TrainingReportInput& input_;
    std::size_t classes_;
    TrainingFigures figures_;
};

}  // namespace

void write_training_report(const std::filesystem::path& path, const TrainingReportInput& input) {
    io::write_file_atomically(path, TrainingPage(input).html());
}

}  // namespace cyclone::report
