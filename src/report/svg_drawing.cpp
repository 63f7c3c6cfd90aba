#include "report/svg_drawing.h"

#include <cyclone/base/error.h>
#include <cyclone/io/atomic_file.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "report/html.h"
#include "report/svg_path.h"
#include "report/svg_scale.h"
#include "report/svg_text.h"

namespace cyclone::report {
namespace {

constexpr double kPadding = 0.04;
constexpr int kLargest = 3000;  // pixels; above, the arithmetic of paths could overflow
constexpr double kDot = 3;

struct Ranges {
    Range x, y;
};

bool vertical(const Mark& mark) { return mark.y.empty(); }

std::string name_of(const Plot& plot) { return "plot '" + plot.title + "'"; }

void check_mark(const Plot& plot, const Mark& mark) {
    const auto expect = [&](bool ok, const char* what) {
        check(ok, name_of(plot) + ", mark '" + mark.name + "'", "expected ", what, ", got ", mark.x.size(), " x, ",
              mark.y.size(), " y and ", mark.high.size(), " high");
    };
    const std::size_t both = mark.x.size() + mark.y.size();
    const bool one_axis = mark.x.empty() || mark.y.empty();
    if (mark.kind == Mark::region) return expect(one_axis && both == 2, "two values of x or of y");
    if (mark.kind == Mark::reference && one_axis) return expect(both == 1, "one value of x or of y, or points");
    expect(mark.x.size() == mark.y.size(), "as many x as y");
    if (mark.kind == Mark::band) expect(mark.high.size() == mark.y.size(), "as many values of high as of y");
}

void check_size(const Plot& plot, const char* what, int pixels, int smallest) {
    check(pixels >= smallest && pixels <= kLargest, name_of(plot), "expected a ", what, " of ", smallest, " to ",
          kLargest, " pixels, got ", pixels);
}

void check_plot(const Plot& plot) {
    check(!plot.panels.empty(), name_of(plot), "expected at least one panel");
    check_size(plot, "width", plot.width, 200);
    for (const Panel& panel : plot.panels) {
        check_size(plot, "panel height", panel.height, 20);
        for (const Mark& mark : panel.marks) check_mark(plot, mark);
    }
}

// 85 % of the smallest distance between two bars.
double bar_width(const Mark& mark) {
    double width = 0;
    for (std::size_t i = 1; i < mark.x.size(); ++i)
        if (const double gap = std::abs(mark.x[i] - mark.x[i - 1]); gap > 0 && (width == 0 || gap < width)) width = gap;
    return 0.85 * (width > 0 ? width : 1);
}

Ranges data_ranges(const Panel& panel) {
    Ranges data;
    for (const Mark& mark : panel.marks) {
        if (mark.kind == Mark::reference || mark.kind == Mark::region) continue;
        include(data.x, mark.x, panel.x);
        include(data.y, mark.y, panel.y);
        include(data.y, mark.high, panel.y);
        if (mark.kind != Mark::bars) continue;
        include(data.y, {0}, panel.y);
        for (const double x : mark.x) include(data.x, {x - bar_width(mark) / 2, x + bar_width(mark) / 2}, panel.x);
    }
    return data;
}

// Lines fill the width; dots and bars keep a distance from its ends.
double x_padding(const std::vector<Panel>& panels) {
    for (const Panel& panel : panels)
        for (const Mark& mark : panel.marks)
            if (mark.kind == Mark::line || mark.kind == Mark::line_with_dots || mark.kind == Mark::band) return 0;
    return kPadding;
}

std::vector<Ranges> shown_ranges(const Plot& plot) {
    std::vector<Ranges> list;
    Range all_x;
    for (const Panel& panel : plot.panels) {
        list.push_back(data_ranges(panel));
        include(all_x, {list.back().x.low, list.back().x.high}, panel.x);
    }
    for (std::size_t p = 0; p < list.size(); ++p) {
        const Panel& panel = plot.panels[p];
        list[p].y = shown_range(panel.y, list[p].y, kPadding);
        list[p].x = plot.shared_x ? shown_range(plot.panels.back().x, all_x, x_padding(plot.panels))
                                  : shown_range(panel.x, list[p].x, x_padding({panel}));
    }
    return list;
}

class Drawing {
public:
    Drawing(const Plot& plot, bool document)
        : plot_(plot), document_(document), ranges_(shown_ranges(plot)), at_ends_(labels_at_ends(plot)) {
        double widest = 0;
        for (const Panel& panel : plot.panels)
            for (const Mark& mark : panel.marks)
                if (at_ends_ && (mark.kind == Mark::line || mark.kind == Mark::line_with_dots))
                    widest = std::max(widest, text_width(mark.name, kFontSize));
        right_ = plot.width - (widest > 0 ? widest + 20 : 18);
        left_ = kEdge;
        for (std::size_t p = 0; p < plot.panels.size(); ++p)
            for (const Tick& tick : y_ticks(p)) left_ = std::max(left_, kEdge + text_width(tick.label, kFontSize) + 6);
    }

