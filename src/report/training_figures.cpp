// The plots of a training's page.
#include "report/training_figures.h"

#include <cyclone/base/number_text.h>
#include <cyclone/metrics/multiclass.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>

#include "report/report_plot.h"

namespace cyclone::report {
namespace {

constexpr std::size_t kMostCurves = 10;

using analysis::Band;
using analysis::band_of;
using lab::PredictedSet;
using lab::Training;
using train::Evaluation;

bool is_binary(const Training& training) { return training.class_names.size() == 2; }

// A value of the validation images after every epoch.
Band per_epoch(const Training& training, double Evaluation::*field) {
    std::vector<double> x, y;
    for (const train::EpochRow& row : training.epochs) {
        if (!row.validation) continue;
        x.push_back(static_cast<double>(row.updates));
        y.push_back((*row.validation).*field);
    }
    return band_of(x, {y});
}

std::optional<double> chosen_update(const Training& training) {
    for (const train::EpochRow& row : training.epochs)
        if (row.epoch == training.best_epoch) return static_cast<double>(row.updates);
    return std::nullopt;
}

// A line of the ROC plot and its like.
struct Ranking {
    std::string name;
    std::vector<std::int64_t> labels;
    std::vector<double> scores;
};

// Of two classes each set, otherwise classes of the last set against the rest.
std::vector<Ranking> rankings(const Training& training) {
    std::vector<Ranking> lines;
    if (is_binary(training)) {
        for (const PredictedSet& set : training.sets)
            lines.push_back({set.name, set.predictions.labels, set.predictions.positive()});
        return lines;
    }
    const metrics::Predictions& p = training.sets.back().predictions;
    const auto auc = metrics::roc_auc_one_vs_rest(p.labels, p.probabilities, p.classes());
    std::vector<std::size_t> order(auc.size());
    std::iota(order.begin(), order.end(), 0);
    if (order.size() > kMostCurves) {
        std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
            return std::isfinite(auc[a]) && (!std::isfinite(auc[b]) || auc[a] < auc[b]);
        });
        order.resize(kMostCurves);
    }
    for (const std::size_t c : order) {
        const auto number = static_cast<std::int64_t>(c);
        lines.push_back({training.class_names[c], p.is_class(number), p.column(number)});
    }
    return lines;
}

Plot ranking_plot(const Training& training, const std::vector<Ranking>& lines, const std::string& title,
                  const std::string& caption, const Axis& x, const Axis& y,
                  Band (*curve)(const metrics::ModelScores&, std::span<const std::int64_t>)) {
    const std::string whose =
        is_binary(training)
            ? ""
            : " Each line is one class against the rest, for the " + training.sets.back().name + " images" +
                  (training.class_names.size() > kMostCurves ? " (the ten with the lowest AUC)." : ".");
    Plot plot = page_plot(title, caption + whose, x, y, 320);
    for (std::size_t i = 0; i < lines.size(); ++i)
        add_band(plot.panels[0], lines[i].name, i, curve({std::span<const double>(lines[i].scores)}, lines[i].labels));
    return plot;
}

// Of two classes the positive one, otherwise the predicted one.
Band reliability(const metrics::Predictions& p) {
    if (p.classes() == 2) {
        const auto positive = p.positive();
        return analysis::reliability({std::span<const double>(positive)}, p.labels);
    }
    const auto called = metrics::predicted_classes(p.probabilities, p.classes());
    std::vector<std::int64_t> right = p.labels;
    std::vector<double> sure(right.size());
    for (std::size_t i = 0; i < right.size(); ++i) {
        sure[i] = p.probabilities[i * static_cast<std::size_t>(p.classes()) + static_cast<std::size_t>(called[i])];
        right[i] = called[i] == p.labels[i];
    }
    return analysis::reliability({std::span<const double>(sure)}, right);
}

// The loss of a model that knows no more than how frequent the classes are.
double fractions_only(const metrics::Predictions& p) {
    double loss = 0;
    for (std::int64_t c = 0; c < p.classes(); ++c) {
        const double fraction =
            static_cast<double>(std::count(p.labels.begin(), p.labels.end(), c)) / static_cast<double>(p.labels.size());
        if (fraction > 0) loss -= fraction * std::log(fraction);
    }
    return loss;
}

