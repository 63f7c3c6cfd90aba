// Each kind of mark as SVG.

#include "report/svg_marks.h"

#include <cyclone/base/error.h>

#include <algorithm>
#include <cmath>

#include "report/html.h"
#include "report/svg_text.h"

namespace cyclone::report {
namespace {

double held_x(double x, const Box& box) { return std::clamp(x, box.left, box.right); }
double held_y(double y, const Box& box) { return std::clamp(y, box.top, box.bottom); }

// 85 % of the smallest distance between two bars.
double bar_width(const Mark& mark) {
    double width = 0;
    for (std::size_t i = 1; i < mark.x.size(); ++i)
        if (const double gap = std::abs(mark.x[i] - mark.x[i - 1]); gap > 0 && (width == 0 || gap < width)) width = gap;
    return 0.85 * (width > 0 ? width : 1);
}

std::vector<Point> points(const Mark& mark, const std::vector<double>& values, const Frame& frame) {
    std::vector<Point> list;
    list.reserve(values.size());
    for (std::size_t i = 0; i < values.size(); ++i) list.push_back({frame.x(mark.x[i]), frame.y(values[i])});
    return list;
}

std::vector<Point> reference_points(const Mark& mark, const Frame& frame) {
    const Box& box = frame.box;
    if (mark.x.empty()) return {{box.left, frame.y(mark.y[0])}, {box.right, frame.y(mark.y[0])}};
    if (mark.y.empty()) return {{frame.x(mark.x[0]), box.top}, {frame.x(mark.x[0]), box.bottom}};
    return points(mark, mark.y, frame);
}

std::string region_path(const Mark& mark, const Frame& frame) {
    Box box = frame.box;
    const bool vertical = mark.y.empty();
    const PixelScale& place = vertical ? frame.x : frame.y;
    const auto& ends = vertical ? mark.x : mark.y;
    const auto [low, high] = std::minmax({place(ends[0]), place(ends[1])});
    if (!std::isfinite(low) || !std::isfinite(high)) return {};
    if (vertical)
        box = {held_x(low, box), box.top, held_x(high, box), box.bottom};
    else
        box = {box.left, held_y(low, box), box.right, held_y(high, box)};
    return box_path(box);
}

std::string crosses_path(const Mark& mark, const Frame& frame) {
    std::string path;
    for (const Point& p : points(mark, mark.y, frame))
        if (std::isfinite(p.x) && std::isfinite(p.y))
            path += "M" + coordinate(held_x(p.x, frame.box) - 4) + " " + coordinate(held_y(p.y, frame.box) - 4) +
                    "l8 8m-8 0l8-8";
    return path;
}

std::string bars_path(const Mark& mark, const Frame& frame) {
    std::string path;
    const Box& box = frame.box;
    const double half = bar_width(mark) / 2, zero = frame.y(0);
    const double base = std::isfinite(zero) ? held_y(zero, box) : box.bottom;
    for (std::size_t i = 0; i < mark.x.size(); ++i) {
        const double left = frame.x(mark.x[i] - half), right = frame.x(mark.x[i] + half), end = frame.y(mark.y[i]);
        if (!std::isfinite(left) || !std::isfinite(right) || !std::isfinite(end)) continue;
        const double to = held_y(end, box);
        path += box_path({held_x(left, box), std::min(base, to), held_x(right, box), std::max(base, to)});
    }
    return path;
}

std::string shape(const std::string& css_class, const std::string& path) {
    return path.empty() ? "" : "<path class=\"" + css_class + "\" d=\"" + path + "\"/>";
}

std::string shapes_of(const Mark& mark, const Frame& frame) {
    const Box& box = frame.box;
    switch (mark.kind) {
        case Mark::line:
            return shape(mark.thin ? "curve thin" : "curve", line_path(points(mark, mark.y, frame), box));
        case Mark::line_with_dots: {
            const auto list = points(mark, mark.y, frame);
            return shape("curve", line_path(list, box)) + shape("dot", dots_path(list, box));
        }
        case Mark::dots:
            return shape("dot", dots_path(points(mark, mark.y, frame), box));
        case Mark::crosses:
            return shape("cross", crosses_path(mark, frame));
        case Mark::band:
            return shape("band", band_path(points(mark, mark.y, frame), points(mark, mark.high, frame), box));
        case Mark::bars:
            return shape("bar", bars_path(mark, frame));
        case Mark::reference:
            return shape("ref", line_path(reference_points(mark, frame), box));
        case Mark::region:
            return shape("zone", region_path(mark, frame));
    }
    return {};
}

}  // namespace

bool is_line(const Mark& mark) { return mark.kind == Mark::line || mark.kind == Mark::line_with_dots; }

bool is_straight_reference(const Mark& mark) {
    return mark.kind == Mark::reference && (mark.x.empty() || mark.y.empty());
}

void check_mark(const Mark& mark, const std::string& where) {
    const auto expect = [&](bool ok, const char* what) {
        check(ok, where + ", mark '" + mark.name + "'", "expected ", what, ", got ", mark.x.size(), " x, ",
              mark.y.size(), " y and ", mark.high.size(), " high");
    };
    const std::size_t both = mark.x.size() + mark.y.size();
    const bool one_axis = mark.x.empty() || mark.y.empty();
    if (mark.kind == Mark::region) return expect(one_axis && both == 2, "two values of x or of y");
    if (mark.kind == Mark::reference && one_axis) return expect(both == 1, "one value of x or of y, or points");
    expect(mark.x.size() == mark.y.size(), "as many x as y");
    if (mark.kind == Mark::band) expect(mark.high.size() == mark.y.size(), "as many values of high as of y");
}

void include(Ranges& ranges, const Mark& mark, const Panel& panel) {
    if (mark.kind == Mark::reference || mark.kind == Mark::region) return;
    include(ranges.x, mark.x, panel.x);
    include(ranges.y, mark.y, panel.y);
    include(ranges.y, mark.high, panel.y);
    if (mark.kind != Mark::bars) return;
    include(ranges.y, {0}, panel.y);
    const double half = bar_width(mark) / 2;
    for (const double x : mark.x) include(ranges.x, {x - half, x + half}, panel.x);
}

std::string draw_mark(const Mark& mark, const Frame& frame) {
    const std::string shapes = shapes_of(mark, frame);
    if (shapes.empty()) return {};
    // A straight reference has its name beside it; a curved one stands in the legend, in its colour.
    return "<g class=\"" + (is_straight_reference(mark) ? "faint" : colour_class(mark.colour)) + "\">" +
           (mark.name.empty() ? "" : "<title>" + html_escaped(mark.name) + "</title>") + shapes + "</g>\n";
}

std::string draw_reference_name(const Mark& mark, const Frame& frame) {
    const Box& box = frame.box;
    const Point at = reference_points(mark, frame)[1];
    if (mark.name.empty() || line_path({at}, box).empty()) return {};
    const std::string name = shortened(mark.name, (box.right - box.left) / 2, kFontSize);
    const std::string css = " class=\"faint beside\"", right_aligned = css + " text-anchor=\"end\"";
    if (mark.x.empty())
        return text_at(box.right - 4, at.y + (at.y - box.top < kLineHeight ? 14 : -5), name, right_aligned);
    if (at.x + 6 + text_width(name, kFontSize) > box.right) return text_at(at.x - 5, box.top + 13, name, right_aligned);
    return text_at(at.x + 5, box.top + 13, name, css);
}

std::optional<Point> line_end(const Mark& mark, const Frame& frame) {
    const auto pieces = visible_pieces(points(mark, mark.y, frame), frame.box);
    return pieces.empty() ? std::nullopt : std::optional(pieces.back().back());
}

}  // namespace cyclone::report
