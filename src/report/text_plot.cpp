// Schedules drawn with characters.
#include <cyclone/report/text_plot.h>

#include <cyclone/base/number_text.h>
#include <cyclone/base/text_width.h>

#include <algorithm>
#include <cmath>
#include <ostream>
#include <string>

#include "report/text_frame.h"

namespace cyclone::report {
namespace {

constexpr std::size_t kLines = 16, kTickEvery = 5;  // lines

// Adds the rates of a schedule as a letter, one column of characters per piece of the run.
void draw(std::vector<std::string>& lines, const schedule::Preview& p, char letter, double top) {
    const std::size_t columns = lines[0].size();
    // At most two samples per column: its lowest and its highest; what lies between is filled.
    std::vector<std::size_t> low(columns, kLines), high(columns, 0);
    for (const auto& sample : schedule::samples(p.schedule, p.updates, columns)) {
        const auto column = static_cast<std::size_t>(static_cast<double>(sample.update) * static_cast<double>(columns) /
                                                     static_cast<double>(p.updates));
        const auto line = static_cast<std::size_t>(std::lround(sample.value / top * (kLines - 1)));
        low[column] = std::min(low[column], line);
        high[column] = std::max(high[column], line);
    }
    for (std::size_t column = 0; column < columns; ++column)
        for (std::size_t line = low[column]; line <= high[column] && low[column] < kLines; ++line) {
            char& cell = lines[kLines - 1 - line][column];
            cell = cell == ' ' ? letter : '#';
        }
}

}  // namespace

void print_schedules(std::ostream& out, const std::vector<schedule::Preview>& schedules, std::size_t width) {
    double top = 0;
    for (const auto& preview : schedules) top = std::max(top, preview.highest);
    if (top == 0) top = 1;
    TextFrame frame;
    frame.labels.resize(kLines);
    for (std::size_t line = 0; line < kLines; line += kTickEvery)
        frame.labels[kLines - 1 - line] = number_text::significant(top * static_cast<double>(line) / (kLines - 1));
    const std::size_t columns = TextFrame::columns(frame.labels, width);
    frame.lines.assign(kLines, std::string(columns, ' '));
    for (std::size_t i = 0; i < schedules.size(); ++i)
        draw(frame.lines, schedules[i], static_cast<char>('a' + i % 26), top);
    frame.axis.assign(columns, '-');
    frame.first = "0";
    frame.last = std::to_string(schedules.front().updates);
    if (frame.last.size() + 9 < columns) frame.last += " updates";
    print(out, frame);
    for (std::size_t i = 0; i < schedules.size(); ++i)
        out << cut_to_width("  " + std::string(1, static_cast<char>('a' + i % 26)) + "  " + schedules[i].name, width)
            << '\n';
}

}  // namespace cyclone::report
