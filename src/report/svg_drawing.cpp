// The layout of a plot: title, legend, panels with their axes, caption.

#include <cyclone/report/svg.h>

#include <cyclone/base/error.h>
#include <cyclone/io/atomic_file.h>

#include <algorithm>
#include <cmath>
#include <initializer_list>

#include "report/html.h"
#include "report/svg_labels.h"
#include "report/svg_marks.h"
#include "report/svg_scale.h"
#include "report/svg_style.h"
#include "report/svg_text.h"

namespace cyclone::report {
namespace {

constexpr double kPadding = 0.04;
constexpr int kLargest = 3000;  // pixels; above, the arithmetic of paths could overflow

void check_plot(const Plot& plot) {
    const std::string name = "plot '" + plot.title + "'";
    const auto check_size = [&](const char* what, int pixels, int smallest) {
        check(pixels >= smallest && pixels <= kLargest, name, "expected a ", what, " of ", smallest, " to ", kLargest,
              " pixels, got ", pixels);
    };
    check(!plot.panels.empty(), name, "expected at least one panel");
    check_size("width", plot.width, 200);
    for (const Panel& panel : plot.panels) {
        check_size("panel height", panel.height, 20);
        for (const Mark& mark : panel.marks) check_mark(mark, name);
    }
}

// Lines fill the width; dots and bars keep a distance from its ends.
double x_padding(const std::vector<Panel>& panels) {
    for (const Panel& panel : panels)
        for (const Mark& mark : panel.marks)
            if (is_line(mark) || mark.kind == Mark::band) return 0;
    return kPadding;
}

std::vector<Ranges> shown_ranges(const Plot& plot) {
    std::vector<Ranges> list;
    Range all_x;
    for (const Panel& panel : plot.panels) {
        Ranges& ranges = list.emplace_back();
        for (const Mark& mark : panel.marks) include(ranges, mark, panel);
        include(all_x, {ranges.x.low, ranges.x.high}, panel.x);
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
                if (at_ends_ && is_line(mark)) widest = std::max(widest, text_width(mark.name, kFontSize));
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
        if (!panel.y.label.empty())
            body_ += text_at(kEdge, (y_ += kLineHeight) - 4, fitting(panel.y.label), " class=\"faint\"");
        y_ += 8;
        const Box box{left_, y_, right_, y_ + panel.height};
        const bool downwards = !panel.y.categories.empty();
        const Frame frame{
            PixelScale(x_axis(p), ranges_[p].x, box.left, box.right),
            PixelScale(panel.y, ranges_[p].y, downwards ? box.top : box.bottom, downwards ? box.bottom : box.top), box};
        draw_marks(panel, frame, {Mark::region});
        draw_axes(p, frame);
        // Areas lie below lines, and lines below dots.
        draw_marks(panel, frame, {Mark::band, Mark::bars});
        draw_marks(panel, frame, {Mark::reference});
        draw_marks(panel, frame, {Mark::line, Mark::line_with_dots});
        draw_marks(panel, frame, {Mark::dots, Mark::crosses});
        for (const Mark& mark : panel.marks)
            if (is_straight_reference(mark)) body_ += draw_reference_name(mark, frame);
        if (at_ends_) body_ += draw_end_labels(panel, frame);
        y_ = box.bottom + (labels_x(p) ? kLineHeight + 2 + (x_axis(p).label.empty() ? 0 : kLineHeight) : 8);
    }

    void draw_marks(const Panel& panel, const Frame& frame, std::initializer_list<Mark::Kind> kinds) {
        for (const Mark& mark : panel.marks)
            if (std::find(kinds.begin(), kinds.end(), mark.kind) != kinds.end()) body_ += draw_mark(mark, frame);
    }

    std::string fitting(const std::string& label) const { return shortened(label, plot_.width - 2 * kEdge, kFontSize); }

    void draw_axes(std::size_t p, const Frame& frame) {
        const Box& box = frame.box;
        std::string rules, x_labels, y_labels;
        for (const Tick& tick : y_ticks(p)) {
            const double y = frame.y(tick.value);
            rules += "M" + coordinate(box.left) + " " + coordinate(y) + "H" + coordinate(box.right);
            y_labels += text_at(box.left - 6, y + 4.5, tick.label);
        }
        for (const Tick& tick : ticks(x_axis(p), ranges_[p].x, box.right - box.left, false)) {
            const double x = frame.x(tick.value), half = text_width(tick.label, kFontSize) / 2;
            rules += "M" + coordinate(x) + " " + coordinate(box.top) + "V" + coordinate(box.bottom);
            x_labels += text_at(std::min(x, plot_.width - half), box.bottom + kLineHeight, tick.label);
        }
        body_ += "<path class=\"rule\" d=\"" + rules + "\"/>\n<path class=\"axis\" d=\"M" + coordinate(box.left) + " " +
                 coordinate(box.bottom) + "H" + coordinate(box.right) +
                 "\"/>\n<g class=\"faint\" text-anchor=\"end\">\n" + y_labels + "</g>\n";
        if (!labels_x(p)) return;
        if (const std::string label = fitting(x_axis(p).label); !label.empty()) {
            const double half = text_width(label, kFontSize) / 2;
            const double middle = std::max(half, std::min((box.left + box.right) / 2, plot_.width - half));
            x_labels += text_at(middle, box.bottom + 2 * kLineHeight, label);
        }
        body_ += "<g class=\"faint\" text-anchor=\"middle\">\n" + x_labels + "</g>\n";
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