Panel rate_panel(const Training& training) {
    Panel panel{.y = {.label = "learning rate", .low = 0}, .height = 110};
    const lab::Curve& curve = training.curve;
    add_band(panel, "learning rate", 2, band_of(curve.update, {curve.learning_rate}));
    if (!training.gave_up.empty()) add_cross(panel.marks, training.gave_up, 2, curve.update, curve.learning_rate);
    return panel;
}

Panel loss_panel(const Training& training) {
    Panel panel{.y = {.label = "loss (logarithmic)", .scale = Scale::logarithmic, .at_most = 5}, .height = 230};
    const lab::Curve& curve = training.curve;
    add_band(panel, "training", 0, band_of(curve.update, {analysis::smoothed_loss(curve)}));
    add_band(panel, "validation", 1, per_epoch(training, &Evaluation::loss), Mark::line_with_dots);
    if (panel.marks.empty()) return panel;
    if (const double loss = fractions_only(training.sets.front().predictions); loss > 0)
        panel.marks.push_back(
            {.kind = Mark::reference,
             .name = number_text::significant(loss, 2) + ": knows only the class fractions (validation)",
             .y = {loss}});
    if (!training.gave_up.empty()) add_cross(panel.marks, training.gave_up, 0, curve.update, curve.loss);
    return panel;
}

Panel metric_panel(const Training& training) {
    Panel panel{.y = {.label = "validation images", .high = 1}, .height = 180};
    std::size_t colour = 3;
    const auto add = [&](const std::string& name, double Evaluation::*field) {
        add_band(panel, name, colour++, per_epoch(training, field), Mark::line_with_dots);
    };
    add("AUC", &Evaluation::auc);
    add("F1", &Evaluation::f1);
    add("accuracy", &Evaluation::accuracy);
    if (is_binary(training))
        add("AP", &Evaluation::average_precision);
    else
        add("balanced accuracy", &Evaluation::balanced_accuracy);
    return panel;
}

const lab::RecordedSeries* find(const Training& training, const std::string& name) {
    for (const lab::RecordedSeries& series : training.recorded)
        if (series.name == name) return &series;
    return nullptr;
}

bool is_of_path(const std::string& name) { return name == "distance" || name.starts_with("projection_"); }

std::string words_of(std::string name) {
    std::replace(name.begin(), name.end(), '_', ' ');
    return name;
}

// Where the weights are, seen from where they began.
Panel path_panel(const Training& training) {
    Panel panel{.y = {.label = "distance from the first weights"}, .height = 160};
    std::size_t colour = 2 * palette_size();
    for (const lab::RecordedSeries& series : training.recorded)
        if (is_of_path(series.name))
            add_band(panel, words_of(series.name), colour++, band_of(series.update, {series.value}));
    if (panel.marks.size() > 1) panel.y.label += ", and along each direction";
    return panel;
}

// And what recorders of a program's own have measured.
Panel norm_panel(const Training& training) {
    Panel panel{.y = {.label = "recorded (logarithmic)", .scale = Scale::logarithmic}, .height = 200};
    std::size_t colour = palette_size();  // dashed, apart from those above
    bool norms = true;
    for (const lab::RecordedSeries& series : training.recorded) {
        if (series.name == "curvature" || is_of_path(series.name)) continue;
        const std::string name = words_of(series.name);
        norms = norms && name.ends_with(" norm");
        add_band(panel, name, colour++, band_of(series.update, {series.value}));
    }
    if (norms) panel.y.label = "norms (logarithmic)";
    return panel;
}

