#include <cyclone/report/report.h>

#include <cyclone/base/error.h>
#include <cyclone/base/version.h>
#include <cyclone/io/atomic_file.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include <zlib.h>

#include <cyclone/base/number_text.h>
#include "report/html.h"
#include "report/report_curves.h"
#include "report/report_figures.h"
#include "report/report_page.h"
#include "report/report_patches.h"

namespace cyclone::report {
namespace {

using namespace number_text;

constexpr std::size_t kErrorsShown = 8;

constexpr const char* kRemedies =
    " Remedies against imbalance get the same number of updates and the same rates; those that sample see other "
    "batches. Training losses of different remedies are different things. Precision, recall, F1 and the plots of "
    "probabilities "
    "show them as the nets give them, unless they are called shifted.";

std::string spread_text(const analysis::Spread& spread, int digits) {
    if (spread.runs.empty()) return "-";
    std::string text = number(spread.value.mean, digits);
    if (spread.value.n > 1 && std::isfinite(spread.value.sd)) text += " \xC2\xB1 " + number(spread.value.sd, digits);
    return text;
}

// The screen writes "+-".
std::string with_plus_minus(std::string text) {
    for (std::size_t at = text.find(" +- "); at != std::string::npos; at = text.find(" +- ", at))
        text.replace(at, 4, " \xC2\xB1 ");
    return text;
}

std::string status_text(const lab::Run& run) {
    const std::string name(name_of(run.status));
    return run.message.empty() ? name : name + (": " + run.message);
}

class Page {
public:
    explicit Page(const ReportInput& input) : input_(input), labels_(input.labels) {
        for (const lab::Run& run : input.runs)
            check(run.test_probability.empty() || run.test_probability.size() == labels_.size(), "write_report",
                  "expected a probability for each of ", labels_.size(), " test images, run ", run.row(), " seed ",
                  run.seed, " has ", run.test_probability.size());
    }

    std::string html() {
        figures_ = draw_figures(input_.runs, names(), labels_);
        return report_page(input_.title, head() + verdict() + results() + statistics() + training() + quality() +
                                             decisions() + patches() + method() + every_run() + words());
    }

private:
    bool has_remedies() const { return input_.record.balances != std::vector<std::string>{lab::kNoBalance}; }

    std::string name_with_key(std::size_t schedule) const {
        return line_key(schedule) + html_escaped(input_.summaries[schedule].name);
    }

    std::vector<std::string> names() const {
        std::vector<std::string> list;
        for (const analysis::ScheduleSummary& summary : input_.summaries) list.push_back(summary.name);
        return list;
    }

    std::string head() const {
        return text_element("h1", input_.title) + "\n" +
               text_element(
                   "p class=\"soft\"",
                   std::to_string(input_.summaries.size()) +
                       (has_remedies() ? " rows (schedules with remedies against imbalance), " : " schedules, ") +
                       std::to_string(input_.record.seeds.size()) + " seed(s), " + input_.record.data) +
               "\n<nav><a href=\"#verdict\">Verdict</a> <a href=\"#table\">Table</a> "
               "<a href=\"#statistics\">Statistics</a> <a href=\"#training\">Training</a> "
               "<a href=\"#quality\">Quality</a> <a href=\"#decisions\">Decisions</a> <a href=\"#patches\">Errors</a> "
               "<a href=\"#method\">Method</a> <a href=\"#runs\">Every run</a> <a href=\"#words\">Words</a></nav>\n";
    }

    std::string verdict() const {
        std::string html = "<ul>\n";
        for (const std::string& sentence : input_.conclusion)
            html += text_element("li", with_plus_minus(sentence)) + "\n";
        return report_section("verdict", "Verdict", html + "</ul>\n");
    }

