// Schedules drawn with characters.
#include <cyclone/report/text_plot.h>

#include <cyclone/base/number_text.h>
#include <cyclone/base/text_width.h>

#include <algorithm>
#include <cmath>
#include <ostream>
#include <string>

#include "report/colours.h"
#include "report/text_canvas.h"
#include "report/text_frame.h"

namespace cyclone::report {
namespace {

constexpr std::size_t kLines = 16, kTickEvery = 5;  // lines

// The lowest and highest row that a schedule touches in each of `columns` equal pieces of the run.
struct Extent {
    std::vector<std::size_t> low, high;  ///< low > high: nothing
};

Extent extent_of(const schedule::Preview& p, std::size_t columns, std::size_t rows, double top) {
    Extent e{std::vector<std::size_t>(columns, rows), std::vector<std::size_t>(columns, 0)};
    for (const auto& sample : schedule::samples(p.schedule, p.updates, columns)) {
        const auto column = static_cast<std::size_t>(static_cast<double>(sample.update) * static_cast<double>(columns) /
                                                     static_cast<double>(p.updates));
        const auto row = static_cast<std::size_t>(std::lround(sample.value / top * static_cast<double>(rows - 1)));
        e.low[column] = std::min(e.low[column], row);
        e.high[column] = std::max(e.high[column], row);
    }
    return e;
}

// Letters, or braille dots in these colours.
std::vector<std::string> drawn(const std::vector<schedule::Preview>& schedules, std::size_t columns, double top,
                               bool in_colour, const std::vector<std::size_t>& colours) {
    TextCanvas canvas(columns, kLines, in_colour);
    for (std::size_t i = 0; i < schedules.size(); ++i) {
        const Extent e = extent_of(schedules[i], canvas.width(), canvas.height(), top);
        for (std::size_t x = 0; x < canvas.width(); ++x)
            for (std::size_t y = e.low[x]; y <= e.high[x]; ++y)
                canvas.set(static_cast<std::ptrdiff_t>(x), static_cast<std::ptrdiff_t>(y),
                           {letter_of(i), in_colour ? colours[i] : 0});
    }
    return canvas.text();
}

std::vector<std::size_t> colours_of_schedules(const std::vector<schedule::Preview>& schedules) {
    std::vector<Coloured> lines;
    for (const auto& preview : schedules) {
        Coloured& line = lines.emplace_back(Coloured{preview.name, {}});
        for (const auto& sample : schedule::samples(preview.schedule, preview.updates, 200))
            line.rate.push_back(sample.value);
    }
    return colours_of(lines);
}

}  // namespace

void print_schedules(std::ostream& out, const std::vector<schedule::Preview>& schedules, std::size_t width,
                     bool in_colour) {
    double top = 0;
    for (const auto& preview : schedules) top = std::max(top, preview.highest);
    if (top == 0) top = 1;
    TextFrame frame;
    frame.labels.resize(kLines);
    for (std::size_t line = 0; line < kLines; line += kTickEvery)
        frame.labels[kLines - 1 - line] = number_text::significant(top * static_cast<double>(line) / (kLines - 1));
    const std::size_t columns = TextFrame::columns(frame.labels, width);
    const std::vector<std::size_t> colours = in_colour ? colours_of_schedules(schedules) : std::vector<std::size_t>();
    frame.lines = drawn(schedules, columns, top, in_colour, colours);
    frame.axis.assign(columns, '-');
    frame.first = "0";
    frame.last = std::to_string(schedules.front().updates);
    if (frame.last.size() + 9 < columns) frame.last += " updates";
    print(out, frame);
    for (std::size_t i = 0; i < schedules.size(); ++i) {
        const std::string name = cut_to_width(schedules[i].name, width > 6 ? width - 6 : 1);
        out << "  " << (in_colour ? coloured(colours[i], braille(0xFF) + " " + name) : letter_of(i) + ("  " + name))
            << '\n';
    }
}

}  // namespace cyclone::report
