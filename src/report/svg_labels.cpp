// Names at the ends of lines, and legends where there are too many.

#include "report/svg_labels.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "report/svg_text.h"

namespace cyclone::report {
namespace {

constexpr double kDot = 3;  // radius

bool is_area(const Entry& entry) {
    return entry.kind == Mark::band || entry.kind == Mark::region || entry.kind == Mark::bars;
}

double swatch_width(const Entry& entry) { return is_area(entry) ? 16 : entry.kind == Mark::dots ? 8 : 24; }

std::string swatch(const Entry& entry, double x, double y) {
    const double width = swatch_width(entry);
    if (is_area(entry))
        return std::string("<path class=\"") + (entry.kind == Mark::bars ? "bar" : "zone") + "\" d=\"" +
               box_path({x, y - 6, x + width, y + 6}) + "\"/>";
    std::string svg;
    if (entry.kind != Mark::dots)
        svg = std::string("<path class=\"") + (entry.kind == Mark::reference ? "ref" : "curve") + "\" d=\"M" +
              coordinate(x) + " " + coordinate(y) + "h" + coordinate(width) + "\"/>";
    if (entry.dots) svg += "<path class=\"dot\" d=\"M" + coordinate(x + width / 2) + " " + coordinate(y) + "h0\"/>";
    return svg;
}

}  // namespace

// Least squares under "at least a gap apart": with the gaps subtracted this is isotonic regression, solved by pooling
// neighbours in the wrong order (Barlow et al. 1972).
std::vector<double> apart(const std::vector<double>& wanted, double gap, double low, double high) {
    std::vector<std::size_t> order(wanted.size());
    std::iota(order.begin(), order.end(), 0);
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return wanted[a] < wanted[b]; });
    struct Pool {
        double sum;
        std::size_t count;
        double mean() const { return sum / static_cast<double>(count); }
    };
    std::vector<Pool> pools;
    for (std::size_t i = 0; i < order.size(); ++i) {
        pools.push_back({wanted[order[i]] - static_cast<double>(i) * gap, 1});
        while (pools.size() > 1 && pools[pools.size() - 2].mean() >= pools.back().mean()) {
            const Pool last = pools.back();
            pools.pop_back();
            pools.back() = {pools.back().sum + last.sum, pools.back().count + last.count};
        }
    }
    const double last = high - gap * (static_cast<double>(order.size()) - 1);
    std::vector<double> place(wanted.size());
    std::size_t i = 0;
    for (const Pool& pool : pools)
        for (std::size_t k = 0; k < pool.count; ++k, ++i)
            place[order[i]] = std::max(low, std::min(last, pool.mean())) + static_cast<double>(i) * gap;
    return place;
}

bool labels_at_ends(const Plot& plot) {
    for (const Panel& panel : plot.panels) {
        int count = 0;
        for (const Mark& mark : panel.marks) {
            if (!is_line(mark) || mark.name.empty()) continue;
            if (++count * kLineHeight > panel.height || text_width(mark.name, kFontSize) > 0.25 * plot.width)
                return false;
        }
    }
    return plot.show_names;
}

std::vector<Entry> legend_entries(const Plot& plot, bool lines_are_labelled) {
    std::vector<Entry> entries;
    if (!plot.show_names) return entries;
    const auto find = [&](const Mark& mark) {
        return std::find_if(entries.begin(), entries.end(),
                            [&](const Entry& entry) { return entry.name == mark.name && entry.colour == mark.colour; });
    };
    std::vector<const Mark*> labelled;
    for (const Panel& panel : plot.panels)
        for (const Mark& mark : panel.marks)
            if (lines_are_labelled && is_line(mark)) labelled.push_back(&mark);
    for (const Panel& panel : plot.panels)
        for (const Mark& mark : panel.marks) {
            if (mark.name.empty() || is_straight_reference(mark) || mark.kind == Mark::crosses) continue;
            const bool at_end = std::any_of(labelled.begin(), labelled.end(), [&](const Mark* other) {
                return other->name == mark.name && other->colour == mark.colour;
            });
            if (at_end) continue;
            const bool dots = mark.kind == Mark::dots || mark.kind == Mark::line_with_dots;
            const auto found = find(mark);
            if (found == entries.end()) {
                entries.push_back({mark.name, mark.kind, mark.colour, dots});
                continue;
            }
            if (is_line(mark)) found->kind = mark.kind;  // a line says more than the band around it
            found->dots = found->dots || dots;
        }
    return entries;
}

Legend draw_legend(const std::vector<Entry>& entries, double width, double top) {
    if (entries.empty()) return {"", top};
    std::string svg;
    double x = kEdge, y = top + kLineHeight / 2;
    for (const Entry& entry : entries) {
        const double text = swatch_width(entry) + 6;
        const std::string name = shortened(entry.name, width - 2 * kEdge - text, kFontSize);
        const double advance = text + text_width(name, kFontSize) + 14;
        if (x > kEdge && x + advance > width) {
            x = kEdge;
            y += kLineHeight + 2;
        }
        svg += "<g class=\"" + colour_class(entry.colour) + "\">" + swatch(entry, x, y) + "</g>" +
               text_at(x + text, y + 4.5, name);
        x += advance;
    }
    return {svg, y + kLineHeight / 2 + 4};
}

std::string draw_end_labels(const Panel& panel, const Frame& frame) {
    struct Label {
        const Mark* mark;
        Point end;
    };
    const Box& box = frame.box;
    std::vector<Label> labels;
    std::vector<double> wanted;
    for (const Mark& mark : panel.marks) {
        if (!is_line(mark) || mark.name.empty()) continue;
        const auto end = line_end(mark, frame);
        if (!end) continue;
        labels.push_back({&mark, *end});
        wanted.push_back(end->y);
    }
    std::string svg;
    const std::vector<double> place = apart(wanted, kLineHeight - 2, box.top + 5, box.bottom - 5);
    for (std::size_t i = 0; i < labels.size(); ++i) {
        const Point end = labels[i].end;
        svg += "<g class=\"" + colour_class(labels[i].mark->colour) + "\">";
        if (std::abs(place[i] - end.y) > 4 || end.x < box.right - 2 * kDot)
            svg += "<path class=\"lead\" d=\"M" + coordinate(end.x + kDot) + " " + coordinate(end.y) + "L" +
                   coordinate(box.right + 12) + " " + coordinate(place[i]) + "\"/>";
        svg += text_at(box.right + 14, place[i] + 4.5, labels[i].mark->name) + "</g>\n";
    }
    return svg;
}

}  // namespace cyclone::report
