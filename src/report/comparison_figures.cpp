// The plots of a comparison's page.
#include "report/comparison_figures.h"

#include <algorithm>

#include "report/report_plot.h"

namespace cyclone::report {
namespace {

using analysis::Band;
using analysis::Configuration;
using analysis::Curves;

// A mark per configuration; an empty band leaves it out.
void add(Plot& plot, const analysis::Results& results, Band Curves::*band, Mark::Kind kind = Mark::line) {
    for (std::size_t c = 0; c < results.configurations.size(); ++c)
        add_band(plot, results.configurations[c].name, c, results.configurations[c].curves.*band, kind);
}

void add_diverged(Plot& plot, const analysis::Results& results, std::vector<double> analysis::DivergedRun::*values) {
    for (std::size_t c = 0; c < results.configurations.size(); ++c)
        report::add_diverged(plot.panels[0].marks, results.configurations[c], c, values);
}

Plot rates(const analysis::Results& results, Scale scale) {
    const bool logarithmic = scale == Scale::logarithmic;
    Plot plot = page_plot(logarithmic ? "Learning rates, logarithmic" : "Learning rates",
                          logarithmic ? "Equal distances are equal factors. A learning rate far below the others "
                                        "hardly moves the weights, however long it lasts."
                                      : "The area under a line is its learning-rate budget: with plain SGD, how "
                                        "far the weights can travel. Compare schedules of equal area.",
                          {.label = "update"}, {.label = "learning rate", .scale = scale});
    if (!logarithmic)
        plot.panels[0].y.low = 0, plot.panels[0].y.at_most = highest_shown(results, &Curves::learning_rate);
    add(plot, results, &Curves::learning_rate);
    add_diverged(plot, results, &analysis::DivergedRun::learning_rate);
    return plot;
}

Plot losses(const analysis::Results& results) {
    Plot plot = page_plot("Training loss",
                          "Mean of the seeds, smoothed over 5 % of the run; the shade reaches from the lowest to "
                          "the highest seed. Look at the bumps where a cyclical learning rate is high and at the "
                          "drop where it comes down.",
                          {.label = "update"}, {.label = "loss", .scale = Scale::logarithmic, .at_most = 5});
    add(plot, results, &Curves::loss);
    add_diverged(plot, results, &analysis::DivergedRun::loss);
    if (!diverged_sentences(results).empty()) plot.caption += " A cross marks where a run diverged.";
    return plot;
}

Plot auc_over_updates(const analysis::Results& results) {
    Plot plot = page_plot("AUC on the test set during training",
                          "Which schedule gets where first? This is what cyclical learning rates promise. Shade: "
                          "lowest to highest seed.",
                          {.label = "update"}, {.label = "AUC", .high = 1});
    add(plot, results, &Curves::auc, Mark::line_with_dots);
    return plot;
}

// A dot per finished run, x and y from the distance of its AUC from 1. On a logarithmic axis 0 cannot be shown: it is
// drawn as half a pair in the wrong order.
template <class Point>
void add_dots(Plot& plot, const analysis::Results& results, Point point) {
    const auto positives = static_cast<double>(results.test_positives);
    const double pairs = positives * (static_cast<double>(results.test_images) - positives);
    for (std::size_t c = 0; c < results.configurations.size(); ++c) {
        Band band;
        band.curves = 1;
        for (const double auc : results.configurations[c].test["auc"].runs) {
            const auto [x, y] = point(c, std::max(1 - auc, 0.5 / std::max(pairs, 1.0)));
            band.x.push_back(x);
            band.mean.push_back(y);
        }
        add_band(plot, results.configurations[c].name, c, band, Mark::dots);
    }
}

Plot seeds(const analysis::Results& results) {
    std::vector<std::string> names;
    for (const Configuration& c : results.configurations) names.push_back(c.name);
    const int height = 20 + 26 * static_cast<int>(names.size());
    Plot plot = page_plot("Every run: distance of its AUC from 1",
                          "A dot is one seed; the further left the better. Schedules whose dots overlap cannot be "
                          "told apart by this comparison.",
                          {.label = "1 - AUC (logarithmic)", .scale = Scale::logarithmic}, {.categories = names},
                          std::min(height, 2000));
    add_dots(plot, results, [](std::size_t c, double distance) { return std::pair(distance, static_cast<double>(c)); });
    return plot;
}

Plot budget(const analysis::Results& results) {
    Plot plot = page_plot("Budget and result",
                          "A dot is one run: the sum of its learning rates against the distance of its AUC from 1 "
                          "(lower is better). Is it the shape of a schedule that helps, or how much learning it "
                          "allows?",
                          {.label = "learning-rate budget (logarithmic)", .scale = Scale::logarithmic},
                          {.label = "1 - AUC", .scale = Scale::logarithmic});
    add_dots(plot, results,
             [&](std::size_t c, double distance) { return std::pair(results.configurations[c].sum_lr, distance); });
    return plot;
}

Plot roc(const analysis::Results& results, double end) {
    const bool whole = end == 1;
    Plot plot = page_plot(whole ? "ROC curve" : "ROC curve, left edge",
                          whole ? "Fraction of the positives found against fraction of the negatives called "
                                  "positive by mistake, over all thresholds. The dotted diagonal is guessing."
                                : "The same up to one false alarm among ten negatives, where rare classes are "
                                  "decided. Shade: lowest to highest seed.",
                          unit_axis("false positive rate", end), unit_axis("true positive rate"), 320);
    add(plot, results, whole ? &Curves::roc : &Curves::roc_left);
    return with_reference(std::move(plot), diagonal("guessing"));
}

Plot precision_recall(const analysis::Results& results) {
    const double prior = static_cast<double>(results.test_positives) /
                         static_cast<double>(std::max<std::int64_t>(results.test_images, 1));
    Plot plot = page_plot("Precision and recall",
                          "Of those called positive, the fraction that is positive, against the fraction of the "
                          "positives found. With a rare class it shows what the ROC curve hides. Dotted: guessing.",
                          unit_axis("recall"), unit_axis("precision"), 320);
    add(plot, results, &Curves::precision_recall);
    return with_reference(std::move(plot), {.kind = Mark::reference, .name = "guessing", .y = {prior}});
}

Plot reliability(const analysis::Results& results) {
    Plot plot = page_plot("Reliability",
                          "Test images of all seeds in ten bins by the probability that the model predicted "
                          "(across) and the fraction of them that was positive (up). On the dotted line the "
                          "probabilities are right; below it the model is overconfident. Bins with fewer than "
                          "five images are left out.",
                          unit_axis("predicted probability"), unit_axis("fraction of positives"), 320);
    add(plot, results, &Curves::reliability, Mark::line_with_dots);
    return with_reference(std::move(plot), diagonal("calibrated"));
}

}  // namespace

Figures draw_figures(const analysis::Results& results) {
    return {
        {rates(results, Scale::linear), rates(results, Scale::logarithmic), losses(results), auc_over_updates(results)},
        {seeds(results), budget(results), roc(results, 1), roc(results, 0.1), precision_recall(results)},
        {reliability(results)}};
}

}  // namespace cyclone::report
