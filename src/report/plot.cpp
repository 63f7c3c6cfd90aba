// Picture files.
#include <cyclone/base/error.h>
#include <cyclone/report/plot.h>

#include <algorithm>

#include "report/report_plot.h"

namespace cyclone::report {
namespace {

namespace fs = std::filesystem;

// A line per configuration whose band has points; x and y are its columns. Then the runs that diverged.
template <class X, class Y>
std::vector<Mark> marks(const analysis::Results& results, X x, Y y,
                        std::vector<double> analysis::DivergedRun::*diverged = nullptr) {
    std::vector<Mark> list;
    for (std::size_t c = 0; c < results.configurations.size(); ++c) {
        const analysis::Configuration& configuration = results.configurations[c];
        const auto &x_values = x(configuration.curves), &y_values = y(configuration.curves);
        if (!x_values.empty() && !y_values.empty())
            list.push_back({.name = configuration.name, .x = x_values, .y = y_values, .colour = c});
        if (diverged) add_diverged(list, configuration, c, diverged);
    }
    return list;
}

bool several_seeds(const analysis::Results& results) {
    return std::any_of(results.configurations.begin(), results.configurations.end(),
                       [](const auto& configuration) { return configuration.curves.loss.curves > 1; });
}

}  // namespace

void plot_curves(const fs::path& svg, const analysis::Results& results) {
    using analysis::Curves;
    const auto rates = marks(
        results, [](const Curves& c) { return c.learning_rate.x; },
        [](const Curves& c) { return c.learning_rate.mean; }, &analysis::DivergedRun::learning_rate);
    const auto losses = marks(
        results, [](const Curves& c) { return c.loss.x; }, [](const Curves& c) { return c.loss.mean; },
        &analysis::DivergedRun::loss);
    if (rates.empty()) return;
    std::string caption = several_seeds(results) ? "Means over the seeds; the loss is smoothed over 5 % of the run."
                                                 : "The loss is smoothed over 5 % of the run.";
    for (const std::string& sentence : diverged_sentences(results)) caption += " Cross: " + sentence + ".";
    const Axis rate{.label = "learning rate", .low = 0, .at_most = highest_shown(results, &Curves::learning_rate)};
    const Axis loss{.label = "training loss", .low = 0, .at_most = highest_shown(results, &Curves::loss)};
    write_svg(svg, {.title = "Learning rate and training loss",
                    .caption = caption,
                    .panels = {{.y = rate, .marks = rates, .height = 200},
                               {.x = {.label = "update"}, .y = loss, .marks = losses}},
                    .shared_x = true});
}

void plot_auc(const fs::path& svg, const analysis::Results& results) {
    using analysis::Curves;
    const auto auc = [](const Curves& c) { return c.auc.mean; };
    const auto seconds = marks(
        results, [](const Curves& c) { return c.auc_seconds; }, auc);
    if (seconds.empty()) return;
    const Axis axis{.label = "AUC", .high = 1};
    write_svg(svg, {.title = "AUC on the test set during training",
                    .caption = several_seeds(results) ? "Means over the seeds." : "",
                    .panels = {{.x = {.label = "update"},
                                .y = axis,
                                .marks = marks(
                                    results, [](const Curves& c) { return c.auc.x; }, auc)},
                               {.x = {.label = "seconds of training"}, .y = axis, .marks = seconds}}});
}

void plot_schedules(const fs::path& svg, const std::vector<schedule::Preview>& schedules) {
    std::vector<PlotSeries> series;
    for (const schedule::Preview& preview : schedules) {
        PlotSeries& line = series.emplace_back(PlotSeries{preview.name, {}, {}});
        for (const auto& sample : schedule::samples(preview.schedule, preview.updates, 800)) {
            line.x.push_back(static_cast<double>(sample.update));
            line.y.push_back(sample.value);
        }
    }
    plot_lines(svg, "Learning-rate schedules", series, {.label = "update"}, {.label = "learning rate", .low = 0});
}

void plot_lines(const fs::path& svg, const std::string& title, const std::vector<PlotSeries>& series, const Axis& x,
                const Axis& y) {
    check(!series.empty(), svg.string(), "expected at least one line to draw");
    Panel panel{.x = x, .y = y};
    for (const PlotSeries& line : series)
        panel.marks.push_back({.name = line.name, .x = line.x, .y = line.y, .colour = panel.marks.size()});
    write_svg(svg, {.title = title, .panels = {panel}});
}

}  // namespace cyclone::report
