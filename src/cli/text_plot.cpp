// Schedules drawn with characters.

#include "cli/text_plot.h"

#include <cyclone/base/number_text.h>
#include <cyclone/base/text_width.h>

#include <algorithm>
#include <cmath>
#include <ostream>
#include <string>

namespace cyclone::cli {
namespace {

constexpr std::size_t kLines = 16, kTickEvery = 5;  // lines
constexpr std::size_t kFewestColumns = 8;

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
            char& cell = lines[line][column];
            cell = cell == ' ' ? letter : '#';
        }
}

}  // namespace

void print_text_plot(std::ostream& out, const std::vector<schedule::Preview>& previews, std::size_t width) {
    double top = 0;
    for (const auto& preview : previews) top = std::max(top, preview.highest);
    if (top == 0) top = 1;
    std::vector<std::string> labels(kLines);
    std::size_t margin = 0;
    for (std::size_t line = 0; line < kLines; line += kTickEvery) {
        labels[line] = number_text::significant(top * static_cast<double>(line) / (kLines - 1));
        margin = std::max(margin, labels[line].size());
    }
    const std::size_t columns = std::max(width, margin + 3 + kFewestColumns) - margin - 3;
    std::vector<std::string> lines(kLines, std::string(columns, ' '));
    for (std::size_t i = 0; i < previews.size(); ++i) draw(lines, previews[i], static_cast<char>('a' + i % 26), top);
    for (std::size_t line = kLines; line-- > 0;)
        out << fitted(labels[line], margin, true) << " |"
            << lines[line].substr(0, lines[line].find_last_not_of(' ') + 1) << '\n';
    const std::string indent(margin + 2, ' '), last = std::to_string(previews.front().updates);
    const std::string end = last.size() + 9 < columns ? last + " updates" : last;
    out << std::string(margin + 1, ' ') << '+' << std::string(columns, '-') << '\n'
        << indent << '0' << fitted(end, columns - 1, true) << '\n';
    for (std::size_t i = 0; i < previews.size(); ++i)
        out << cut_to_width(indent + static_cast<char>('a' + i % 26) + "  " + previews[i].name, width) << '\n';
}

}  // namespace cyclone::cli
