// The plots of a comparison's page.
#include "report/comparison_figures.h"

#include <cyclone/base/number_text.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <system_error>

#include "report/colours.h"
#include "report/report_page.h"
#include "report/report_plot.h"

namespace cyclone::report {
namespace {

using analysis::Band;
using analysis::BaselineDifference;
using analysis::Configuration;
using analysis::Curves;
using analysis::Results;

// A mark per configuration in one panel; an empty band leaves it out.
void add(Panel& panel, const Results& results, Band Curves::*band, Mark::Kind kind = Mark::line) {
    const auto colours = colours_of(results);
    for (std::size_t c = 0; c < results.configurations.size(); ++c)
        add_band(panel, results.configurations[c].name, colours[c], results.configurations[c].curves.*band, kind);
}

void add_diverged(Panel& panel, const Results& results, std::vector<double> analysis::DivergedRun::*values) {
    const auto colours = colours_of(results);
    for (std::size_t c = 0; c < results.configurations.size(); ++c)
        report::add_diverged(panel.marks, results.configurations[c], colours[c], values);
}

double positive_fraction(const Results& results) {
    if (results.record.positive_fraction > 0) return results.record.positive_fraction;
    return static_cast<double>(results.test_positives) /
           static_cast<double>(std::max<std::int64_t>(results.test_images, 1));
}

void add_fractions_only(Panel& panel, const Results& results) {
    const double loss = fractions_only(results);
    if (!std::isnan(loss) && !panel.marks.empty())
        panel.marks.push_back({.kind = Mark::reference,
                               .name = number_text::significant(loss, 2) + ": knows only that " +
                                       number_text::significant(100 * positive_fraction(results), 2) +
                                       " % are positive",
                               .y = {loss}});
}

// A dot per finished run: its budget and its AUC.
Plot budget(const Results& results) {
    Plot plot = page_plot("Budget and result",
                          "A dot is one run: the sum of its learning rates against its AUC (higher is better). Is it "
                          "the shape of a schedule that helps, or how much learning it allows?",
                          {.label = "learning-rate budget (logarithmic)", .scale = Scale::logarithmic},
                          {.label = "AUC (logarithmic in its distance from 1)", .scale = Scale::near_one});
    const auto colours = colours_of(results);
    for (std::size_t c = 0; c < results.configurations.size(); ++c) {
        Band band;
        band.curves = 1;
        for (const double auc : results.configurations[c].test["auc"].runs) {
            band.x.push_back(results.configurations[c].sum_lr);
            band.mean.push_back(shown_auc(results, auc));
        }
        add_band(plot.panels[0], results.configurations[c].name, colours[c], band, Mark::dots);
    }
    return plot;
}

Plot roc(const Results& results, double end) {
    const bool whole = end == 1;
    Plot plot = page_plot(whole ? "ROC curve" : "ROC curve, left edge",
                          whole ? "Fraction of the positives found against fraction of the negatives called "
                                  "positive by mistake, over all thresholds. The dotted diagonal is guessing."
                                : "The same up to one false alarm among ten negatives, where rare classes are "
                                  "decided. Shade: lowest to highest seed.",
                          unit_axis("false positive rate", end), unit_axis("true positive rate"), 320);
    add(plot.panels[0], results, whole ? &Curves::roc : &Curves::roc_left);
    return with_reference(std::move(plot), diagonal("guessing"));
}

Plot precision_recall(const Results& results) {
    const double prior = static_cast<double>(results.test_positives) /
                         static_cast<double>(std::max<std::int64_t>(results.test_images, 1));
    Plot plot = page_plot("Precision and recall",
                          "Of those called positive, the fraction that is positive, against the fraction of the "
                          "positives found. With a rare class it shows what the ROC curve hides. Dotted: guessing.",
                          unit_axis("recall"), unit_axis("precision"), 320);
    add(plot.panels[0], results, &Curves::precision_recall);
    return with_reference(std::move(plot), {.kind = Mark::reference, .name = "guessing", .y = {prior}});
}

// One small plot per configuration: zigzags of few images would tangle.
std::vector<Plot> reliability(const Results& results) {
    const auto colours = colours_of(results);
    std::vector<Plot> plots;
    for (std::size_t c = 0; c < results.configurations.size(); ++c) {
        const Configuration& configuration = results.configurations[c];
        Plot plot = page_plot("Reliability of " + configuration.name, "", unit_axis("predicted probability"),
                              unit_axis("fraction of positives"), 170);
        plot.width = 240;
        add_band(plot.panels[0], configuration.name, colours[c], configuration.curves.reliability,
                 Mark::line_with_dots);
        if (!plot.panels[0].marks.empty()) plots.push_back(with_reference(std::move(plot), diagonal("calibrated")));
    }
    return plots;
}

const Configuration* find(const Results& results, const std::string& name, std::size_t& place) {
    for (place = 0; place < results.configurations.size(); ++place)
        if (results.configurations[place].name == name) return &results.configurations[place];
    return nullptr;
}

std::vector<double> peaks_of(const Band& rate) {
    std::vector<double> peaks;
    for (std::size_t i = 1; i + 1 < rate.mean.size(); ++i)
        if (rate.mean[i] > rate.mean[i - 1] && rate.mean[i] >= rate.mean[i + 1]) peaks.push_back(rate.x[i]);
    return peaks;
}

// A cycle against a baseline without one, trained on the same batches; no panels where there is nothing to compare.
Plot paired_plot(const Results& results, const BaselineDifference& d, int width) {
    constexpr std::size_t kMostPeaks = 12;  // more lines hide the curve
    std::size_t a = 0, b = 0;
    const Configuration *cycle = find(results, d.schedule, a), *baseline = find(results, d.baseline, b);
    if (!cycle || !baseline || cycle->rebalancing != baseline->rebalancing ||
        cycle->name != lab::configuration_name(cycle->schedule, cycle->rebalancing) ||  // an average: the same losses
        !rises(cycle->curves.learning_rate.mean) || rises(baseline->curves.learning_rate.mean))
        return {};
    const analysis::PairedLoss paired = analysis::paired_loss(cycle->curves, baseline->curves);
    if (paired.seeds.empty()) return {};
    const auto colours = colours_of(results);
    Panel rates{.y = {.label = "learning rate", .low = 0}, .height = 80};
    add_band(rates, cycle->name, colours[a], cycle->curves.learning_rate);
    add_band(rates, baseline->name, colours[b], baseline->curves.learning_rate);
    double low = 0.8, high = 1.25;
    for (const double ratio : paired.mean)
        if (std::isfinite(ratio)) low = std::min(low, ratio / 1.15), high = std::max(high, ratio * 1.15);
    Panel ratios{.x = {.label = "update"},
                 .y = {.label = "loss divided by that of " + baseline->name + " (above 1: the cycle is behind)",
                       .scale = Scale::logarithmic,
                       .low = low,
                       .high = high},
                 .height = width > 600 ? 190 : 150};
    const auto peaks = peaks_of(cycle->curves.learning_rate);
    if (peaks.size() <= kMostPeaks)
        for (Panel* panel : {&rates, &ratios})
            for (const double peak : peaks) panel->marks.push_back({.kind = Mark::reference, .x = {peak}});
    ratios.marks.push_back({.kind = Mark::reference, .name = "equal", .y = {1}});
    for (const auto& seed : paired.seeds)
        ratios.marks.push_back({.x = paired.x, .y = seed, .colour = colours[a], .thin = true});
    ratios.marks.push_back({.name = cycle->name, .x = paired.x, .y = paired.mean, .colour = colours[a]});
    return {.title = cycle->name + " against " + baseline->name + " on the same batches",
            .caption = "Training loss of " + cycle->name + " divided by that of " + baseline->name +
                       ", both smoothed over 5 % of the run; thin: one seed, thick: their mean. Dotted lines stand at "
                       "the peaks of the rate: does the loss rise at the top of a cycle and fall at its foot?",
            .panels = {rates, ratios},
            .shared_x = true,
            .width = width};
}

std::vector<Plot> paired_plots(const Results& results) {
    std::vector<Plot> plots;
    for (const BaselineDifference& d : results.statistics.differences) {
        Plot plot = paired_plot(results, d, plots.empty() ? kWide : 440);
        if (!plot.panels.empty()) plots.push_back(std::move(plot));
    }
    return plots;
}

}  // namespace

double fractions_only(const Results& results) {
    const double p = positive_fraction(results);
    if (!(p > 0 && p < 1) || results.record.has_rebalancing()) return std::nan("");
    return -p * std::log(p) - (1 - p) * std::log(1 - p);
}

double shown_auc(const Results& results, double auc) {
    const auto positives = static_cast<double>(results.test_positives);
    const double pairs = positives * (static_cast<double>(results.test_images) - positives);
    return std::min(auc, pairs > 0 ? 1 - 0.5 / pairs : 1 - 1e-9);
}

Plot course_plot(const Results& results, int width, bool with_auc) {
    Panel rates{.y = {.label = "learning rate", .low = 0, .at_most = highest_shown(results, &Curves::learning_rate)},
                .height = 110};
    add(rates, results, &Curves::learning_rate);
    add_diverged(rates, results, &analysis::DivergedRun::learning_rate);
    Panel losses{.y = {.label = "training loss (logarithmic)",
                       .scale = Scale::logarithmic,
                       .at_most = highest_shown(results, &Curves::loss)},
                 .height = 250};
    add(losses, results, &Curves::loss);
    add_diverged(losses, results, &analysis::DivergedRun::loss);
    add_fractions_only(losses, results);
    std::vector<Panel> panels = {rates, losses};
    Panel auc{.y = {.label = "AUC on the test set (logarithmic in its distance from 1)", .scale = Scale::near_one},
              .height = 170};
    Results shown;
    shown.configurations = results.configurations;
    for (Configuration& c : shown.configurations)
        for (auto* values : {&c.curves.auc.mean, &c.curves.auc.low, &c.curves.auc.high})
            for (double& value : *values) value = shown_auc(results, value);
    if (with_auc) add(auc, shown, &Curves::auc, Mark::line_with_dots);
    if (!auc.marks.empty()) panels.push_back(std::move(auc));
    panels.back().x.label = "update";
    std::string caption = "The loss is smoothed over 5 % of the run";
    if (std::any_of(results.configurations.begin(), results.configurations.end(),
                    [](const Configuration& c) { return c.curves.loss.curves > 1; }))
        caption += "; lines are means over the seeds, the shade reaches from the lowest to the highest seed";
    caption += ".";
    for (const std::string& sentence : diverged_sentences(results)) caption += " Cross: " + sentence + ".";
    return {.title = panels.size() > 2 ? "Learning rate, training loss and AUC" : "Learning rate and training loss",
            .caption = caption,
            .panels = std::move(panels),
            .shared_x = true,
            .width = width};
}

void write_first(const std::filesystem::path& svg, const std::vector<Plot>& plots) {
    if (plots.empty() || plots[0].panels.empty() || plots[0].panels[0].marks.empty()) {
        std::error_code ignored;
        std::filesystem::remove(svg, ignored);  // of another comparison, or against another baseline
        return;
    }
    Plot plot = plots[0];
    plot.show_names = true;
    plot.width = 900;
    write_svg(svg, plot);
}

Figures draw_figures(const Results& results) {
    return {.paired = paired_plots(results),
            .course = course_plot(results, kWide, true),
            .narrow_course = course_plot(results, kNarrow, true),
            .budget = {budget(results)},
            .quality = {roc(results, 1), roc(results, 0.1), precision_recall(results)},
            .reliability = reliability(results)};
}

}  // namespace cyclone::report
