#pragma once
// What the files of the SVG writer share: sizes in pixels, where labels go, the style of a file of its own.

#include <cyclone/report/svg.h>

#include <string>
#include <vector>

#include "report/svg_scale.h"

namespace cyclone::report {

inline constexpr double kEdge = 8;         // around the picture
inline constexpr double kLineHeight = 18;  // of text, at kFontSize

std::string document_style();

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

/// " class=... " of what has a palette colour: "c3 d1".
std::string colour_class(std::size_t colour);

/// <text> at a point; `more` are further attributes with a blank before each.
std::string text_at(double x, double y, const std::string& text, const std::string& more = "");

}  // namespace cyclone::report