    std::string svg() {
        if (document_)
            for (const std::string& line : wrapped(plot_.title, plot_.width - 2 * kEdge, 16))
                body_ += text_at(kEdge, (y_ += 20), line, " class=\"head\"");
        y_ += 6;
        const Legend legend = draw_legend(legend_entries(plot_, at_ends_), plot_.width, y_);
        body_ += legend.svg;
        y_ = legend.bottom;
        for (std::size_t p = 0; p < plot_.panels.size(); ++p) draw_panel(p);
        if (document_ && !plot_.caption.empty()) {
            body_ += "<g class=\"faint\">\n";
            y_ += 4;
            for (const std::string& line : wrapped(plot_.caption, plot_.width - 2 * kEdge, kFontSize))
                body_ += text_at(kEdge, (y_ += kLineHeight), line);
            body_ += "</g>\n";
        }
        return framed();
    }

private:
    std::string framed() const {
        const std::string width = std::to_string(plot_.width), height = coordinate(std::ceil(y_ + kEdge));
        const std::string name = html_escaped(plot_.title.empty() ? "plot" : plot_.title);
        const std::string common =
            "class=\"plot\" viewBox=\"0 0 " + width + " " + height + "\" role=\"img\" aria-label=\"" + name + "\">\n";
        if (!document_) return "<svg " + common + body_ + "</svg>\n";
        return "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"" + width + "\" height=\"" + height + "\" " + common +
               "<title>" + name + "</title>\n" +
               (plot_.caption.empty() ? "" : "<desc>" + html_escaped(plot_.caption) + "</desc>\n") + "<style>\n" +
               document_style() + "</style>\n<rect class=\"page\" width=\"100%\" height=\"100%\"/>\n" + body_ +
               "</svg>\n";
    }

    bool labels_x(std::size_t p) const { return !plot_.shared_x || p + 1 == plot_.panels.size(); }
    const Axis& x_axis(std::size_t p) const { return plot_.shared_x ? plot_.panels.back().x : plot_.panels[p].x; }

    std::vector<Tick> y_ticks(std::size_t p) const {
        const Panel& panel = plot_.panels[p];
        std::vector<Tick> list = ticks(panel.y, ranges_[p].y, panel.height, true);
        for (Tick& tick : list) tick.label = shortened(tick.label, 0.35 * plot_.width, kFontSize);
        return list;
    }

    void draw_panel(std::size_t p) {
        const Panel& panel = plot_.panels[p];
        if (!panel.y.label.empty()) body_ += text_at(kEdge, (y_ += kLineHeight) - 4, panel.y.label, " class=\"faint\"");
        y_ += 8;
        const Box box{left_, y_, right_, y_ + panel.height};
        const bool downwards = !panel.y.categories.empty();
        const PixelScale x(x_axis(p), ranges_[p].x, box.left, box.right);
        const PixelScale y(panel.y, ranges_[p].y, downwards ? box.top : box.bottom, downwards ? box.bottom : box.top);
        for (const Mark& mark : panel.marks)
            if (mark.kind == Mark::region) body_ += group(mark, shape("zone", region_path(mark, x, y, box)));
        draw_axes(p, box, x, y);
        // Areas lie below lines, and lines below dots.
        for (const auto& kinds : {std::vector{Mark::band, Mark::bars}, std::vector{Mark::reference},
                                  std::vector{Mark::line, Mark::line_with_dots}, std::vector{Mark::dots}})
            for (const Mark& mark : panel.marks)
                if (std::find(kinds.begin(), kinds.end(), mark.kind) != kinds.end())
                    body_ += group(mark, shapes_of(mark, x, y, box));
        for (const Mark& mark : panel.marks)
            if (mark.kind == Mark::reference) draw_reference_name(mark, x, y, box);
        if (at_ends_) draw_end_labels(panel, x, y, box);
        y_ = box.bottom + (labels_x(p) ? kLineHeight + 2 + (x_axis(p).label.empty() ? 0 : kLineHeight) : 8);
    }