    std::string results() const {
        std::vector<std::vector<std::string>> rows;
        bool single = false;
        for (std::size_t s = 0; s < input_.summaries.size(); ++s) {
            const analysis::ScheduleSummary& row = input_.summaries[s];
            std::string runs = std::to_string(row.seeds.size());
            if (row.diverged > 0) runs += ", " + std::to_string(row.diverged) + " diverged";
            if (row.stopped > 0) runs += ", " + std::to_string(row.stopped) + " stopped";
            const bool any = !row.seeds.empty();
            single = single || row.seeds.size() == 1;
            rows.push_back({name_with_key(s), any ? significant(row.sum_lr) : "-", spread_text(row.auc, 3),
                            spread_text(row.average_precision, 3), spread_text(row.f1, 3),
                            spread_text(row.precision, 3), spread_text(row.recall, 3), spread_text(row.train_loss, 3),
                            any ? significant(row.mean_lr) : "-", any ? std::to_string(row.updates) : "-",
                            any ? number(row.seconds.value.mean, 1) : "-", runs});
            if (input_.target_auc)
                rows.back().push_back(spread_text(row.updates_to_target, 0) + " (" +
                                      std::to_string(row.updates_to_target.runs.size()) + " of " +
                                      std::to_string(row.seeds.size()) + ")");
        }
        std::vector<std::string> header = {"schedule", "sum of rates", "AUC",       "AP",      "F1",      "precision",
                                           "recall",   "train loss",   "mean rate", "updates", "seconds", "runs"};
        if (input_.target_auc) header.push_back("updates to AUC " + significant(*input_.target_auc, 6));
        std::string html = html_table("wide", header, rows);
        html += text_element("p class=\"soft\"",
                             "Mean \xC2\xB1 standard deviation over the seeds. Precision, recall and F1 belong to "
                             "decisions at a probability of .5. Look at the sum of rates first: schedules with very "
                             "different sums had very different chances to learn.");
        if (single) html += report_note("One seed says nothing about the spread, so there is no standard deviation.");
        return report_section("table", "Results", html + "\n");
    }

    std::string training() const {
        return report_section("training", "While training",
                              report_pictures(figures_.training, names()) + epoch_losses());
    }

    std::string epoch_losses() const {
        std::size_t epochs = 0;
        for (const lab::Run& run : input_.runs) epochs = std::max(epochs, run.epoch_loss.size());
        if (epochs == 0) return {};
        std::vector<std::string> header = {"epoch"};
        for (std::size_t e = 1; e <= epochs; ++e) header.push_back(std::to_string(e));
        std::vector<std::vector<std::string>> loss_rows, auc_rows;
        for (std::size_t s = 0; s < input_.summaries.size(); ++s) {
            const RunList runs = finished_runs(input_.runs, input_.summaries[s].name);
            std::vector<std::string> losses = {name_with_key(s)}, aucs = losses;
            for (std::size_t e = 0; e < epochs; ++e) {
                losses.push_back(epoch_mean(runs, &lab::Run::epoch_loss, e));
                aucs.push_back(epoch_mean(runs, &lab::Run::epoch_auc, e));
            }
            loss_rows.push_back(losses);
            const bool tested =
                std::any_of(runs.begin(), runs.end(), [](const lab::Run* r) { return !r->epoch_auc.empty(); });
            if (tested) auc_rows.push_back(aucs);
        }
        std::string html = html_table("wide", header, loss_rows);
        if (!auc_rows.empty()) html += text_element("p", "AUC on the test set:") + html_table("wide", header, auc_rows);
        return fold_out("Training loss of each epoch, mean of the seeds", html);
    }

    static std::string epoch_mean(const RunList& runs, std::vector<double> lab::Run::*figures, std::size_t epoch) {
        double sum = 0;
        int count = 0;
        for (const lab::Run* run : runs)
            if (epoch < (run->*figures).size()) sum += (run->*figures)[epoch], ++count;
        return count > 0 ? number(sum / count, 4) : "-";
    }

    std::string quality() const {
        const auto positives = std::count(labels_.begin(), labels_.end(), 1);
        const bool both = positives > 0 && positives < static_cast<std::ptrdiff_t>(labels_.size());
        return report_section(
            "quality", "On the test set",
            (both ? ""
                  : report_note("The test set has images of one class only: AUC and the curves of rankings are "
                                "undefined.")) +
                report_pictures(figures_.quality, names()));
    }

