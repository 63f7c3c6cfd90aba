// Schedules drawn with characters.
#include <cyclone/report/text_plot.h>

#include <cyclone/base/number_text.h>
#include <cyclone/base/text_width.h>
#include <cyclone/report/svg.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <ostream>
#include <string>

#include "report/colours.h"
#include "report/text_frame.h"

namespace cyclone::report {
namespace {

constexpr std::size_t kLines = 16, kTickEvery = 5;  // lines

char letter_of(std::size_t schedule) { return static_cast<char>('a' + schedule % 26); }

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

// One letter per schedule, one column of characters per piece of the run.
std::vector<std::string> letters(const std::vector<schedule::Preview>& schedules, std::size_t columns, double top) {
    std::vector<std::string> lines(kLines, std::string(columns, ' '));
    for (std::size_t i = 0; i < schedules.size(); ++i) {
        const Extent e = extent_of(schedules[i], columns, kLines, top);
        for (std::size_t column = 0; column < columns; ++column)
            for (std::size_t row = e.low[column]; row <= e.high[column]; ++row) {
                char& cell = lines[kLines - 1 - row][column];
                cell = cell == ' ' ? letter_of(i) : '#';
            }
    }
    return lines;
}

// Colours 0 to 255 of terminals, which are legible on light and dark: the families, then the palette.
std::string coloured(std::size_t colour, const std::string& text) {
    constexpr std::array<int, family_size()> kFamilies = {74,  32,  26,  37,  62,  208, 178, 130,
                                                          160, 169, 142, 245, 240, 250, 243, 102};
    constexpr std::array<int, palette_size()> kPalette = {245, 208, 32, 36, 169, 142, 130, 97};
    const int code = colour < family_colour(0) ? kPalette[colour % palette_size()]
                                               : kFamilies[(colour - family_colour(0)) % family_size()];
    return "\x1b[38;5;" + std::to_string(code) + "m" + text + "\x1b[0m";
}

std::string braille(unsigned dots) {
    const unsigned c = 0x2800U + dots;
    return {static_cast<char>(0xE0U | c >> 12), static_cast<char>(0x80U | (c >> 6 & 63U)),
            static_cast<char>(0x80U | (c & 63U))};
}

// Eight dots per character: two pieces of the run, four rows. Where several schedules meet, the last one's colour.
std::vector<std::string> dots(const std::vector<schedule::Preview>& schedules, std::size_t columns, double top,
                              const std::vector<std::size_t>& colours) {
    constexpr std::array<std::array<unsigned, 4>, 2> kDots = {{{0x01, 0x02, 0x04, 0x40}, {0x08, 0x10, 0x20, 0x80}}};
    constexpr std::size_t kRows = 4 * kLines;
    std::vector<std::vector<unsigned>> cells(kLines, std::vector<unsigned>(columns, 0));
    std::vector<std::vector<std::size_t>> owner(kLines, std::vector<std::size_t>(columns, 0));
    for (std::size_t i = 0; i < schedules.size(); ++i) {
        const Extent e = extent_of(schedules[i], 2 * columns, kRows, top);
        for (std::size_t column = 0; column < 2 * columns; ++column)
            for (std::size_t row = e.low[column]; row <= e.high[column]; ++row) {
                const std::size_t down = kRows - 1 - row;
                cells[down / 4][column / 2] |= kDots[column % 2][down % 4];
                owner[down / 4][column / 2] = i;
            }
    }
    std::vector<std::string> lines(kLines);
    for (std::size_t line = 0; line < kLines; ++line)
        for (std::size_t column = 0; column < columns; ++column)
            lines[line] +=
                cells[line][column] == 0 ? " " : coloured(colours[owner[line][column]], braille(cells[line][column]));
    return lines;
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
    frame.lines = in_colour ? dots(schedules, columns, top, colours) : letters(schedules, columns, top);
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
