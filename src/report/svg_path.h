#pragma once
// Point lists to path data: what lies outside is clipped, what no pixel shows is left out.

#include <string>
#include <vector>

namespace cyclone::report {

struct Point {
    double x, y;  ///< pixels; NaN breaks a line
};

struct Box {
    double left, top, right, bottom;
};

/// The parts of a polyline within `box`.
std::vector<std::vector<Point>> visible_pieces(const std::vector<Point>& points, const Box& box);

/// Path data of the polyline within the box: "M1 2L3 4 5.5 6". Points nearer than a fifth of a pixel to the line
/// through the others are left out, and of many within one column of pixels all but four.
std::string line_path(const std::vector<Point>& points, const Box& box);

/// Closed path data of the area between two edges over the same x, held within the box.
std::string band_path(const std::vector<Point>& low, const std::vector<Point>& high, const Box& box);

/// Path data with a stroke of length 0 at each point within the box: round ends make it a dot. One dot per pixel.
std::string dots_path(const std::vector<Point>& points, const Box& box);

std::string box_path(const Box& box);

}  // namespace cyclone::report
