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

void add_band(Plot& plot, const std::string& name, std::size_t colour, const analysis::Band& band, Mark::Kind kind) {
    const auto finite = [](double value) { return std::isfinite(value); };
    if (band.curves == 0 || std::none_of(band.mean.begin(), band.mean.end(), finite)) return;
    auto& marks = plot.panels[0].marks;
    if (band.curves > 1)
        marks.push_back(
            {.kind = Mark::band, .name = name, .x = band.x, .y = band.low, .high = band.high, .colour = colour});
    marks.push_back({.kind = kind, .name = name, .x = band.x, .y = band.mean, .colour = colour});
}

Axis unit_axis(const std::string& label, double high) { return {.label = label, .low = 0, .high = high}; }

Mark diagonal(const std::string& name) { return {.kind = Mark::reference, .name = name, .x = {0, 1}, .y = {0, 1}}; }

Plot with_reference(Plot plot, Mark reference) {
    auto& marks = plot.panels[0].marks;
    if (!marks.empty()) marks.push_back(std::move(reference));
    return plot;
}

}  // namespace cyclone::report
