// The plots of a training's page.
#include "report/training_figures.h"

#include <cyclone/metrics/multiclass.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "report/report_plot.h"

namespace cyclone::report {
namespace {

constexpr std::size_t kMostCurves = 10;

using analysis::Band;
using analysis::band_of;

class Drawing {
public:
    Drawing(const train::History& history, std::int64_t best_epoch, const std::vector<std::string>& class_names,
            const std::vector<ReportedSet>& sets)
        : history_(history),
          best_epoch_(best_epoch),
          class_names_(class_names),
          sets_(sets),
          binary_(class_names.size() == 2) {
        curve_ = lab::thin_out(history.updates());
    }

    TrainingFigures draw() const {
        TrainingFigures f;
        f.loss_names = {"training", "validation"};
        f.losses = {losses(f.loss_names), rates()};
        f.metric_names = {"AUC", "F1", "accuracy", binary_ ? "AP" : "balanced accuracy"};
        f.metrics = {metrics(f.metric_names)};
        for (const ReportedSet& set : sets_) f.set_names.push_back(set.name);
        const auto curves = ranking_curves();
        for (const auto& curve : curves) f.ranking_names.push_back(curve.name);
        f.ranking = {roc(curves), precision_recall(curves)};
        f.calibration = {reliability()};
        return f;
    }

private:
    struct Ranking {
        std::string name;
        std::vector<std::int64_t> labels;
        std::vector<double> scores;
    };

    // A value of the validation images after every epoch.
    template <class Value>
    Band per_epoch(Value value) const {
        std::vector<double> x, y;
        for (const train::EpochRow& row : history_.epochs()) {
            if (!row.validation) continue;
            x.push_back(static_cast<double>(row.updates));
            y.push_back(value(*row.validation));
        }
        return band_of(x, {y});
    }

    // A line where the chosen weights were.
    Plot with_chosen_epoch(Plot plot) const {
        for (const train::EpochRow& row : history_.epochs())
            if (row.epoch == best_epoch_)
                return with_reference(
                    std::move(plot),
                    {.kind = Mark::reference, .name = "chosen epoch", .x = {static_cast<double>(row.updates)}});
        return plot;
    }

    Plot losses(const std::vector<std::string>& names) const {
        Plot plot =
            page_plot("Loss",
                      "Of the training batches (smoothed over 5 % of the run) and of the validation images "
                      "after every epoch. Where the second rises while the first falls, the model overfits.",
                      {.label = "update"}, {.label = "loss (logarithmic)", .scale = Scale::logarithmic, .at_most = 5});
        add_band(plot, names[0], 0, band_of(curve_.update, {analysis::smoothed(curve_.loss, 7)}));
        add_band(plot, names[1], 1, per_epoch([](const train::Evaluation& v) { return v.loss; }), Mark::line_with_dots);
        return with_chosen_epoch(std::move(plot));
    }

    Plot rates() const {
        Plot plot = page_plot("Learning rate", "The value of the schedule at every update.", {.label = "update"},
                              {.label = "learning rate", .low = 0});
        add_band(plot, "learning rate", 0, band_of(curve_.update, {curve_.learning_rate}));
        return plot;
    }

    Plot metrics(const std::vector<std::string>& names) const {
        using train::Evaluation;
        Plot plot = page_plot("Metrics of the validation images",
                              "After every epoch; the decision is the class with the highest probability (of two "
                              "classes: at 0.5). Steps of the size of one image are noise.",
                              {.label = "update"}, {.high = 1});
        const auto add = [&](std::size_t line, double Evaluation::*field) {
            const auto value = [field](const Evaluation& v) { return v.*field; };
            add_band(plot, names[line], line, per_epoch(value), Mark::line_with_dots);
        };
        add(0, &Evaluation::auc);
        add(1, &Evaluation::f1);
        add(2, &Evaluation::accuracy);
        add(3, binary_ ? &Evaluation::average_precision : &Evaluation::balanced_accuracy);
        return with_chosen_epoch(std::move(plot));
    }

    // Of two classes each set, otherwise classes of the last set against the rest.
    std::vector<Ranking> ranking_curves() const {
        std::vector<Ranking> curves;
        const std::size_t classes = class_names_.size();
        if (binary_) {
            for (const ReportedSet& set : sets_)
                curves.push_back({set.name, set.labels, scores_of_class(set, 1, classes)});
            return curves;
        }
        const ReportedSet& set = sets_.back();
        const auto auc =
            metrics::roc_auc_one_vs_rest(set.labels, set.probabilities, static_cast<std::int64_t>(classes));
        std::vector<std::size_t> order(classes);
        std::iota(order.begin(), order.end(), 0);
        if (classes > kMostCurves) {
            std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
                return std::isfinite(auc[a]) && (!std::isfinite(auc[b]) || auc[a] < auc[b]);
            });
            order.resize(kMostCurves);
        }
        for (const std::size_t c : order)
            curves.push_back({class_names_[c], labels_of_class(set, c), scores_of_class(set, c, classes)});
        return curves;
    }