    void draw_axes(std::size_t p, const Box& box, const PixelScale& x, const PixelScale& y) {
        std::string rules, x_labels, y_labels;
        for (const Tick& tick : y_ticks(p)) {
            rules += "M" + coordinate(box.left) + " " + coordinate(y(tick.value)) + "H" + coordinate(box.right);
            y_labels += text_at(box.left - 6, y(tick.value) + 4.5, tick.label);
        }
        for (const Tick& tick : ticks(x_axis(p), ranges_[p].x, box.right - box.left, false)) {
            rules += "M" + coordinate(x(tick.value)) + " " + coordinate(box.top) + "V" + coordinate(box.bottom);
            const double half = text_width(tick.label, kFontSize) / 2;
            x_labels += text_at(std::min(x(tick.value), plot_.width - half), box.bottom + kLineHeight, tick.label);
        }
        body_ += "<path class=\"rule\" d=\"" + rules + "\"/>\n<path class=\"axis\" d=\"M" + coordinate(box.left) + " " +
                 coordinate(box.bottom) + "H" + coordinate(box.right) +
                 "\"/>\n<g class=\"faint\" text-anchor=\"end\">\n" + y_labels + "</g>\n";
        if (!labels_x(p)) return;
        if (!x_axis(p).label.empty())
            x_labels += text_at((box.left + box.right) / 2, box.bottom + 2 * kLineHeight, x_axis(p).label);
        body_ += "<g class=\"faint\" text-anchor=\"middle\">\n" + x_labels + "</g>\n";
    }

    static std::string shape(const std::string& css_class, const std::string& path) {
        return path.empty() ? "" : "<path class=\"" + css_class + "\" d=\"" + path + "\"/>";
    }

    static std::string group(const Mark& mark, const std::string& shapes) {
        if (shapes.empty()) return {};
        const bool neutral = mark.kind == Mark::reference;
        return "<g class=\"" + (neutral ? "faint" : colour_class(mark.colour)) + "\">" +
               (mark.name.empty() ? "" : "<title>" + html_escaped(mark.name) + "</title>") + shapes + "</g>\n";
    }

    static std::string region_path(const Mark& mark, const PixelScale& x, const PixelScale& y, const Box& box) {
        const auto held = [](double a, double low, double high) { return std::clamp(a, low, high); };
        const auto& ends = vertical(mark) ? mark.x : mark.y;
        const double a = vertical(mark) ? x(ends[0]) : y(ends[0]), b = vertical(mark) ? x(ends[1]) : y(ends[1]);
        if (!std::isfinite(a) || !std::isfinite(b)) return {};
        if (vertical(mark))
            return box_path({held(std::min(a, b), box.left, box.right), box.top,
                             held(std::max(a, b), box.left, box.right), box.bottom});
        return box_path({box.left, held(std::min(a, b), box.top, box.bottom), box.right,
                         held(std::max(a, b), box.top, box.bottom)});
    }

    static std::vector<Point> points(const Mark& mark, const std::vector<double>& values, const PixelScale& x,
                                     const PixelScale& y) {
        std::vector<Point> list;
        list.reserve(values.size());
        for (std::size_t i = 0; i < values.size(); ++i) list.push_back({x(mark.x[i]), y(values[i])});
        return list;
    }

    static std::vector<Point> reference_points(const Mark& mark, const PixelScale& x, const PixelScale& y,
                                               const Box& box) {
        if (mark.x.empty()) return {{box.left, y(mark.y[0])}, {box.right, y(mark.y[0])}};
        if (mark.y.empty()) return {{x(mark.x[0]), box.top}, {x(mark.x[0]), box.bottom}};
        return points(mark, mark.y, x, y);
    }

