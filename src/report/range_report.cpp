// A range test as table, CSV, JSON and picture.
#include <cyclone/analysis/suggest.h>
#include <cyclone/base/error.h>
#include <cyclone/report/range_report.h>
#include <cyclone/report/svg.h>
#include <cyclone/report/table.h>

#include <algorithm>
#include <cmath>
#include <iomanip>
#include <ostream>
#include <sstream>

#include <nlohmann/json.hpp>

#include <cyclone/base/number_text.h>
#include <cyclone/io/atomic_file.h>

#include "report/html.h"
#include "report/page_data.h"
#include "report/report_page.h"
#include "report/text_frame.h"

namespace cyclone::report {
namespace {

using Json = nlohmann::ordered_json;  // writes what is not finite as null
using namespace number_text;

std::string or_none(const std::optional<double>& value) { return value ? significant(*value) : "none"; }

/// The lowest and highest of the values that there are: "0.01 ... 0.02", "none".
std::string spread(const std::vector<std::optional<double>>& values) {
    std::vector<double> present;
    for (const auto& value : values)
        if (value) present.push_back(*value);
    if (present.empty()) return "none";
    const auto [low, high] = std::minmax_element(present.begin(), present.end());
    std::string text = significant(*low) + " ... " + significant(*high);
    if (present.size() < values.size()) text += ", none in " + std::to_string(values.size() - present.size());
    return text;
}

std::optional<double> base_of(const std::optional<analysis::RatePair>& pair) {
    return pair ? std::optional(pair->base) : std::nullopt;
}
std::optional<double> max_of(const std::optional<analysis::RatePair>& pair) {
    return pair ? std::optional(pair->max) : std::nullopt;
}

std::string_view name_of(lab::SweepEnd end) {
    return end == lab::SweepEnd::completed ? "completed" : end == lab::SweepEnd::diverged ? "diverged" : "stopped";
}

Json pair_json(const std::optional<analysis::RatePair>& pair) {
    if (!pair) return nullptr;
    return {{"base", pair->base}, {"max", pair->max}, {"reason", pair->reason}};
}

Json suggestions_json(const analysis::Suggestions& s) {
    Json json = Json::object();
    for (const analysis::Suggestion& suggestion : s.rates)
        json[suggestion.name] = suggestion.rate ? Json(*suggestion.rate) : Json(nullptr);
    json["smith"] = pair_json(s.smith);
    json["pair"] = pair_json(s.pair);
    if (!s.pair) json["no_pair"] = s.no_pair;
    return json;
}

/// The exploding end of a loss would press everything else flat: the picture ends a little above the start.
double highest_shown(const lab::RangeTest& test) {
    double lowest = HUGE_VAL;
    const auto& value = test.curve.value;
    for (const double v : value) lowest = std::min(lowest, v);
    double start = 0;
    const std::size_t first = std::max<std::size_t>(1, value.size() / 10);
    for (std::size_t i = 0; i < first; ++i) start = std::max(start, test.high[i]);
    return start + 0.4 * std::max(start - lowest, 0.05 * std::abs(start));
}

/// The mean curve over the logarithm of the rate with characters: o the curve, - what the class fractions alone give,
/// below the axis ^ for the pair.
void print_curve(std::ostream& out, const lab::RangeTest& test, const std::optional<analysis::RatePair>& pair,
                 std::size_t width) {
    constexpr std::size_t kLines = 12, kFewestPoints = 16;
    const lab::RateCurve& curve = test.curve;
    if (curve.rate.size() < kFewestPoints) return;
    double low = HUGE_VAL, high = -HUGE_VAL;
    for (const double value : curve.value)
        if (std::isfinite(value)) low = std::min(low, value), high = std::max(high, value);
    if (!curve.higher_is_better) high = std::min(high, highest_shown(test));
    if (!(low < high)) return;
    TextFrame frame;
    frame.labels.resize(kLines);
    frame.labels.front() = significant(high);
    frame.labels.back() = significant(low);
    frame.first = significant(curve.rate.front());
    frame.last = significant(curve.rate.back());
    const std::size_t columns = TextFrame::columns(frame.labels, width);
    const auto column = [&](double rate) {
        const double passed = std::log(rate / curve.rate.front()) / std::log(curve.rate.back() / curve.rate.front());
        return static_cast<std::size_t>(std::lround(std::clamp(passed, 0.0, 1.0) * static_cast<double>(columns - 1)));
    };
    const auto line = [&](double value) {
        return static_cast<std::size_t>(std::lround((high - value) / (high - low) * (kLines - 1)));
    };
    frame.lines.assign(kLines, std::string(columns, ' '));
    if (curve.fractions_only >= low && curve.fractions_only <= high)
        frame.lines[line(curve.fractions_only)].assign(columns, '-');
    for (std::size_t i = 0; i < curve.rate.size(); ++i)
        if (curve.value[i] <= high) frame.lines[line(curve.value[i])][column(curve.rate[i])] = 'o';
    frame.axis.assign(columns, '-');
    if (pair) frame.axis[column(pair->base)] = frame.axis[column(pair->max)] = '^';
    print(out, frame);
}

/// The pair for a cycle: of the sweep, or of the trials that followed.
std::optional<analysis::RatePair> final_pair(const std::optional<analysis::RatePair>& of_sweep,
                                             const lab::TrialCycles* trials) {
    return of_sweep && trials ? analysis::after_trials(*of_sweep, *trials) : of_sweep;
}

std::string verdict(const lab::TrialCycles& trials, const lab::TrialCycle& trial, const lab::TrialCycle& best) {
    if (trial.end != lab::SweepEnd::completed) return std::string(name_of(trial.end));
    std::string text = &trial == &best                                                   ? "best"
                       : trial.loss - best.loss <= lab::error_of_difference(trial, best) ? "not shown to be worse"
                                                                                         : "worse";
    if (trials.chosen && &trial == &trials.pair()) text += ", chosen";
    if (!trial.fails_with.empty()) text += ", learns nothing with seed " + std::to_string(trial.fails_with.front());
    return text;
}

const lab::TrialCycle& best_of(const lab::TrialCycles& trials) {
    return *std::min_element(trials.cycles.begin(), trials.cycles.end(),
                             [](const auto& a, const auto& b) { return a.loss < b.loss; });
}

Table trials_table(const lab::TrialCycles& trials) {
    Table table{.title = "Trials: one cycle of " + std::to_string(trials.updates) + " updates each; loss on " +
                         std::to_string(trials.held_out) + " training images held out",
                .header = {"max", "base", "loss", "behind the best", "verdict"}};
    if (trials.cycles.empty()) return table;
    const lab::TrialCycle& best = best_of(trials);
    for (const lab::TrialCycle& trial : trials.cycles) {
        const bool ended = trial.end == lab::SweepEnd::completed;
        table.rows.push_back({significant(trial.max), significant(trial.base), ended ? number(trial.loss, 4) : "n/a",
                              !ended            ? "n/a"
                              : &trial == &best ? "0"
                                                : number(trial.loss - best.loss, 4) + " +- " +
                                                      number(lab::error_of_difference(trial, best), 4),
                              verdict(trials, trial, best)});
    }
    return table;
}

std::string not_chosen(const lab::TrialCycles& trials) {
    return trials.chosen ? "" : "The sweep's pair stands as it is: " + trials.reason + ".";
}

void print_trials(std::ostream& out, const lab::TrialCycles& trials, std::size_t width) {
    if (!trials.cycles.empty()) {
        out << '\n';
        print(out, trials_table(trials), width);
    }
    if (!trials.chosen) out << '\n' << not_chosen(trials) << '\n';
}

/// What each rule finds on the mean curve, and on those of the seeds.
Table rule_table(const lab::RangeTest& test) {
    const analysis::Suggestions mean = analysis::suggest_of_seeds(test);
    std::vector<analysis::Suggestions> each;
    for (const lab::RangeRun& run : test.runs) each.push_back(analysis::suggest(run.curve));
    Table table{.header = {"rule", "mean curve", "single seeds"}};
    const auto row = [&](const std::string& name, const std::optional<double>& value, const auto& of_seed) {
        std::vector<std::optional<double>> values;
        values.reserve(each.size());
        for (const analysis::Suggestions& s : each) values.push_back(of_seed(s));
        table.rows.push_back({name, or_none(value), spread(values)});
    };
    for (std::size_t i = 0; i < mean.rates.size(); ++i)
        row(mean.rates[i].name, mean.rates[i].rate, [i](const analysis::Suggestions& s) { return s.rates[i].rate; });
    if (test.curve.higher_is_better) {
        row("Smith, base", base_of(mean.smith), [](const analysis::Suggestions& s) { return base_of(s.smith); });
        row("Smith, max", max_of(mean.smith), [](const analysis::Suggestions& s) { return max_of(s.smith); });
    }
    row("cycle, base", base_of(mean.pair), [](const analysis::Suggestions& s) { return base_of(s.pair); });
    row("cycle, max", max_of(mean.pair), [](const analysis::Suggestions& s) { return max_of(s.pair); });
    return table;
}

std::string fractions_sentence(const lab::RangeTest& test) {
    return "The level line is the " + std::string(name_of(test.metric)) + " of an answer that knows how frequent the " +
           "classes are and nothing of the images: " + significant(test.curve.fractions_only) + "." +
           (test.balanced_batches ? " (The batches of this test hold all classes alike.)" : "") + " Only what is " +
           (test.curve.higher_is_better ? "above" : "below") + " it has been learned from the images.";
}

std::string pair_sentence(const std::optional<analysis::RatePair>& pair, const analysis::Suggestions& of_sweep) {
    if (!pair) return "No pair for a cycle: " + of_sweep.no_pair + ".";
    return "For a cycle: base " + significant(pair->base, 2) + ", max " + significant(pair->max, 2) + ", because " +
           pair->reason + ".";
}

std::string disagreement_sentence(const lab::RangeTest& test, const analysis::Suggestions& of_sweep) {
    constexpr double kAgree = 2;
    const auto factor = analysis::disagreement(test);
    if (!of_sweep.pair || !factor || *factor <= kAgree) return {};
    return "The seeds' maxima lie " + significant(*factor, 2) + " times apart (hint: more seeds or updates).";
}

Json trials_json(const lab::TrialCycles* trials) {
    if (!trials) return nullptr;
    Json json{{"updates", trials->updates},
              {"trained_on", trials->trained_on},
              {"held_out", trials->held_out},
              {"class_fractions_only", trials->fractions_only},
              {"chosen", trials->chosen ? Json(*trials->chosen) : Json(nullptr)},
              {"reason", trials->reason},
              {"cycles", Json::array()}};
    for (const lab::TrialCycle& trial : trials->cycles)
        json["cycles"].push_back({{"base", trial.base},
                                  {"max", trial.max},
                                  {"end", name_of(trial.end)},
                                  {"loss", trial.loss},
                                  {"fails_with", trial.fails_with},
                                  {"error_of_difference", lab::error_of_difference(trial, best_of(*trials))}});
    return json;
}

}  // namespace

void print_range_test(std::ostream& out, const lab::RangeTest& test, const lab::TrialCycles* trials,
                      std::size_t width) {
    for (const lab::RangeRun& run : test.runs) {
        out << "seed " << run.seed << ": ";
        if (run.rate.empty()) {
            out << (run.end == lab::SweepEnd::diverged ? "diverged at once\n" : "stopped before its first update\n");
            continue;
        }
        out << name_of(run.end) << " after " << run.rate.size() << " updates, at a rate of "
            << significant(run.rate.back()) << '\n';
    }
    const analysis::Suggestions mean = analysis::suggest_of_seeds(test);
    out << '\n';
    print(out, rule_table(test), width);
    out << '\n';
    const auto pair = final_pair(mean.pair, trials);
    print_curve(out, test, pair, width);
    if (std::isfinite(test.curve.fractions_only)) out << '\n' << fractions_sentence(test) << '\n';
    if (mean.pair && trials) print_trials(out, *trials, width);
    out << pair_sentence(pair, mean) << '\n';
    if (const std::string sentence = disagreement_sentence(test, mean); !sentence.empty()) out << sentence << '\n';
}

std::string range_test_csv(const lab::RangeTest& test) {
    std::ostringstream csv;
    csv.imbue(std::locale::classic());
    csv << std::setprecision(9) << "seed,update,learning_rate,loss,smoothed_or_metric\n";
    for (const lab::RangeRun& run : test.runs) {
        std::size_t point = 0;
        for (std::size_t i = 0; i < run.rate.size(); ++i) {
            csv << run.seed << ',' << i << ',' << run.rate[i] << ',' << shown(run.loss[i]) << ',';
            if (point < run.curve.rate.size() && run.curve.rate[point] == run.rate[i])
                csv << shown(run.curve.value[point++]);
            csv << '\n';
        }
    }
    return csv.str();
}

std::string range_test_json(const lab::RangeTest& test,
                            const std::vector<std::pair<std::string, std::string>>& settings,
                            const lab::TrialCycles* trials) {
    Json json{{"program", "find_lr"}, {"version", test.provenance.version}, {"metric", name_of(test.metric)}};
    json["balanced_batches"] = test.balanced_batches;
    json["class_fractions_only"] = test.curve.fractions_only;
    const analysis::Suggestions found = analysis::suggest_of_seeds(test);
    json["suggestions"] = suggestions_json(found);
    json["trials"] = trials_json(trials);
    json["pair"] = pair_json(final_pair(found.pair, trials));
    json["seeds"] = Json::array();
    for (const lab::RangeRun& run : test.runs)
        json["seeds"].push_back({{"seed", run.seed},
                                 {"end", name_of(run.end)},
                                 {"updates", run.rate.size()},
                                 {"suggestions", suggestions_json(analysis::suggest(run.curve))}});
    Json& curve = json["curve"] = Json::array();
    for (std::size_t i = 0; i < test.curve.rate.size(); ++i)
        curve.push_back({{"learning_rate", test.curve.rate[i]},
                         {"mean", test.curve.value[i]},
                         {"low", test.low[i]},
                         {"high", test.high[i]}});
    for (const auto& [name, value] : settings) json["settings"][name] = value;
    for (const auto& [name, value] : test.provenance.facts())
        if (name != "version") json["machine"][name] = value;
    return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

namespace {

/// The value of the curve nearest to a rate, for the marks.
double value_near(const lab::RateCurve& curve, double rate) {
    std::size_t best = 0;
    for (std::size_t i = 1; i < curve.rate.size(); ++i)
        if (std::abs(std::log(curve.rate[i] / rate)) < std::abs(std::log(curve.rate[best] / rate))) best = i;
    return curve.value[best];
}

Panel panel_of(const lab::RangeTest& test, const lab::TrialCycles* trials) {
    const auto& curve = test.curve;
    const auto found = analysis::suggest_of_seeds(test);
    Panel panel{.x = {.label = "learning rate",
                      .scale = Scale::logarithmic,
                      .low = curve.rate.front(),
                      .high = curve.rate.back()},
                .y = {.label = name_of(test.metric)},
                .height = 320};
    if (!curve.higher_is_better) panel.y.at_most = highest_shown(test);
    const bool several = test.runs.size() > 1;
    constexpr std::size_t kCurve = 2, kCycle = 5;  // colours
    if (const auto pair = final_pair(found.pair, trials))
        panel.marks.push_back({.kind = Mark::region,
                               .name = "cycle " + significant(pair->base, 2) + " to " + significant(pair->max, 2),
                               .x = {pair->base, pair->max},
                               .colour = kCycle});
    if (std::isfinite(curve.fractions_only))
        panel.marks.push_back({.kind = Mark::reference,
                               .name = "class fractions only " + significant(curve.fractions_only, 2),
                               .y = {curve.fractions_only},
                               .colour = 7});
    if (several)
        panel.marks.push_back({.kind = Mark::band,
                               .name = "range of " + std::to_string(test.runs.size()) + " seeds",
                               .x = curve.rate,
                               .y = test.low,
                               .high = test.high,
                               .colour = kCurve});
    panel.marks.push_back({.name = several ? "mean" : "measured", .x = curve.rate, .y = curve.value, .colour = kCurve});
    std::size_t colour = 0;
    for (const auto& suggestion : found.rates) {
        if (!suggestion.rate) continue;
        if (colour == kCurve) ++colour;
        panel.marks.push_back({.kind = Mark::dots,
                               .name = suggestion.name + " " + significant(*suggestion.rate, 2),
                               .x = {*suggestion.rate},
                               .y = {value_near(curve, *suggestion.rate)},
                               .colour = colour++});
    }
    return panel;
}

}  // namespace

void plot_range_test(const std::filesystem::path& svg, const lab::RangeTest& test, const lab::TrialCycles* trials) {
    const std::size_t points = test.curve.rate.size();
    check(points >= 2, svg.string(), "expected at least two points to draw, got ", points);
    write_svg(svg, {.title = "Learning-rate range test", .panels = {panel_of(test, trials)}});
}

void write_range_page(const std::filesystem::path& path, const lab::RangeTest& test,
                      const std::vector<std::pair<std::string, std::string>>& settings,
                      const lab::TrialCycles* trials) {
    const analysis::Suggestions found = analysis::suggest_of_seeds(test);
    const std::string title = "Learning-rate range test";
    std::string result =
        text_element("p class=\"result\"", pair_sentence(final_pair(found.pair, trials), found)) + "\n";
    if (const std::string more = disagreement_sentence(test, found); !more.empty()) result += report_note(more);
    Plot plot{.title = std::string(name_of(test.metric)) + " over the learning rate",
              .caption = std::isfinite(test.curve.fractions_only) ? fractions_sentence(test) : "",
              .width = kWide};
    if (test.curve.rate.size() >= 2) plot.panels = {panel_of(test, trials)};
    Plot narrow = plot;
    narrow.width = kNarrow;
    const std::string picture =
        plot.panels.empty() ? "" : plot_to_touch(report_figure(plot, "broad") + report_figure(narrow, "narrow"));
    std::string tables = report_table(rule_table(test));
    if (trials && found.pair)
        tables += report_table(trials_table(*trials)) + (trials->chosen ? "" : report_note(not_chosen(*trials)));
    io::write_file_atomically(
        path, report_page(title, text_element("h1", title) + "\n" +
                                     report_section("result", "Rates for a cycle", result + picture) +
                                     report_section("rules", "What each rule finds", tables) +
                                     report_section("method", "What was measured and how",
                                                    report_facts(settings) + report_provenance({test.provenance})) +
                                     page_data(plot) + page_script()));
}

}  // namespace cyclone::report