    std::string decisions() const {
        std::string matrices;
        for (std::size_t s = 0; s < input_.summaries.size(); ++s) {
            metrics::BinaryCounts sum;
            for (const lab::Run* run : finished_runs(input_.runs, input_.summaries[s].name)) {
                sum.true_positives += run->test.counts.true_positives;
                sum.false_positives += run->test.counts.false_positives;
                sum.false_negatives += run->test.counts.false_negatives;
                sum.true_negatives += run->test.counts.true_negatives;
            }
            if (sum.total() > 0) matrices += confusion_matrix(s, sum);
        }
        std::string html;
        if (!matrices.empty())
            html = text_element("p",
                                "Decisions at a probability of .5, all seeds added up; the shade is the share of "
                                "the row. With a rare class look at its row: calling everything negative gives a "
                                "fine accuracy and finds nothing.") +
                   "\n<div class=\"matrices\">\n" + matrices + "</div>\n";
        return report_section("decisions", "Decisions and probabilities",
                              html + report_pictures(figures_.calibration, names()));
    }

    std::string confusion_matrix(std::size_t schedule, const metrics::BinaryCounts& counts) const {
        const auto cell = [](std::int64_t count, std::int64_t of) {
            const double share = of > 0 ? static_cast<double>(count) / static_cast<double>(of) : 0;
            return "<td style=\"background:rgba(var(--hit), " + number(0.45 * share, 2) + ")\"><b>" +
                   std::to_string(count) + "</b>" + (of > 0 ? number(100 * share, 1) + " %" : "n/a") + "</td>";
        };
        return "<div class=\"matrix\">" + element("h3", name_with_key(schedule)) +
               "<table><thead><tr><th></th><th>called negative</th><th>called positive</th></tr></thead><tbody>"
               "<tr><th scope=\"row\">is negative</th>" +
               cell(counts.true_negatives, counts.negatives()) + cell(counts.false_positives, counts.negatives()) +
               "</tr><tr><th scope=\"row\">is positive</th>" + cell(counts.false_negatives, counts.positives()) +
               cell(counts.true_positives, counts.positives()) + "</tr></tbody></table></div>\n";
    }

    std::string patches() const {
        std::optional<std::size_t> best;
        for (std::size_t s = 0; s < input_.summaries.size(); ++s) {
            const double auc = input_.summaries[s].auc.value.mean;
            if (std::isfinite(auc) && (!best || auc > input_.summaries[*best].auc.value.mean)) best = s;
        }
        std::string html;
        for (std::size_t s = 0; input_.images && s < input_.summaries.size(); ++s) {
            const auto probability = mean_probability(finished_runs(input_.runs, input_.summaries[s].name));
            if (probability.empty()) continue;
            const ConfidentErrors errors = confident_errors(labels_, probability, kErrorsShown);
            html += fold_out(name_with_key(s),
                             text_element("p", "Positives that were missed, the surest mistake first:") +
                                 strip(errors.missed, probability) +
                                 text_element("p", "Negatives called positive, the surest mistake first:") +
                                 strip(errors.false_alarms, probability),
                             s == best);
        }
        if (html.empty()) return {};
        return report_section(
            "patches", "The most confident errors",
            text_element("p",
                         "Under each image the probability of the positive class, mean of the seeds. Every "
                         "image is stretched from its darkest to its brightest pixel. Would you have known "
                         "better? A mistake that all schedules share may be a wrong label.") +
                "\n" + html);
    }

    std::string strip(const std::vector<std::int64_t>& images, const std::vector<double>& probability) const {
        if (images.empty()) return text_element("p class=\"soft\"", "none") + "\n";
        std::string html = "<div class=\"patches\">";
        for (const std::int64_t i : images) {
            const std::string p = number(probability[static_cast<std::size_t>(i)], 3);
            html += "<figure><img src=\"" + image_data_uri(*input_.images, i) + "\" alt=\"test image " +
                    std::to_string(i) + "\" title=\"test image " + std::to_string(i) + "\">" +
                    element("figcaption", p) + "</figure>";
        }
        return html + "</div>\n";
    }

