// The page of a comparison, section by section.
#include <cyclone/analysis/seed_cloud.h>
#include <cyclone/base/error.h>
#include <cyclone/base/number_text.h>
#include <cyclone/io/atomic_file.h>
#include <cyclone/io/input_file.h>
#include <cyclone/report/plot.h>
#include <cyclone/report/report.h>
#include <cyclone/report/tables.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <optional>

#include "report/colours.h"
#include "report/comparison_figures.h"
#include "report/html.h"
#include "report/image_uri.h"
#include "report/overview.h"
#include "report/page_data.h"
#include "report/report_page.h"
#include "report/report_plot.h"

namespace cyclone::report {
namespace {

using analysis::Configuration;
using analysis::Results;
using number_text::number;

constexpr const char* kLivePage = "live.html";
constexpr const char* kTryLive =
    "<p>Try it: <a href=\"live.html\">a network that trains in the browser while you move its learning rate</a>.</p>\n";

constexpr const char* kRebalancing =
    " Rebalancing methods get the same number of updates and the same learning rates; those that sample see other "
    "batches. Training losses are not comparable across rebalancing methods. Precision, recall, F1 and the plots of "
    "probabilities show the probabilities as the models predict them, unless they are called shifted.";

constexpr const char* kAverages =
    " Rows with + swa, + ema and + snapshots are other weights of the same trainings, taken at the same updates under "
    "every schedule: against their own schedule they show what the average gives, against a constant with the same "
    "average what the cycle gives.";

std::string soft(const std::string& text) { return text_element("p class=\"soft\"", text) + "\n"; }

std::string name_with_key(const Results& results, std::size_t c) {
    return line_key(colours_of(results)[c]) + html_escaped(results.configurations[c].name);
}

std::string pictures(const std::vector<Plot>& plots, const Results& results) {
    std::vector<std::string> names;
    for (const Configuration& c : results.configurations) names.push_back(c.name);
    return report_pictures(plots, names, colours_of(results));
}

std::string joined(const std::vector<std::string>& texts) {
    std::string all;
    for (const std::string& text : texts) all += (all.empty() ? "" : ", ") + text;
    return all;
}

std::string head(const Results& results, const std::string& title, bool live, bool has_paired, bool has_patches) {
    const auto& all = results.configurations;
    const auto averages = std::count_if(all.begin(), all.end(), std::mem_fn(&Configuration::is_average));
    const std::string count = std::to_string(std::ssize(all) - averages);
    const std::size_t seeds = results.record.seeds.size();
    return text_element("h1", title) + "\n" +
           soft(count +
                (results.record.has_rebalancing() ? " configurations (schedule and rebalancing method), "
                                                  : " schedules, ") +
                (averages > 0 ? std::to_string(averages) + " rows of averaged weights, " : "") + std::to_string(seeds) +
                (seeds == 1 ? " seed, " : " seeds, ") + results.record.data) +
           "<nav><a href=\"#overview\">Result</a> " + (has_paired ? "<a href=\"#paired\">Cycle by cycle</a> " : "") +
           "<a href=\"#training\">Training</a> <a href=\"#quality\">Quality</a> "
           "<a href=\"#decisions\">Decisions</a> <a href=\"#verdict\">Verdicts</a> <a href=\"#table\">Table</a> "
           "<a href=\"#statistics\">Statistics</a> " +
           (has_patches ? "<a href=\"#patches\">Errors</a> " : "") +
           "<a href=\"#method\">Method</a> <a href=\"#runs\">Every run</a> <a href=\"#glossary\">Glossary</a>" +
           (live ? " <a href=\"live.html\">Train live</a>" : "") + "</nav>\n";
}

// The widest for screens that have the room, and a narrow copy of it for those that have not.
std::string paired(const std::vector<Plot>& plots) {
    if (plots.empty()) return {};
    Plot narrow = plots.front();
    narrow.width = kNarrow;
    std::string html = report_figure(plots.front(), "broad") + report_figure(narrow, "narrow");
    std::string others;
    for (std::size_t i = 1; i < plots.size(); ++i) others += report_figure(plots[i]);
    if (!others.empty()) html += fold_out("The other cycles", "<div class=\"grid\">\n" + others + "</div>\n");
    return report_section("paired", "What a cycle does", html);
}

std::string verdict(const Results& results) {
    std::string html = "<ul>\n";
    for (const std::string& sentence : results.conclusion) html += text_element("li", sentence) + "\n";
    return report_section("verdict", "Verdicts", html + "</ul>\n");
}

std::string tables(const Results& results) {
    std::string html = report_table(results_table(results)) + report_table(budget_table(results));
    const auto& all = results.configurations;
    if (std::any_of(all.begin(), all.end(), [](const Configuration& c) { return c.seeds.size() == 1; }))
        html += report_note("One seed says nothing about the spread, so there is no standard deviation.");
    return report_section("table", "Results", html);
}

// Verdicts over the number of seeds: how often each, where that number of seeds can be chosen in several ways.
Table seed_table(const Results& results) {
    Table table{.title = "How many seeds does a verdict need?",
                .note =
                    "Verdicts on the AUC from so many of the seeds, with the number of choices that give each. With "
                    "more seeds than there are, the mean and the spread are taken to stay what they are.",
                .header = {"schedule"}};
    const auto& differences = results.statistics.differences;
    const auto clouds = analysis::seed_clouds(results);
    if (clouds.empty()) return table;
    for (std::size_t d = 0; d < differences.size(); ++d) table.rows.push_back({differences[d].schedule});
    for (const analysis::SeedCloud& cloud : clouds) {
        table.header.push_back(std::to_string(cloud.seeds) + " seeds");
        for (std::size_t d = 0; d < differences.size(); ++d) {
            std::map<std::string, int> tally;
            for (const analysis::SeedDraw& draw : cloud.draws[d]) ++tally[std::string(name_of(draw.verdict))];
            std::vector<std::string> texts;
            texts.reserve(tally.size());
            for (const auto& [verdict, count] : tally)
                texts.push_back((cloud.draws[d].size() > 1 ? std::to_string(count) + " " : "") + verdict);
            table.rows[d].push_back(joined(texts));
        }
    }
    return table;
}

std::string statistics(const Results& results) {
    std::string html;
    for (const Table& table :
         {threshold_table(results), probability_table(results), difference_table(results.statistics),
          seed_table(results), test_set_table(results.statistics)})
        html += report_table(table);
    return report_section("statistics", "Statistics", html);
}

// Means over the seeds per epoch; nothing without any.
Table epoch_table(const Results& results, const std::string& title, std::vector<double> Configuration::*values) {
    std::size_t epochs = 0;
    for (const Configuration& c : results.configurations) epochs = std::max(epochs, (c.*values).size());
    Table table{.title = title, .header = {"schedule"}, .colours = colours_of(results)};
    for (std::size_t e = 1; e <= epochs; ++e) table.header.push_back(std::to_string(e));
    for (const Configuration& c : results.configurations) {
        if (epochs == 0) break;
        auto& row = table.rows.emplace_back();
        row.push_back(c.name);
        for (const double value : c.*values) row.push_back(Cell::fixed(value, 4));
        row.resize(epochs + 1, "-");
    }
    return table;
}

std::string training(const Results& results, const Figures& figures) {
    const std::string epochs =
        report_table(epoch_table(results, "Training loss per epoch", &Configuration::epoch_loss)) +
        report_table(epoch_table(results, "AUC on the test set after each epoch", &Configuration::epoch_auc));
    std::string diverged;
    for (const std::string& sentence : diverged_sentences(results)) diverged += report_note(sentence);
    std::string course;
    if (!figures.course.panels[0].marks.empty())
        course = "<div id=\"course\">" + report_figure(figures.course, "broad") +
                 report_figure(figures.narrow_course, "narrow") + "</div>\n";
    return report_section("training", "While training",
                          diverged + course + pictures(figures.budget, results) +
                              (epochs.empty() ? "" : fold_out("Every epoch, mean of the seeds", epochs)));
}

std::string quality(const Results& results, const std::vector<Plot>& plots) {
    const bool both = results.test_positives > 0 && results.test_positives < results.test_images;
    return report_section("quality", "On the test set",
                          (both ? ""
                                : report_note("The test set has images of one class only: AUC and the curves of "
                                              "rankings are undefined.")) +
                              pictures(plots, results));
}

std::string decisions(const Results& results, const Figures& figures) {
    std::string matrices;
    for (std::size_t c = 0; c < results.configurations.size(); ++c)
        if (const auto& n = results.configurations[c].counts; n.total() > 0)
            matrices +=
                "<div class=\"matrix\">" + element("h3", name_with_key(results, c)) +
                confusion_table({"is negative", "is positive"}, {"called negative", "called positive"},
                                {{n.true_negatives, n.false_positives}, {n.false_negatives, n.true_positives}}) +
                "</div>\n";
    if (!matrices.empty())
        matrices = text_element("p",
                                "Decisions at a probability of 0.5, all seeds together; the shade is the fraction of "
                                "the row. With a rare class look at its row: calling everything negative gives a high "
                                "accuracy and finds nothing.") +
                   "\n<div class=\"matrices\">\n" + matrices + "</div>\n";
    std::string reliability;
    for (const Plot& plot : figures.reliability) reliability += report_figure(plot);
    if (!reliability.empty())
        reliability = text_element("h3", "Reliability") +
                      text_element("p class=\"soft\"",
                                   "Test images of all seeds in ten bins by the probability that the model predicted "
                                   "(across) and the fraction of them that was positive (up). On the dotted line the "
                                   "probabilities are right; below it they are too high, above it too low. Bins "
                                   "with fewer than five images are left out.") +
                      "\n<div class=\"grid small\">\n" + reliability + "</div>\n";
    return report_section("decisions", "Decisions and probabilities", matrices + reliability);
}

std::string strip(const std::vector<analysis::ConfidentError>& errors, const data::Dataset& test) {
    if (errors.empty()) return soft("none");
    std::string html = "<div class=\"patches\">";
    for (const analysis::ConfidentError& error : errors) {
        const std::string name = "test image " + std::to_string(error.image);
        html += "<figure><img src=\"" + image_data_uri(test, error.image) + "\" alt=\"" + name + "\" title=\"" + name +
                "\">" + element("figcaption", number(error.probability, 3)) + "</figure>";
    }
    return html + "</div>\n";
}

// Open is the configuration with the highest AUC.
std::string patches(const Results& results, const data::Dataset* test) {
    if (!test) return {};
    std::optional<std::size_t> best;
    const auto auc = [&](std::size_t c) { return results.configurations[c].test["auc"].value().mean; };
    for (std::size_t c = 0; c < results.configurations.size(); ++c)
        if (std::isfinite(auc(c)) && (!best || auc(c) > auc(*best))) best = c;
    std::string html;
    for (std::size_t c = 0; c < results.configurations.size(); ++c) {
        const Configuration& configuration = results.configurations[c];
        if (configuration.curves.roc.curves == 0 && configuration.curves.reliability.curves == 0) continue;
        html += fold_out(name_with_key(results, c),
                         text_element("p", "False negatives, most confident first:") +
                             strip(configuration.errors.false_negatives, *test) +
                             text_element("p", "False positives, most confident first:") +
                             strip(configuration.errors.false_positives, *test),
                         c == best);
    }
    if (html.empty()) return {};
    return report_section("patches", "The most confident errors",
                          text_element("p",
                                       "Under each image the probability of the positive class, mean of the seeds. "
                                       "Every image is stretched from its darkest to its brightest pixel. Would you "
                                       "have known better? An error that all schedules share may be a wrong label.") +
                              "\n" + html);
}

std::string method(const Results& results) {
    const lab::ComparisonRecord& record = results.record;
    std::vector<std::string> seeds;
    for (const std::uint64_t seed : record.seeds) seeds.push_back(std::to_string(seed));
    TextPairs facts{{"command", record.command}, {"data", record.data}, {"seeds", joined(seeds)}};
    if (record.has_rebalancing()) facts.emplace_back("rebalancing", joined(record.rebalancings));
    facts.insert(facts.end(), record.settings.begin(), record.settings.end());
    std::vector<std::vector<std::string>> definitions;
    for (const auto& [name, definition] : record.schedules)
        definitions.push_back({html_escaped(name), html_escaped(definition)});
    return report_section(
        "method", "What was compared and how",
        text_element("p",
                     "For one seed every schedule starts from the same weights and sees the same batches and dropout "
                     "draws, so differences are paired. The test set is used for testing only." +
                         std::string(record.has_rebalancing() ? kRebalancing : "") +
                         (std::any_of(results.runs.begin(), results.runs.end(),
                                      [](const lab::Run& run) { return !run.average.empty(); })
                              ? kAverages
                              : "")) +
            "\n" + (definitions.empty() ? "" : html_table("facts", {"schedule", "definition"}, definitions)) +
            report_facts(facts) + report_provenance(results.provenance));
}

std::string every_run(const Results& results) {
    const auto runs = std::count_if(results.runs.begin(), results.runs.end(),
                                    [](const lab::Run& run) { return run.average.empty(); });
    return report_section("runs", "Every run",
                          fold_out(std::to_string(runs) + " runs", report_table(run_table(results))));
}

void write_page(const std::filesystem::path& path, const Results& results, const Figures& figures,
                const PageOptions& options) {
    check(!options.test || results.test_images == 0 || options.test->size() == results.test_images, path.string(),
          "expected the test set of ", results.test_images, " images, got one of ",
          options.test ? options.test->size() : 0);
    const bool live = std::filesystem::exists(path.parent_path() / kLivePage);
    const std::string cycles = paired(figures.paired), errors = patches(results, options.test);
    const std::string body = head(results, options.title, live, !cycles.empty(), !errors.empty()) +
                             report_section("overview", "Result", overview(results) + (live ? kTryLive : "")) + cycles +
                             training(results, figures) + quality(results, figures.quality) +
                             decisions(results, figures) + verdict(results) + tables(results) + statistics(results) +
                             errors + method(results) + every_run(results) + report_glossary() + page_data(results) +
                             page_script();
    io::write_file_atomically(path, report_page(options.title, body, options.refresh_seconds));
}

}  // namespace

void write_page(const std::filesystem::path& path, const Results& results, const PageOptions& options) {
    write_page(path, results, draw_figures(results), options);
}

void add_live_page(const std::filesystem::path& folder, const std::filesystem::path& page) {
    const std::string text = io::read_text(page);
    check<UsageError>(text.find("id=\"engine\"") != std::string::npos, page.string(),
                      "expected the page that trains in the browser (hint: make web builds build/web/live.html)");
    io::write_file_atomically(folder / kLivePage, text);
}

void write(const std::filesystem::path& folder, const Results& results, const PageOptions& options) {
    try {
        std::filesystem::create_directories(folder);
    } catch (const std::filesystem::filesystem_error& error) {
        fail(folder.string(), "cannot be written: ", error.code().message());
    }
    plot_curves(folder / "curves.svg", results);
    plot_auc(folder / "auc.svg", results);
    const Figures figures = draw_figures(results);
    write_first(folder / "paired.svg", figures.paired);
    write_first(folder / "budget.svg", figures.budget);
    write_page(folder / "report.html", results, figures, options);
    analysis::write_results(folder / "result.json", results);  // the last: it tells that all is there
}

}  // namespace cyclone::report
