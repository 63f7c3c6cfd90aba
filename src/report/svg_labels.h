#pragma once
// Names of marks: at the ends of lines without overlap, or in a legend.

#include <cyclone/report/svg.h>

#include <string>
#include <vector>

#include "report/svg_marks.h"

namespace cyclone::report {

/// Positions nearest to `wanted` that are at least `gap` apart, in the same order, within [low, high] if they fit
/// there.
std::vector<double> apart(const std::vector<double>& wanted, double gap, double low, double high);

/// One name in a legend.
struct Entry {
    std::string name;
    Mark::Kind kind;
    std::size_t colour;
    bool dots = false;
};

/// Whether the names of the lines can stand at their ends in every panel.
bool labels_at_ends(const Plot& plot);

/// The names that a legend has to show; those at line ends are left out.
std::vector<Entry> legend_entries(const Plot& plot, bool lines_are_labelled);

/// The legend with its upper edge at `top`, and the y below it.
struct Legend {
    std::string svg;
    double bottom;
};
Legend draw_legend(const std::vector<Entry>& entries, double width, double top);

/// The names of the lines, at their ends on the right of the frame.
std::string draw_end_labels(const Panel& panel, const Frame& frame);

}  // namespace cyclone::report
