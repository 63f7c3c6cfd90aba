#include "report/training_figures.h"

#include <cyclone/metrics/multiclass.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include <cyclone/base/number_text.h>
#include "report/report_curves.h"

namespace cyclone::report {
namespace {

using namespace number_text;

constexpr std::size_t kMostCurves = 10;
constexpr std::int64_t kFewestInBin = 5;

class Drawing {
public:
    explicit Drawing(const TrainingReportInput& input) : input_(input), binary_(input.class_names.size() == 2) {
        run_.curve = lab::thin_out(input.history.updates());
    }

    TrainingFigures draw() const {
        TrainingFigures f;
        f.loss_names = {"training", "validation"};
        f.losses = draw_plots({losses(), rates()}, f.loss_names);
        f.metric_names = {"AUC", "F1", "accuracy", binary_ ? "AP" : "balanced accuracy"};
        f.metrics = draw_plots({figures()}, f.metric_names);
        for (const ReportedSet& set : input_.sets) f.set_names.push_back(set.name);
        const auto curves = ranking_curves();
        for (const auto& curve : curves) f.ranking_names.push_back(curve.name);
        f.ranking = draw_plots({roc(curves), precision_recall(curves)}, f.ranking_names);
        f.calibration = draw_plots({reliability()}, f.set_names);
        return f;
    }

private:
    struct Ranking {
        std::string name;
        std::vector<std::int64_t> labels;
        std::vector<double> scores;
    };

    static void add(Plot& plot, std::size_t line, Band band, const char* style = "lines") {
        const auto finite = [](double value) { return std::isfinite(value); };
        if (band.curves > 0 && std::any_of(band.mean.begin(), band.mean.end(), finite))
            plot.lines.push_back({line, std::move(band), style});
    }

    // A figure of the validation images after every epoch.
    template <class Value>
    Band per_epoch(Value value) const {
        std::vector<double> x, y;
        for (const train::EpochRow& row : input_.history.epochs()) {
            if (!row.validation) continue;
            x.push_back(static_cast<double>(row.updates));
            y.push_back(value(*row.validation));
        }
        return band_of(x, {y});
    }

    // A line where the chosen weights were.
    std::string mark() const {
        for (const train::EpochRow& row : input_.history.epochs())
            if (row.epoch == input_.best_epoch) {
                const std::string x = std::to_string(row.updates);
                return "set arrow from " + x + ", graph 0 to " + x + ", graph 1 nohead\n";
            }
        return {};
    }

    Plot losses() const {
        Plot plot{.title = "Loss",
                  .caption =
                      "Of the training batches (smoothed over 5 % of the run) and of the validation images after "
                      "every epoch. Where the second rises while the first falls, the net learns by heart. "
                      "The upright line is the chosen epoch.",
                  .x_label = "update",
                  .y_label = "loss (logarithmic)",
                  .settings = "set logscale y\nset yrange [*:*<5]\nset format y '%g'\n" + mark()};
        add(plot, 0, loss_band({&run_}, 7));
        add(plot, 1, per_epoch([](const train::Evaluation& v) { return v.loss; }), "linespoints");
        return plot;
    }

    Plot rates() const {
        Plot plot{.title = "Learning rate",
                  .caption = "What the schedule asked for at every update.",
                  .x_label = "update",
                  .y_label = "learning rate",
                  .settings = "set yrange [0:*]\nset format y '%g'\n"};
        add(plot, 0, band_of(run_.curve.update, {run_.curve.learning_rate}));
        return plot;
    }

    Plot figures() const {
        using train::Evaluation;
        Plot plot{.title = "Figures of the validation images",
                  .caption =
                      "After every epoch; decisions are those of the highest probability (of two classes: at .5). "
                      "Steps of the size of one image are noise. The upright line is the chosen epoch.",
                  .x_label = "update",
                  .settings = "set yrange [*:1]\n" + mark()};
        const auto either = [&](std::size_t line, auto binary, auto several) {
            add(plot, line, per_epoch([&](const Evaluation& v) { return v.binary ? binary(*v.binary) : several(v); }),
                "linespoints");
        };
        using Report = metrics::BinaryReport;
        either(
            0, [](const Report& r) { return r.auc; }, [](const Evaluation& v) { return v.auc; });
        either(
            1, [](const Report& r) { return r.f1; }, [](const Evaluation& v) { return v.f1; });
        either(
            2, [](const Report& r) { return r.accuracy; }, [](const Evaluation& v) { return v.accuracy; });
        either(
            3, [](const Report& r) { return r.average_precision; },
            [](const Evaluation& v) { return v.balanced_accuracy; });
        return plot;
    }

