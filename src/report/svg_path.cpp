// Points as SVG path data, thinned to what the pixels can show.

#include "report/svg_path.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <set>
#include <utility>

#include "report/svg_text.h"

namespace cyclone::report {
namespace {

// In tenths of a pixel: what follows is exact, and the same on every machine.
struct Spot {
    std::int64_t x, y;
    friend bool operator==(const Spot&, const Spot&) = default;
};

constexpr std::int64_t kTolerance = 2;  // tenths of a pixel

Spot spot(const Point& point) { return {tenths(point.x), tenths(point.y)}; }

std::string text(const Spot& spot) {
    const std::string y = tenths_text(static_cast<int>(spot.y));
    return tenths_text(static_cast<int>(spot.x)) + (y[0] == '-' ? "" : " ") + y;
}

bool known(const Point& point) { return std::isfinite(point.x) && std::isfinite(point.y); }

// Liang and Barsky: shortens the segment to the part within the box; false when there is none.
bool clip(Point& a, Point& b, const Box& box) {
    double from = 0, to = 1;
    const double dx = b.x - a.x, dy = b.y - a.y;
    for (const auto& [move, room] : {std::pair{-dx, a.x - box.left}, std::pair{dx, box.right - a.x},
                                     std::pair{-dy, a.y - box.top}, std::pair{dy, box.bottom - a.y}}) {
        if (move == 0) {
            if (room < 0) return false;
        } else if (move < 0) {
            from = std::max(from, room / move);
        } else {
            to = std::min(to, room / move);
        }
    }
    if (from > to) return false;
    const Point begin = a;
    if (from > 0) a = {begin.x + from * dx, begin.y + from * dy};
    if (to < 1) b = {begin.x + to * dx, begin.y + to * dy};
    return true;
}

// Of successive points in one column of pixels the first, the lowest, the highest and the last.
std::vector<Spot> one_per_column(const std::vector<Spot>& line) {
    std::vector<Spot> out;
    for (std::size_t begin = 0, end = 0; begin < line.size(); begin = end) {
        std::size_t low = begin, high = begin;
        for (end = begin; end < line.size() && line[end].x / 10 == line[begin].x / 10; ++end) {
            if (line[end].y < line[low].y) low = end;
            if (line[end].y > line[high].y) high = end;
        }
        for (const std::size_t i : std::set<std::size_t>{begin, low, high, end - 1}) out.push_back(line[i]);
    }
    return out;
}

std::int64_t squared(std::int64_t dx, std::int64_t dy) { return dx * dx + dy * dy; }

// Squared distance of p from the segment a b, times the squared length of the segment (1 when it has none).
std::int64_t scaled_distance(const Spot& p, const Spot& a, const Spot& b) {
    const std::int64_t dx = b.x - a.x, dy = b.y - a.y, length = squared(dx, dy);
    if (length == 0) return squared(p.x - a.x, p.y - a.y);
    const std::int64_t along = (p.x - a.x) * dx + (p.y - a.y) * dy;
    if (along < 0) return squared(p.x - a.x, p.y - a.y) * length;
    if (along > length) return squared(p.x - b.x, p.y - b.y) * length;
    const std::int64_t across = (p.x - a.x) * dy - (p.y - a.y) * dx;
    return across * across;
}

// Douglas and Peucker 1973: between two kept points, the furthest is kept while it is further than the tolerance.
std::vector<Spot> simplified(const std::vector<Spot>& line) {
    if (line.size() < 3) return line;
    std::vector<bool> kept(line.size());
    kept.front() = kept.back() = true;
    std::vector<std::pair<std::size_t, std::size_t>> open = {{0, line.size() - 1}};
    while (!open.empty()) {
        const auto [begin, end] = open.back();
        open.pop_back();
        std::size_t furthest = begin;
        std::int64_t distance = 0;
        for (std::size_t i = begin + 1; i < end; ++i)
            if (const std::int64_t d = scaled_distance(line[i], line[begin], line[end]); d > distance)
                distance = d, furthest = i;
        const std::int64_t length = squared(line[end].x - line[begin].x, line[end].y - line[begin].y);
        if (distance <= kTolerance * kTolerance * std::max<std::int64_t>(length, 1)) continue;
        kept[furthest] = true;
        open.emplace_back(begin, furthest);
        open.emplace_back(furthest, end);
    }
    std::vector<Spot> out;
    for (std::size_t i = 0; i < line.size(); ++i)
        if (kept[i]) out.push_back(line[i]);
    return out;
}

std::vector<Spot> drawn_spots(const std::vector<Point>& piece) {
    std::vector<Spot> line;
    for (const Point& point : piece)
        if (const Spot s = spot(point); line.empty() || !(line.back() == s)) line.push_back(s);
    return simplified(one_per_column(line));
}

std::string path(const std::vector<Spot>& line) {
    std::string out = "M" + text(line.front());
    for (std::size_t i = 1; i < line.size(); ++i) {
        const std::string next = text(line[i]);
        out += (i == 1 ? "L" : next[0] == '-' ? "" : " ") + next;
    }
    return line.size() == 1 ? out + "h0" : out;
}

Point held(Point point, const Box& box) {
    return {std::clamp(point.x, box.left, box.right), std::clamp(point.y, box.top, box.bottom)};
}

bool inside(const Point& p, const Box& box) {
    return p.x >= box.left && p.x <= box.right && p.y >= box.top && p.y <= box.bottom;
}

}  // namespace

std::vector<std::vector<Point>> visible_pieces(const std::vector<Point>& points, const Box& box) {
    std::vector<std::vector<Point>> pieces;
    bool open = false;  // whether the last piece ends at the point before
    for (std::size_t i = 0; i < points.size(); ++i) {
        if (!known(points[i])) {
            open = false;
            continue;
        }
        if (i + 1 < points.size() && known(points[i + 1])) {
            Point a = points[i], b = points[i + 1];
            if (!clip(a, b, box)) {
                open = false;
                continue;
            }
            if (!open) pieces.push_back({a});
            pieces.back().push_back(b);
            open = b.x == points[i + 1].x && b.y == points[i + 1].y;
        } else if ((i == 0 || !known(points[i - 1])) && inside(points[i], box)) {
            pieces.push_back({points[i]});  // a point alone
        }
    }
    return pieces;
}

std::string line_path(const std::vector<Point>& points, const Box& box) {
    std::string out;
    for (const auto& piece : visible_pieces(points, box)) out += path(drawn_spots(piece));
    return out;
}

std::string band_path(const std::vector<Point>& low, const std::vector<Point>& high, const Box& box) {
    std::string out;
    for (std::size_t begin = 0, end = 0; begin < low.size(); begin = end + 1) {
        std::vector<Point> lower, upper;
        for (end = begin; end < low.size() && known(low[end]) && known(high[end]); ++end) {
            lower.push_back(held(low[end], box));
            upper.push_back(held(high[end], box));
        }
        if (lower.size() < 2) continue;
        std::vector<Spot> outline = drawn_spots(upper), back = drawn_spots(lower);
        outline.insert(outline.end(), back.rbegin(), back.rend());
        out += path(outline) + "Z";
    }
    return out;
}

std::string dots_path(const std::vector<Point>& points, const Box& box) {
    std::string out;
    std::set<std::pair<std::int64_t, std::int64_t>> drawn;
    for (const Point& point : points) {
        if (!known(point) || !inside(point, box)) continue;
        const Spot s = spot(point);
        if (drawn.emplace(s.x / 10, s.y / 10).second) out += "M" + text(s) + "h0";
    }
    return out;
}

std::string box_path(const Box& box) {
    return "M" + coordinate(box.left) + " " + coordinate(box.top) + "H" + coordinate(box.right) + "V" +
           coordinate(box.bottom) + "H" + coordinate(box.left) + "Z";
}

}  // namespace cyclone::report
