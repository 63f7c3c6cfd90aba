#include "report/report_figures.h"

#include <algorithm>
#include <cmath>
#include <locale>
#include <sstream>

#include "report/report_curves.h"

namespace cyclone::report {
namespace {

class Drawing {
public:
    explicit Drawing(const ReportInput& input) : input_(input), labels_(input.labels) {
        for (const analysis::ScheduleSummary& summary : input.summaries) names_.push_back(summary.name);
    }

    Figures draw() const {
        const std::vector<Plot> training = {rates(false), rates(true), losses(), auc_over_updates()};
        const std::vector<Plot> quality = {seeds(), budget(), roc(1), roc(0.1), precision_recall()};
        return {draw_plots(training, names_), draw_plots(quality, names_), draw_plots({reliability()}, names_)};
    }

private:
    // One line a schedule; `make` gives its band, an empty one leaves the schedule out.
    template <class Make>
    std::vector<PlotLine> lines(Make make, const char* style = "lines") const {
        std::vector<PlotLine> list;
        for (std::size_t s = 0; s < names_.size(); ++s) {
            Band band = make(finished_runs(input_.runs, names_[s]), s);
            const auto finite = [](double value) { return std::isfinite(value); };
            if (band.curves > 0 && std::any_of(band.mean.begin(), band.mean.end(), finite))
                list.push_back({s, std::move(band), style});
        }
        return list;
    }