    static std::string shapes_of(const Mark& mark, const PixelScale& x, const PixelScale& y, const Box& box) {
        switch (mark.kind) {
            case Mark::band:
                return shape("band", band_path(points(mark, mark.y, x, y), points(mark, mark.high, x, y), box));
            case Mark::bars:
                return shape("bar", bars_path(mark, x, y, box));
            case Mark::reference:
                return shape("ref", line_path(reference_points(mark, x, y, box), box));
            case Mark::line:
                return shape("curve", line_path(points(mark, mark.y, x, y), box));
            case Mark::line_with_dots: {
                const auto list = points(mark, mark.y, x, y);
                return shape("curve", line_path(list, box)) + shape("dot", dots_path(list, box));
            }
            case Mark::dots:
                return shape("dot", dots_path(points(mark, mark.y, x, y), box));
            case Mark::region:
                break;
        }
        return {};
    }

    static std::string bars_path(const Mark& mark, const PixelScale& x, const PixelScale& y, const Box& box) {
        std::string path;
        const double width = bar_width(mark);
        const double zero = y(0), base = std::isfinite(zero) ? std::clamp(zero, box.top, box.bottom) : box.bottom;
        for (std::size_t i = 0; i < mark.x.size(); ++i) {
            const double left = x(mark.x[i] - width / 2), right = x(mark.x[i] + width / 2), end = y(mark.y[i]);
            if (!std::isfinite(left) || !std::isfinite(right) || !std::isfinite(end)) continue;
            const double to = std::clamp(end, box.top, box.bottom);
            path += box_path({std::clamp(left, box.left, box.right), std::min(base, to),
                              std::clamp(right, box.left, box.right), std::max(base, to)});
        }
        return path;
    }

    // Beside an upright line at its upper end, above a level one at its right end.
    void draw_reference_name(const Mark& mark, const PixelScale& x, const PixelScale& y, const Box& box) {
        if (mark.name.empty() || (!mark.x.empty() && !mark.y.empty())) return;
        const double width = text_width(mark.name, kFontSize);
        const Point at = reference_points(mark, x, y, box)[1];
        if (!(at.x >= box.left && at.x <= box.right && at.y >= box.top && at.y <= box.bottom)) return;
        const std::string css = " class=\"faint beside\"";
        if (!vertical(mark)) {
            const double line = at.y - box.top < kLineHeight ? at.y + 14 : at.y - 5;
            body_ += text_at(box.right - 4, line, mark.name, css + " text-anchor=\"end\"");
        } else if (at.x + 6 + width <= box.right) {
            body_ += text_at(at.x + 5, box.top + 13, mark.name, css);
        } else {
            body_ += text_at(at.x - 5, box.top + 13, mark.name, css + " text-anchor=\"end\"");
        }
    }

    void draw_end_labels(const Panel& panel, const PixelScale& x, const PixelScale& y, const Box& box) {
        struct Label {
            const Mark* mark;
            Point end;
        };
        std::vector<Label> labels;
        std::vector<double> wanted;
        for (const Mark& mark : panel.marks) {
            if ((mark.kind != Mark::line && mark.kind != Mark::line_with_dots) || mark.name.empty()) continue;
            const auto pieces = visible_pieces(points(mark, mark.y, x, y), box);
            if (pieces.empty()) continue;
            labels.push_back({&mark, pieces.back().back()});
            wanted.push_back(labels.back().end.y);
        }
        const std::vector<double> place = apart(wanted, kLineHeight - 2, box.top + 5, box.bottom - 5);
        for (std::size_t i = 0; i < labels.size(); ++i) {
            const Point end = labels[i].end;
            body_ += "<g class=\"" + colour_class(labels[i].mark->colour) + "\">";
            if (std::abs(place[i] - end.y) > 4 || end.x < box.right - 2 * kDot)
                body_ += shape("lead", "M" + coordinate(end.x + kDot) + " " + coordinate(end.y) + "L" +
                                           coordinate(box.right + 12) + " " + coordinate(place[i]));
            body_ += text_at(box.right + 14, place[i] + 4.5, labels[i].mark->name) + "</g>\n";
        }
    }

    const Plot& plot_;
    bool document_;
    std::vector<Ranges> ranges_;
    bool at_ends_;
    double left_, right_, y_ = 0;
    std::string body_;
};

std::string drawn(const Plot& plot, bool document) {
    check_plot(plot);
    return Drawing(plot, document).svg();
}

}  // namespace

std::string svg_document(const Plot& plot) { return drawn(plot, true); }

std::string svg_element(const Plot& plot) { return drawn(plot, false); }

void write_svg(const std::filesystem::path& path, const Plot& plot) {
    io::write_file_atomically(path, svg_document(plot));
}

}  // namespace cyclone::report
