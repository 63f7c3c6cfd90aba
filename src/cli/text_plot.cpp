// Schedules drawn with characters.

#include "cli/text_plot.h"

#include <algorithm>
#include <cmath>
#include <iomanip>
#include <ostream>
#include <string>

namespace cyclone::cli {
namespace {

constexpr std::size_t kColumns = 72, kLines = 16;

}  // namespace

void print_text_plot(std::ostream& out, const std::vector<schedule::Preview>& previews) {
    double top = 0;
    for (const auto& preview : previews) top = std::max(top, preview.highest);
    if (top == 0) top = 1;
    std::vector<std::string> lines(kLines, std::string(kColumns, ' '));
    for (std::size_t i = 0; i < previews.size(); ++i) {
        const auto letter = static_cast<char>('a' + i % 26);
        const auto& p = previews[i];
        // At most two samples per column: its lowest and its highest; what lies between is filled.
        std::vector<std::size_t> low(kColumns, kLines), high(kColumns, 0);
        for (const auto& sample : schedule::samples(p.schedule, p.updates, kColumns)) {
            const auto column = static_cast<std::size_t>(static_cast<double>(sample.update) * kColumns /
                                                         static_cast<double>(p.updates));
            const auto line = static_cast<std::size_t>(std::lround(sample.value / top * (kLines - 1)));
            low[column] = std::min(low[column], line);
            high[column] = std::max(high[column], line);
        }
        for (std::size_t column = 0; column < kColumns; ++column)
            for (std::size_t line = low[column]; line <= high[column] && low[column] < kLines; ++line) {
                char& cell = lines[line][column];
                cell = cell == ' ' ? letter : '#';
            }
    }
    for (std::size_t line = kLines; line-- > 0;) {
        const bool labelled = line == kLines - 1 || line == 0;
        if (labelled)
            out << std::setw(9) << std::setprecision(3) << (line == 0 ? 0 : top);
        else
            out << std::string(9, ' ');
        out << " |" << lines[line].substr(0, lines[line].find_last_not_of(' ') + 1) << '\n';
    }
    const std::string last = std::to_string(previews.front().updates);
    out << std::string(10, ' ') << '+' << std::string(kColumns, '-') << '\n'
        << std::string(11, ' ') << '0' << std::string(kColumns - 1 - last.size(), ' ') << last << "  updates\n";
    for (std::size_t i = 0; i < previews.size(); ++i)
        out << std::string(11, ' ') << static_cast<char>('a' + i % 26) << "  " << previews[i].name << '\n';
}

}  // namespace cyclone::cli
