#pragma once
// What depends on the kind of a mark: what it needs, how far it reaches, how it is drawn. A new kind is added here.

#include <cyclone/report/svg.h>

#include <optional>
#include <string>

#include "report/svg_path.h"
#include "report/svg_scale.h"

namespace cyclone::report {

/// The area between the axes of a panel, with its scales.
struct Frame {
    PixelScale x, y;
    Box box;
};

struct Ranges {
    Range x, y;
};

/// A line with or without dots, which can have its name at its end.
bool is_line(const Mark& mark);
/// A reference through the whole panel, which carries its name itself.
bool is_straight_reference(const Mark& mark);

/// Error that begins with `where` for lists that do not fit together.
void check_mark(const Mark& mark, const std::string& where);

/// Widens the ranges to what the mark shows; references and regions show nothing that is not there.
void include(Ranges& ranges, const Mark& mark, const Panel& panel);

/// The mark as a group with its name as the tooltip; "" where nothing of it is visible.
std::string draw_mark(const Mark& mark, const Frame& frame);

/// The name of a straight reference: beside a vertical line at its upper end, above a horizontal one at its right end.
std::string draw_reference_name(const Mark& mark, const Frame& frame);

/// Where the visible part of a line ends.
std::optional<Point> line_end(const Mark& mark, const Frame& frame);

}  // namespace cyclone::report
