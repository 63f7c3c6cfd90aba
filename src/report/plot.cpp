// Picture files.
#include <cyclone/base/error.h>
#include <cyclone/report/plot.h>

#include <algorithm>

#include "report/colours.h"
#include "report/comparison_figures.h"

namespace cyclone::report {
namespace {

namespace fs = std::filesystem;

// A line per configuration whose band has points; x and y are its columns.
template <class X, class Y>
std::vector<Mark> marks(const analysis::Results& results, X x, Y y) {
    std::vector<Mark> list;
    const auto colours = colours_of(results);
    for (std::size_t c = 0; c < results.configurations.size(); ++c) {
        const analysis::Configuration& configuration = results.configurations[c];
        const auto &x_values = x(configuration.curves), &y_values = y(configuration.curves);
        if (!x_values.empty() && !y_values.empty())
            list.push_back({.name = configuration.name, .x = x_values, .y = y_values, .colour = colours[c]});
    }
    return list;
}

bool several_seeds(const analysis::Results& results) {
    return std::any_of(results.configurations.begin(), results.configurations.end(),
                       [](const auto& configuration) { return configuration.curves.loss.curves > 1; });
}

}  // namespace

void plot_curves(const fs::path& svg, const analysis::Results& results) {
    const Plot plot = course_plot(results, 900, false);
    const auto has_marks = [](const Panel& panel) { return !panel.marks.empty(); };
    if (std::any_of(plot.panels.begin(), plot.panels.end(), has_marks)) write_svg(svg, plot);
}

void plot_auc(const fs::path& svg, const analysis::Results& results) {
    using analysis::Curves;
    const auto auc = [&](const Curves& c) {
        std::vector<double> values = c.auc.mean;
        for (double& value : values) value = shown_auc(results, value);
        return values;
    };
    const auto seconds = marks(
        results, [](const Curves& c) { return c.auc_seconds; }, auc);
    if (seconds.empty()) return;
    const Axis axis{.label = "AUC (logarithmic in its distance from 1)", .scale = Scale::near_one};
    write_svg(svg, {.title = "AUC on the test set during training",
                    .caption = several_seeds(results) ? "Means over the seeds." : "",
                    .panels = {{.x = {.label = "update"},
                                .y = axis,
                                .marks = marks(
                                    results, [](const Curves& c) { return c.auc.x; }, auc)},
                               {.x = {.label = "seconds of training"}, .y = axis, .marks = seconds}}});
}

void plot_schedules(const fs::path& svg, const std::vector<schedule::Preview>& schedules) {
    check(!schedules.empty(), svg.string(), "expected at least one schedule to draw");
    Panel panel{.x = {.label = "update"}, .y = {.label = "learning rate", .low = 0}};
    std::vector<Coloured> lines;
    for (const schedule::Preview& preview : schedules) {
        Mark& line = panel.marks.emplace_back(Mark{.name = preview.name});
        for (const auto& sample : schedule::samples(preview.schedule, preview.updates, 800)) {
            line.x.push_back(static_cast<double>(sample.update));
            line.y.push_back(sample.value);
        }
        lines.push_back({preview.name, line.y});
    }
    const auto colours = colours_of(lines);
    for (std::size_t i = 0; i < colours.size(); ++i) panel.marks[i].colour = colours[i];
    write_svg(svg, {.title = "Learning-rate schedules", .panels = {panel}});
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
