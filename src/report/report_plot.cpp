// The look that the plots of pages share.
#include "report/report_plot.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace cyclone::report {

Plot page_plot(const std::string& title, const std::string& caption, const Axis& x, const Axis& y, int height) {
    return {.title = title,
            .caption = caption,
            .panels = {{.x = x, .y = y, .height = height}},
            .show_names = false,
            .width = 440};
}

void add_band(Panel& panel, const std::string& name, std::size_t colour, const analysis::Band& band, Mark::Kind kind) {
    const auto finite = [](double value) { return std::isfinite(value); };
    if (band.curves == 0 || std::none_of(band.mean.begin(), band.mean.end(), finite)) return;
    auto& marks = panel.marks;
    if (band.curves > 1)
        marks.push_back(
            {.kind = Mark::band, .name = name, .x = band.x, .y = band.low, .high = band.high, .colour = colour});
    marks.push_back({.kind = kind, .name = name, .x = band.x, .y = band.mean, .colour = colour});
}

void add_cross(std::vector<Mark>& marks, const std::string& name, std::size_t colour, const std::vector<double>& x,
               const std::vector<double>& y) {
    std::size_t end = y.size();
    while (end > 0 && !std::isfinite(y[end - 1])) --end;
    if (end > 0)
        marks.push_back({.kind = Mark::crosses, .name = name, .x = {x[end - 1]}, .y = {y[end - 1]}, .colour = colour});
}

void add_diverged(std::vector<Mark>& marks, const analysis::Configuration& configuration, std::size_t colour,
                  std::vector<double> analysis::DivergedRun::*values) {
    std::string label = configuration.seeds.empty() ? configuration.name : "";
    for (const analysis::DivergedRun& run : configuration.curves.diverged) {
        if (run.update.empty()) continue;
        marks.push_back({.name = std::exchange(label, ""), .x = run.update, .y = run.*values, .colour = colour});
        add_cross(marks, configuration.name + ", seed " + std::to_string(run.seed) + ", diverged: " + run.cause, colour,
                  run.update, run.*values);
    }
}

std::optional<double> highest_shown(const analysis::Results& results, analysis::Band analysis::Curves::*band) {
    double highest = 0;
    for (const auto& configuration : results.configurations)
        for (const double value : (configuration.curves.*band).mean)
            if (std::isfinite(value)) highest = std::max(highest, value);
    return highest > 0 ? std::optional(1.2 * highest) : std::nullopt;
}

std::vector<std::string> diverged_sentences(const analysis::Results& results) {
    std::vector<std::string> sentences;
    for (const lab::Run& run : results.runs)
        if (run.status == lab::RunStatus::diverged && run.average.empty())  // its averages diverged with it
            sentences.push_back(run.configuration() + ", seed " + std::to_string(run.seed) +
                                ", diverged: " + run.message);
    return sentences;
}

Axis unit_axis(const std::string& label, double high) { return {.label = label, .low = 0, .high = high}; }

Mark diagonal(const std::string& name) { return {.kind = Mark::reference, .name = name, .x = {0, 1}, .y = {0, 1}}; }

Plot with_reference(Plot plot, Mark reference) {
    auto& marks = plot.panels[0].marks;
    if (!marks.empty()) marks.push_back(std::move(reference));
    return plot;
}

}  // namespace cyclone::report