    std::string whose() const {
        if (binary_) return "";
        return " Each line is one class against the rest, for the " + sets_.back().name + " images" +
               (class_names_.size() > kMostCurves ? " (the ten with the lowest AUC)." : ".");
    }

    Plot roc(const std::vector<Ranking>& curves) const {
        Plot plot = page_plot("ROC curve",
                              "Fraction of the positives found against fraction of the negatives called positive by "
                              "mistake, over all thresholds. The dotted diagonal is guessing." +
                                  whose(),
                              unit_axis("false positive rate"), unit_axis("true positive rate"), 320);
        for (std::size_t i = 0; i < curves.size(); ++i)
            add_band(plot, curves[i].name, i,
                     analysis::roc_band({std::span<const double>(curves[i].scores)}, curves[i].labels));
        return with_reference(std::move(plot), diagonal("guessing"));
    }

    Plot precision_recall(const std::vector<Ranking>& curves) const {
        Plot plot = page_plot("Precision and recall",
                              "Of those called positive, the fraction that is positive, against the fraction of the "
                              "positives found. With a rare class it shows what the ROC curve hides." +
                                  whose(),
                              unit_axis("recall"), unit_axis("precision"), 320);
        for (std::size_t i = 0; i < curves.size(); ++i)
            add_band(plot, curves[i].name, i,
                     analysis::precision_recall_band({std::span<const double>(curves[i].scores)}, curves[i].labels));
        return plot;
    }

    Plot reliability() const {
        Plot plot = page_plot(
            "Reliability",
            std::string("Images in ten bins by ") +
                (binary_ ? "the predicted probability of the positive class (across) and the fraction of them that was "
                           "positive (up)."
                         : "the probability of the predicted class (across) and the fraction of them that was of that "
                           "class (up).") +
                " On the dotted line the probabilities are right; below it the model is overconfident. Bins with fewer "
                "than five images are left out.",
            unit_axis("predicted probability"),
            unit_axis(binary_ ? "fraction of positives" : "fraction predicted correctly"), 320);
        for (std::size_t s = 0; s < sets_.size(); ++s)
            add_band(plot, sets_[s].name, s, calibration(sets_[s]), Mark::line_with_dots);
        return with_reference(std::move(plot), diagonal("calibrated"));
    }

    Band calibration(const ReportedSet& set) const {
        const std::size_t classes = class_names_.size();
        std::vector<std::int64_t> right = set.labels;
        std::vector<double> sure = scores_of_class(set, 1, classes);
        if (!binary_) {
            const auto called = metrics::predicted_classes(set.probabilities, static_cast<std::int64_t>(classes));
            for (std::size_t i = 0; i < right.size(); ++i) {
                sure[i] = set.probabilities[i * classes + static_cast<std::size_t>(called[i])];
                right[i] = called[i] == set.labels[i];
            }
        }
        return analysis::reliability({std::span<const double>(sure)}, right);
    }

    const train::History& history_;
    std::int64_t best_epoch_;
    const std::vector<std::string>& class_names_;
    const std::vector<ReportedSet>& sets_;
    bool binary_;
    lab::Curve curve_;
};

}  // namespace

std::vector<std::int64_t> labels_of_class(const ReportedSet& set, std::size_t c) {
    std::vector<std::int64_t> is_class;
    is_class.reserve(set.labels.size());
    for (const std::int64_t label : set.labels) is_class.push_back(label == static_cast<std::int64_t>(c));
    return is_class;
}

std::vector<double> scores_of_class(const ReportedSet& set, std::size_t c, std::size_t classes) {
    std::vector<double> scores;
    scores.reserve(set.labels.size());
    for (std::size_t i = 0; i < set.labels.size(); ++i) scores.push_back(set.probabilities[i * classes + c]);
    return scores;
}

TrainingFigures draw_training(const train::History& history, std::int64_t best_epoch,
                              const std::vector<std::string>& class_names, const std::vector<ReportedSet>& sets) {
    return Drawing(history, best_epoch, class_names, sets).draw();
}

}  // namespace cyclone::report