// With the curvature up to which the rate is stable; a rate near 0 would press all else flat.
Panel curvature_panel(const Training& training) {
    const lab::RecordedSeries* series = find(training, "curvature");
    if (!series) return {};
    Panel panel{.y = {.label = "largest curvature (logarithmic)", .scale = Scale::logarithmic}, .height = 180};
    add_band(panel, "curvature", 6, band_of(series->update, {series->value}), Mark::line_with_dots);
    if (panel.marks.empty()) return panel;
    if (const double most = *std::max_element(series->value.begin(), series->value.end()); most > 0)
        panel.y.at_most = 30 * most;
    Mark limit{.name = "2 / rate", .colour = palette_size()};
    for (std::size_t i = 0; i < training.curve.update.size(); ++i) {
        if (!(training.curve.learning_rate[i] > 0)) continue;
        limit.x.push_back(training.curve.update[i]);
        limit.y.push_back(2 / training.curve.learning_rate[i]);
    }
    if (limit.x.size() > 1) panel.marks.push_back(std::move(limit));
    return panel;
}

}  // namespace

Plot training_course(const Training& training, int width) {
    std::vector<Panel> panels;
    for (Panel panel : {rate_panel(training), loss_panel(training), metric_panel(training), norm_panel(training),
                        path_panel(training), curvature_panel(training)}) {
        if (panel.marks.empty()) continue;
        if (const auto chosen = chosen_update(training))
            panel.marks.push_back(
                {.kind = Mark::reference, .name = panels.empty() ? "chosen epoch" : "", .x = {*chosen}});
        panels.push_back(std::move(panel));
    }
    if (!panels.empty()) panels.back().x.label = "update";
    std::string caption =
        "The loss of the training batches is smoothed over 5 % of the run; that of the validation images and their "
        "metrics are those after every epoch" +
        std::string(is_binary(training) ? " (decisions at 0.5)" : "") +
        ". Where the validation loss rises while the training loss falls, the model overfits. Steps of the size of one "
        "image are noise.";
    if (find(training, "curvature"))
        caption += " Plain gradient descent is stable where the curvature is below the dashed line 2 / rate.";
    if (!training.gave_up.empty()) caption += " The cross marks where the training gave up.";
    return {.title = "Learning rate, loss and metrics",
            .caption = caption,
            .panels = std::move(panels),
            .shared_x = true,
            .width = width};
}

NamedPlots training_rankings(const Training& training) {
    const std::vector<Ranking> lines = rankings(training);
    NamedPlots f;
    for (const Ranking& line : lines) f.names.push_back(line.name);
    Plot roc = ranking_plot(
        training, lines, "ROC curve",
        "Fraction of the positives found against fraction of the negatives called positive by mistake, over all "
        "thresholds. The dotted diagonal is guessing.",
        unit_axis("false positive rate"), unit_axis("true positive rate"),
        [](const metrics::ModelScores& s, std::span<const std::int64_t> l) { return analysis::roc_band(s, l); });
    f.plots = {with_reference(std::move(roc), diagonal("guessing")),
               ranking_plot(training, lines, "Precision and recall",
                            "Of those called positive, the fraction that is positive, against the fraction of the "
                            "positives found. With a rare class it shows what the ROC curve hides.",
                            unit_axis("recall"), unit_axis("precision"), analysis::precision_recall_band)};
    return f;
}

NamedPlots training_calibration(const Training& training) {
    const bool binary = is_binary(training);
    NamedPlots f;
    Plot plot = page_plot(
        "Reliability",
        std::string("Images in ten bins by ") +
            (binary ? "the predicted probability of the positive class (across) and the fraction of them that was "
                      "positive (up)."
                    : "the probability of the predicted class (across) and the fraction of them that was of that class "
                      "(up).") +
            " On the dotted line the probabilities are right; below it they are too high, above it too low. Bins with "
            "fewer than five images are left out.",
        unit_axis("predicted probability"),
        unit_axis(binary ? "fraction of positives" : "fraction predicted correctly"), 320);
    for (const PredictedSet& set : training.sets) {
        add_band(plot.panels[0], set.name, f.names.size(), reliability(set.predictions), Mark::line_with_dots);
        f.names.push_back(set.name);
    }
    f.plots = {with_reference(std::move(plot), diagonal("calibrated"))};
    return f;
}

}  // namespace cyclone::report
