#pragma once
// A plot of the report: gnuplot's SVG, made fit to stand inside a page that is light or dark.

#include <cstddef>
#include <string>
#include <vector>

#include "report/report_curves.h"

namespace cyclone::report {

struct PlotLine {
    std::size_t schedule = 0;  ///< its place among all schedules: the colour
    Band band;                 ///< the shade is drawn where it is of more than one curve
    const char* style = "lines";
};

struct Plot {
    std::string title, caption, x_label, y_label = {};
    std::string settings = {};  ///< further lines of gnuplot's; `@k@` becomes the name of the k-th schedule
    std::string first = {};     ///< what is drawn below everything, e.g. "x with lines"
    int height = 300;           ///< at a width of 480
    std::vector<PlotLine> lines = {};
};

struct Figure {
    std::string title, caption;
    std::string svg;  ///< an <svg> element that takes its colours from the page
};

/// One figure for each plot that has lines. Error when gnuplot is missing or fails.
std::vector<Figure> draw_plots(const std::vector<Plot>& plots, const std::vector<std::string>& schedule_names);

}  // namespace cyclone::report