    std::string statistics() const {
        std::string html;
        for (const TextTable& t : input_.statistics) {
            std::vector<std::string> header;
            std::vector<std::vector<std::string>> rows;
            for (const std::string& cell : t.header) header.push_back(html_escaped(cell));
            for (const auto& row : t.rows) {
                auto& cells = rows.emplace_back();
                for (const std::string& cell : row) cells.push_back(html_escaped(with_plus_minus(cell)));
            }
            html += text_element("h3", t.title) + "\n" +
                    (t.note.empty() ? "" : text_element("p class=\"soft\"", t.note)) + html_table("wide", header, rows);
        }
        return report_section("statistics", "Statistics", html);
    }

    std::string method() const {
        const lab::ComparisonRecord& record = input_.record;
        std::vector<std::vector<std::string>> facts;
        const auto add = [&facts](const std::string& name, const std::string& value) {
            facts.push_back({html_escaped(name), html_escaped(value)});
        };
        facts.push_back({"command", text_element("code", record.command)});
        add("data", record.data);
        std::string seeds;
        for (const std::uint64_t seed : record.seeds) seeds += (seeds.empty() ? "" : ", ") + std::to_string(seed);
        add("seeds", seeds);
        std::string balances;
        for (const std::string& name : record.balances) balances += (balances.empty() ? "" : ", ") + name;
        if (has_remedies()) add("remedies", balances);
        for (const auto& [name, value] : record.settings) add(name, value);
        add("Cyclone", version());
        for (const auto& [name, value] : lab::machine_facts()) add(name, value);
        add("compiler", __VERSION__);
        add("zlib", zlibVersion());
        std::vector<std::vector<std::string>> schedules;
        for (const auto& [name, definition] : record.schedules)
            schedules.push_back({html_escaped(name), html_escaped(definition)});
        return report_section("method", "What was compared and how",
                              text_element("p",
                                           "For one seed every schedule starts from the same weights and sees the same "
                                           "batches and dropout draws, so differences are paired. The test set is used "
                                           "for testing only." +
                                               std::string(has_remedies() ? kRemedies : "")) +
                                  "\n" + html_table("facts", {"schedule", "definition"}, schedules) +
                                  html_table("facts", {}, facts));
    }

    std::string every_run() const {
        std::vector<std::vector<std::string>> rows;
        for (const lab::Run& run : input_.runs) {
            rows.push_back({html_escaped(run.row()), std::to_string(run.seed), html_escaped(status_text(run))});
            auto& row = rows.back();
            if (run.status != lab::RunStatus::finished) continue;
            const metrics::BinaryReport& t = run.test;
            row.insert(row.end(), {std::to_string(run.updates), significant(run.sum_lr), number(run.train_loss, 4)});
            for (const double figure : {t.auc, t.average_precision, t.precision, t.recall, t.f1, t.balanced_accuracy,
                                        t.mcc, t.brier, t.log_loss, t.ece})
                row.push_back(number(figure, 4));
            row.insert(row.end(), {number(run.seconds, 1), number(run.images_per_second, 0)});
        }
        constexpr std::size_t kColumns = 18;
        for (auto& row : rows) row.resize(kColumns, "-");
        return report_section(
            "runs", "Every run",
            fold_out(std::to_string(rows.size()) + " runs",
                     html_table("wide",
                                {"schedule", "seed", "status", "updates", "sum of rates", "train loss", "AUC", "AP",
                                 "precision", "recall", "F1", "balanced accuracy", "MCC", "Brier", "log loss", "ECE",
                                 "seconds", "images/s"},
                                rows)));
    }

    static std::string words() {
        return report_words(
            {{"sum of rates", "The learning rates of all updates added up: with plain SGD, the budget of movement."},
             {"standard deviation",
              "How much a run differs when only the seed changes. It says nothing about another test set."}});
    }

    const ReportInput& input_;
    std::span<const std::int64_t> labels_;
    Figures figures_;
};

}  // namespace

void write_report(const std::filesystem::path& path, const ReportInput& input) {
    io::write_file_atomically(path, Page(input).html());
}

}  // namespace cyclone::report