    Plot rates(bool logarithmic) const {
        Plot plot{.title = logarithmic ? "Learning rates, logarithmic" : "Learning rates",
                  .caption = logarithmic
                                 ? "Each line of the grid is a factor of ten. A rate far below the others hardly moves "
                                   "the weights, however long it runs."
                                 : "The area under a line is its sum of rates: with plain SGD, how far the weights can "
                                   "travel. Compare schedules of equal area.",
                  .x_label = "update",
                  .y_label = "learning rate",
                  .settings = logarithmic ? "set logscale y\nset format y '%g'\n" : "set yrange [0:*]\n"};
        plot.lines = lines([logarithmic](const RunList& runs, std::size_t) {
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
        Plot plot{.title = "Training loss",
                  .caption =
                      "Mean of the seeds, smoothed over 5 % of the run; the shade reaches from the lowest to the "
                      "highest seed. Look at the bumps where a cyclical rate is high and at the drop where it "
                      "comes down.",
                  .x_label = "update",
                  .y_label = "loss",
                  .settings = "set logscale y\nset yrange [*:*<5]\nset format y '%g'\n"};
        plot.lines = lines([](const RunList& runs, std::size_t) { return loss_band(runs, 7); });
        return plot;
    }

    Plot auc_over_updates() const {
        Plot plot{.title = "AUC on the test set during training",
                  .caption =
                      "Which schedule gets where first? This is what cyclical rates promise. Shade: lowest to "
                      "highest seed.",
                  .x_label = "update",
                  .y_label = "AUC",
                  .settings = "set yrange [*:1]\n"};
        plot.lines = lines([](const RunList& runs, std::size_t) { return auc_band(runs); }, "linespoints");
        return plot;
    }

    // 1 - AUC on a logarithmic axis cannot show 0: it is drawn as half a pair in the wrong order.
    double distance(double auc) const {
        const auto positives = static_cast<double>(std::count(labels_.begin(), labels_.end(), 1));
        const double pairs = positives * (static_cast<double>(labels_.size()) - positives);
        return std::max(1 - auc, 0.5 / std::max(pairs, 1.0));
    }

    // A dot for each finished run: x from `value`, y the distance of its AUC from 1.
    template <class X>
    std::vector<PlotLine> dots(X value) const {
        return lines(
            [&](const RunList& runs, std::size_t schedule) {
                Band band;
                for (const lab::Run* run : runs) {
                    band.x.push_back(value(*run, schedule));
                    band.mean.push_back(distance(run->test.auc));
                    band.low = band.high = band.mean;
                    band.curves = 1;
                }
                return band;
            },
            "points");
    }

    Plot seeds() const {
        Plot plot{.title = "Every run: distance of its AUC from 1",
                  .caption =
                      "A dot is one seed; the further left the better, each line of the grid is a factor of ten. "
                      "Schedules whose dots overlap cannot be told apart by this comparison.",
                  .x_label = "1 - AUC (logarithmic)"};
        const std::size_t count = names_.size();
        std::size_t longest = 0;
        std::ostringstream tics;
        for (std::size_t s = 0; s < count; ++s) {
            tics << (s > 0 ? ", " : "") << "'@" << s << "@' " << s;
            longest = std::max(longest, names_[s].size());
        }
        plot.height = 90 + 26 * static_cast<int>(count);
        plot.settings = "set logscale x\nset format x '%g'\nset yrange [" + std::to_string(count) +
                        " - 0.5:-0.5]\nset ytics (" + tics.str() + ")\nset lmargin " +
                        std::to_string(std::min<std::size_t>(longest, 24) + 2) + "\n";
        plot.lines = dots([](const lab::Run&, std::size_t schedule) { return static_cast<double>(schedule); });
        for (PlotLine& line : plot.lines) std::swap(line.band.x, line.band.mean);
        return plot;
    }

    Plot budget() const {
        Plot plot{.title = "Budget and result",
                  .caption =
                      "A dot is one run: sum of its rates against the distance of its AUC from 1 (lower is "
                      "better). Is it the shape of a schedule that helps, or how much learning it allows?",
                  .x_label = "sum of rates (logarithmic)",
                  .y_label = "1 - AUC",
                  .settings = "set logscale xy\nset format '%g'\n"};
        plot.lines = dots([](const lab::Run& run, std::size_t) { return run.sum_lr > 0 ? run.sum_lr : std::nan(""); });
        return plot;
    }

    Plot roc(double end) const {
        const bool whole = end == 1;
        Plot plot{.title = whole ? "ROC curve" : "ROC curve, left edge",
                  .caption = whole ? "Share of the positives found against share of the negatives called positive by "
                                     "mistake, over all thresholds. The dotted diagonal is guessing."
                                   : "The same for at most one false alarm among ten negatives, where rare classes are "
                                     "decided. Shade: lowest to highest seed.",
                  .x_label = "false positive rate",
                  .y_label = "true positive rate",
                  .settings = whole ? "set xrange [0:1]\nset yrange [0:1]\n" : "set xrange [0:0.1]\nset yrange [0:1]\n",
                  .first = "x with lines dt 3 lc rgb 'black'",
                  .height = 380};
        plot.lines = lines([&](const RunList& runs, std::size_t) { return roc_band(scores_of(runs), labels_, end); });
        return plot;
    }

    Plot precision_recall() const {
        const auto positives = std::count(labels_.begin(), labels_.end(), 1);
        std::ostringstream share;
        share.imbue(std::locale::classic());
        share << static_cast<double>(positives) / static_cast<double>(std::max<std::size_t>(labels_.size(), 1));
        Plot plot{.title = "Precision and recall",
                  .caption =
                      "Of those called positive, the share that is; against the share of the positives found. "
                      "With a rare class it shows what the ROC curve hides. Dotted: guessing.",
                  .x_label = "recall",
                  .y_label = "precision",
                  .settings = "set xrange [0:1]\nset yrange [0:1]\n",
                  .first = share.str() + " with lines dt 3 lc rgb 'black'",
                  .height = 380};
        plot.lines =
            lines([&](const RunList& runs, std::size_t) { return precision_recall_band(scores_of(runs), labels_); });
        return plot;
    }

    Plot reliability() const {
        Plot plot{.title = "Reliability",
                  .caption =
                      "Test images of all seeds in ten bins by what the net said (across) and how many of them "
                      "were positive (up). On the dotted line it means what it says; below it, it is too sure. "
                      "Bins with fewer than five images are left out.",
                  .x_label = "probability the net gave",
                  .y_label = "share of positives",
                  .settings = "set xrange [0:1]\nset yrange [0:1]\n",
                  .first = "x with lines dt 3 lc rgb 'black'",
                  .height = 380};
        plot.lines = lines(
            [&](const RunList& runs, std::size_t) {
                Band band;
                for (const auto& bin : pooled_calibration(scores_of(runs), labels_)) {
                    if (bin.count < 5) continue;
                    band.x.push_back(bin.mean_probability);
                    band.mean.push_back(bin.positive_rate);
                    band.curves = 1;
                }
                band.low = band.high = band.mean;
                return band;
            },
            "linespoints");
        return plot;
    }

    const ReportInput& input_;
    std::span<const std::int64_t> labels_;
    std::vector<std::string> names_;
};

}  // namespace

Figures draw_figures(const ReportInput& input) { return Drawing(input).draw(); }

}  // namespace cyclone::report
