#include "report/report_figures.h"

#include <algorithm>
#include <cmath>

#include "report/report_curves.h"
#include "report/report_plot.h"

namespace cyclone::report {
namespace {

constexpr std::int64_t kFewestInBin = 5;

class Drawing {
public:
    Drawing(const std::vector<lab::Run>& runs, const std::vector<std::string>& names,
            std::span<const std::int64_t> labels)
        : runs_(runs), names_(names), labels_(labels) {}

    Figures draw() const {
        return {{rates(Scale::linear), rates(Scale::logarithmic), losses(), auc_over_updates()},
                {seeds(), budget(), roc(1), roc(0.1), precision_recall()},
                {reliability()}};
    }

private:
    // A mark per schedule; `make` returns its band, an empty one leaves the schedule out.
    template <class Make>
    void add(Plot& plot, Make make, Mark::Kind kind = Mark::line) const {
        for (std::size_t s = 0; s < names_.size(); ++s)
            add_band(plot, names_[s], s, make(finished_runs(runs_, names_[s]), s), kind);
    }

    Plot rates(Scale scale) const {
        const bool logarithmic = scale == Scale::logarithmic;
        Plot plot = page_plot(logarithmic ? "Learning rates, logarithmic" : "Learning rates",
                              logarithmic ? "Equal distances are equal factors. A learning rate far below the others "
                                            "hardly moves the weights, however long it lasts."
                                          : "The area under a line is its learning-rate budget: with plain SGD, how "
                                            "far the weights can travel. Compare schedules of equal area.",
                              {.label = "update"}, {.label = "learning rate", .scale = scale});
        if (!logarithmic) plot.panels[0].y.low = 0;
        add(plot, [logarithmic](const RunList& runs, std::size_t) {
            for (const lab::Run* run : runs) {
                const auto& lr = run->curve.learning_rate;
                const bool drawable = !logarithmic || std::any_of(lr.begin(), lr.end(), [](double r) { return r > 0; });
                if (!lr.empty() && drawable) return band_of(run->curve.update, {lr});
            }
            return Band{};
        });
        return plot;
    }

    Plot losses() const {
        Plot plot = page_plot("Training loss",
                              "Mean of the seeds, smoothed over 5 % of the run; the shade reaches from the lowest to "
                              "the highest seed. Look at the bumps where a cyclical learning rate is high and at the "
                              "drop where it comes down.",
                              {.label = "update"}, {.label = "loss", .scale = Scale::logarithmic, .at_most = 5});
        add(plot, [](const RunList& runs, std::size_t) { return loss_band(runs, 7); });
        return plot;
    }

    Plot auc_over_updates() const {
        Plot plot = page_plot("AUC on the test set during training",
                              "Which schedule gets where first? This is what cyclical learning rates promise. Shade: "
                              "lowest to highest seed.",
                              {.label = "update"}, {.label = "AUC", .high = 1});
        add(
            plot, [](const RunList& runs, std::size_t) { return auc_band(runs); }, Mark::line_with_dots);
        return plot;
    }

    // 1 - AUC on a logarithmic axis cannot show 0: it is drawn as half a pair in the wrong order.
    double distance(double auc) const {
        const auto positives = static_cast<double>(std::count(labels_.begin(), labels_.end(), 1));
        const double pairs = positives * (static_cast<double>(labels_.size()) - positives);
        return std::max(1 - auc, 0.5 / std::max(pairs, 1.0));
    }

    Plot seeds() const {
        const int height = 20 + 26 * static_cast<int>(names_.size());
        Plot plot = page_plot("Every run: distance of its AUC from 1",
                              "A dot is one seed; the further left the better. Schedules whose dots overlap cannot be "
                              "told apart by this comparison.",
                              {.label = "1 - AUC (logarithmic)", .scale = Scale::logarithmic}, {.categories = names_},
                              std::min(height, 2000));
        add(
            plot,
            [this](const RunList& runs, std::size_t schedule) {
                Band band;
                for (const lab::Run* run : runs) band.x.push_back(distance(run->test.auc));
                band.mean.assign(band.x.size(), static_cast<double>(schedule));
                band.curves = 1;
                return band;
            },
            Mark::dots);
        return plot;
    }

    Plot budget() const {
        Plot plot = page_plot("Budget and result",
                              "A dot is one run: the sum of its learning rates against the distance of its AUC from 1 "
                              "(lower is better). Is it the shape of a schedule that helps, or how much learning it "
                              "allows?",
                              {.label = "learning-rate budget (logarithmic)", .scale = Scale::logarithmic},
                              {.label = "1 - AUC", .scale = Scale::logarithmic});
        add(
            plot,
            [this](const RunList& runs, std::size_t) {
                Band band;
                for (const lab::Run* run : runs) {
                    band.x.push_back(run->sum_lr);
                    band.mean.push_back(distance(run->test.auc));
                }
                band.curves = 1;
                return band;
            },
            Mark::dots);
        return plot;
    }

    Plot roc(double end) const {
        const bool whole = end == 1;
        Plot plot = page_plot(whole ? "ROC curve" : "ROC curve, left edge",
                              whole ? "Fraction of the positives found against fraction of the negatives called "
                                      "positive by mistake, over all thresholds. The dotted diagonal is guessing."
                                    : "The same up to one false alarm among ten negatives, where rare classes are "
                                      "decided. Shade: lowest to highest seed.",
                              unit_axis("false positive rate", end), unit_axis("true positive rate"), 320);
        add(plot, [&](const RunList& runs, std::size_t) { return roc_band(scores_of(runs), labels_, end); });
        return with_reference(std::move(plot), diagonal("guessing"));
    }

    Plot precision_recall() const {
        const auto positives = static_cast<double>(std::count(labels_.begin(), labels_.end(), 1));
        const double prior = positives / static_cast<double>(std::max<std::size_t>(labels_.size(), 1));
        Plot plot = page_plot("Precision and recall",
                              "Of those called positive, the fraction that is positive, against the fraction of the "
                              "positives found. With a rare class it shows what the ROC curve hides. Dotted: guessing.",
                              unit_axis("recall"), unit_axis("precision"), 320);
        add(plot, [&](const RunList& runs, std::size_t) { return precision_recall_band(scores_of(runs), labels_); });
        return with_reference(std::move(plot), {.kind = Mark::reference, .name = "guessing", .y = {prior}});
    }

    Plot reliability() const {
        Plot plot = page_plot("Reliability",
                              "Test images of all seeds in ten bins by the probability that the model predicted "
                              "(across) and the fraction of them that was positive (up). On the dotted line the "
                              "probabilities are right; below it the model is overconfident. Bins with fewer than "
                              "five images are left out.",
                              unit_axis("predicted probability"), unit_axis("fraction of positives"), 320);
        add(
            plot,
            [&](const RunList& runs, std::size_t) {
                return reliability_band(pooled_calibration(scores_of(runs), labels_), kFewestInBin);
            },
            Mark::line_with_dots);
        return with_reference(std::move(plot), diagonal("calibrated"));
    }

    const std::vector<lab::Run>& runs_;
    const std::vector<std::string>& names_;
    std::span<const std::int64_t> labels_;
};

}  // namespace

Figures draw_figures(const std::vector<lab::Run>& runs, const std::vector<std::string>& names,
                     std::span<const std::int64_t> labels) {
    return Drawing(runs, names, labels).draw();
}

}  // namespace cyclone::report
