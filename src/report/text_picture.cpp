// The panels of a plot, drawn with characters.
#include "report/text_picture.h"

#include <cyclone/base/number_text.h>
#include <cyclone/base/text_width.h>

#include <algorithm>
#include <cmath>
#include <ostream>
#include <string>
#include <vector>

#include "report/svg_marks.h"
#include "report/svg_text.h"
#include "report/text_canvas.h"
#include "report/text_frame.h"

namespace cyclone::report {
namespace {

constexpr double kPixelsPerLine = 20;
constexpr std::size_t kFewestLines = 6, kMostLines = 18;

// The names of a plot, each once, in their order.
struct Names {
    std::vector<const Mark*> marks;

    std::size_t place(const Mark& mark) {
        const auto found = std::find_if(marks.begin(), marks.end(), [&](const Mark* known) {
            return known->name == mark.name && known->colour == mark.colour;
        });
        if (found != marks.end()) return static_cast<std::size_t>(found - marks.begin());
        marks.push_back(&mark);
        return marks.size() - 1;
    }
};

bool is_drawn(const Mark& mark) {
    return mark.kind != Mark::band && mark.kind != Mark::region && mark.kind != Mark::bars;
}

void draw(const Mark& mark, TextCanvas::Owner owner, const PixelScale& x, const PixelScale& y, TextCanvas& canvas) {
    const auto right = static_cast<double>(canvas.width() - 1), top = static_cast<double>(canvas.height() - 1);
    if (is_straight_reference(mark)) {
        for (double k = 0; k <= (mark.x.empty() ? right : top); k += 3) {
            const double px = mark.x.empty() ? k : x(mark.x[0]), py = mark.x.empty() ? y(mark.y[0]) : k;
            if (std::isfinite(px) && std::isfinite(py)) canvas.line(px, py, px, py, owner);
        }
        return;
    }
    const bool joined = is_line(mark) || mark.kind == Mark::reference;
    for (std::size_t i = 0; i < mark.x.size(); ++i) {
        const double px = x(mark.x[i]), py = y(mark.y[i]);
        if (!std::isfinite(px) || !std::isfinite(py)) continue;
        const double before_x = i > 0 ? x(mark.x[i - 1]) : NAN, before_y = i > 0 ? y(mark.y[i - 1]) : NAN;
        const bool join = joined && std::isfinite(before_x) && std::isfinite(before_y);
        canvas.line(join ? before_x : px, join ? before_y : py, px, py, owner);
        if (joined && mark.kind != Mark::line_with_dots) continue;
        for (const int d : {-1, 1})  // a dot is larger than a line
            if (canvas.height() > 40) canvas.line(px + d, py, px, py + d, owner);
    }
}

void print_panel(std::ostream& out, const Plot& plot, const Panel& panel, Names& names, std::size_t width,
                 bool in_colour) {
    Ranges ranges;
    for (const Panel& other : plot.panels)
        if (plot.shared_x || &other == &panel) {
            Ranges own;
            for (const Mark& mark : other.marks) include(own, mark, other);
            include(ranges.x, {own.x.low, own.x.high}, other.x);
            if (&other == &panel) ranges.y = own.y;
        }
    const Axis& x_axis = plot.shared_x ? plot.panels.back().x : panel.x;
    const Range x_range = shown_range(x_axis, ranges.x, 0), y_range = shown_range(panel.y, ranges.y, 0.04);
    const auto lines = std::clamp(static_cast<std::size_t>(panel.height / kPixelsPerLine), kFewestLines, kMostLines);
    const auto line_pixels = static_cast<double>(lines) * kFontSize;
    TextFrame frame;
    frame.labels.resize(lines);
    const PixelScale line_of(panel.y, y_range, static_cast<double>(lines - 1), 0);
    for (const Tick& tick : ticks(panel.y, y_range, line_pixels, true))
        if (const double line = line_of(tick.value); std::isfinite(line))
            frame.labels[std::min(lines - 1, static_cast<std::size_t>(std::lround(std::max(0.0, line))))] = tick.label;
    const std::size_t columns = TextFrame::columns(frame.labels, width);
    TextCanvas canvas(columns, lines, in_colour);
    const PixelScale x(x_axis, x_range, 0, static_cast<double>(canvas.width() - 1));
    const PixelScale y(panel.y, y_range, 0, static_cast<double>(canvas.height() - 1));
    for (const bool thin : {true, false})
        for (const Mark& mark : panel.marks) {
            if (!is_drawn(mark) || mark.thin != thin) continue;
            const bool named = !mark.name.empty();
            const char letter = mark.kind == Mark::crosses ? 'x' : named ? letter_of(names.place(mark)) : '.';
            draw(mark, {letter, mark.colour}, x, y, canvas);
        }
    frame.lines = canvas.text();
    frame.axis.assign(columns, '-');
    frame.first = number_text::significant(x_range.low);
    frame.last = x_axis.label + " " + number_text::significant(x_range.high);
    if (frame.last.size() + frame.first.size() + 1 > columns) frame.last = number_text::significant(x_range.high);
    if (!panel.y.label.empty()) out << cut_to_width(panel.y.label, width - 1) << '\n';
    print(out, frame);
}

}  // namespace

void print_plot(std::ostream& out, const Plot& plot, std::size_t width, bool in_colour) {
    Names names;
    for (const Panel& panel : plot.panels) print_panel(out, plot, panel, names, width, in_colour);
    for (std::size_t i = 0; i < names.marks.size(); ++i) {
        const Mark& mark = *names.marks[i];
        const std::string name = cut_to_width(mark.name, width > 6 ? width - 6 : 1);
        out << "  " << (in_colour ? coloured(mark.colour, braille(0xFF) + " " + name) : letter_of(i) + ("  " + name))
            << '\n';
    }
}

}  // namespace cyclone::report