    // Of two classes each set, otherwise classes of the last set against the rest.
    std::vector<Ranking> ranking_curves() const {
        std::vector<Ranking> curves;
        const std::size_t classes = input_.class_names.size();
        if (binary_) {
            for (const ReportedSet& set : input_.sets)
                curves.push_back({set.name, set.labels, scores_of_class(set, 1, classes)});
            return curves;
        }
        const ReportedSet& set = input_.sets.back();
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
            curves.push_back({input_.class_names[c], labels_of_class(set, c), scores_of_class(set, c, classes)});
        return curves;
    }

    std::string whose() const {
        if (binary_) return "";
        return " A line is a class against the rest, of the " + input_.sets.back().name + " images" +
               (input_.class_names.size() > kMostCurves ? " (the ten with the lowest AUC)." : ".");
    }

    Plot roc(const std::vector<Ranking>& curves) const {
        Plot plot{.title = "ROC curve",
                  .caption =
                      "Share of the positives found against share of the negatives called positive by mistake, "
                      "over all thresholds. The dotted diagonal is guessing." +
                      whose(),
                  .x_label = "false positive rate",
                  .y_label = "true positive rate",
                  .settings = "set xrange [0:1]\nset yrange [0:1]\n",
                  .first = "x with lines dt 3 lc rgb 'black'",
                  .height = 380};
        for (std::size_t i = 0; i < curves.size(); ++i)
            add(plot, i, roc_band({std::span<const double>(curves[i].scores)}, curves[i].labels, 1));
        return plot;
    }

    Plot precision_recall(const std::vector<Ranking>& curves) const {
        Plot plot{.title = "Precision and recall",
                  .caption =
                      "Of those called positive, the share that is; against the share of the positives found. "
                      "With a rare class it shows what the ROC curve hides." +
                      whose(),
                  .x_label = "recall",
                  .y_label = "precision",
                  .settings = "set xrange [0:1]\nset yrange [0:1]\n",
                  .height = 380};
        for (std::size_t i = 0; i < curves.size(); ++i)
            add(plot, i, precision_recall_band({std::span<const double>(curves[i].scores)}, curves[i].labels));
        return plot;
    }

    Plot reliability() const {
        Plot plot{.title = "Reliability",
                  .caption = std::string("Images in ten bins by ") +
                             (binary_ ? "the probability of the positive class (across) and how many of them were "
                                        "positive (up)."
                                      : "the probability of the class they were called (across) and how many of them "
                                        "were of that class (up).") +
                             " On the dotted line the net means what it says; below it, it is too sure. Bins with "
                             "fewer than five images are left out.",
                  .x_label = "probability the net gave",
                  .y_label = binary_ ? "share of positives" : "share called rightly",
                  .settings = "set xrange [0:1]\nset yrange [0:1]\n",
                  .first = "x with lines dt 3 lc rgb 'black'",
                  .height = 380};
        for (std::size_t s = 0; s < input_.sets.size(); ++s) add(plot, s, calibration(input_.sets[s]), "linespoints");
        return plot;
    }

    Band calibration(const ReportedSet& set) const {
        const std::size_t classes = input_.class_names.size();
        std::vector<std::int64_t> right = set.labels;
        std::vector<double> sure = scores_of_class(set, 1, classes);
        if (!binary_) {
            const auto called = metrics::predicted_classes(set.probabilities, static_cast<std::int64_t>(classes));
            for (std::size_t i = 0; i < right.size(); ++i) {
                sure[i] = set.probabilities[i * classes + static_cast<std::size_t>(called[i])];
                right[i] = called[i] == set.labels[i];
            }
        }
        std::vector<double> x, y;
        for (const auto& bin : pooled_calibration({std::span<const double>(sure)}, right)) {
            if (bin.count < kFewestInBin) continue;
            x.push_back(bin.mean_probability);
            y.push_back(bin.positive_rate);
        }
        return band_of(x, {y});
    }

    const TrainingReportInput& input_;
    bool binary_;
    lab::Run run_;  // holds the thinned curve
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

TrainingFigures draw_training(const TrainingReportInput& input) { return Drawing(input).draw(); }

}  // namespace cyclone::report
