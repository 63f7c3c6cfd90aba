// Pictures of characters.
#include "report/text_canvas.h"

#include <cyclone/report/svg.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace cyclone::report {

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

char letter_of(std::size_t number) { return static_cast<char>('a' + number % 26); }

TextCanvas::TextCanvas(std::size_t columns, std::size_t lines, bool in_colour)
    : columns_(columns), lines_(lines, std::vector<Cell>(columns)), in_colour_(in_colour) {}

void TextCanvas::set(std::ptrdiff_t x, std::ptrdiff_t y, Owner owner) {
    if (x < 0 || y < 0 || x >= static_cast<std::ptrdiff_t>(width()) || y >= static_cast<std::ptrdiff_t>(height()))
        return;
    constexpr std::array<std::array<unsigned, 4>, 2> kDots = {{{0x01, 0x02, 0x04, 0x40}, {0x08, 0x10, 0x20, 0x80}}};
    const std::size_t column = static_cast<std::size_t>(x), down = height() - 1 - static_cast<std::size_t>(y);
    if (in_colour_) {
        Cell& cell = lines_[down / 4][column / 2];
        cell.dots |= kDots[column % 2][down % 4];
        cell.colour = owner.colour;
        return;
    }
    char& letter = lines_[down][column].letter;
    letter = letter == ' ' || letter == '.' || letter == owner.letter ? owner.letter
             : owner.letter == '.'                                    ? letter
                                                                      : '#';
}

void TextCanvas::line(double x0, double y0, double x1, double y1, Owner owner) {
    const double steps = std::max({std::abs(x1 - x0), std::abs(y1 - y0), 1.0});
    const auto at = [](double from, double to, double part) {
        return static_cast<std::ptrdiff_t>(std::lround(from + (to - from) * part));
    };
    for (double k = 0; k <= steps; ++k) set(at(x0, x1, k / steps), at(y0, y1, k / steps), owner);
    set(at(x0, x1, 1), at(y0, y1, 1), owner);
}

std::vector<std::string> TextCanvas::text() const {
    std::vector<std::string> text;
    for (const std::vector<Cell>& line : lines_) {
        std::string& out = text.emplace_back();
        for (const Cell& cell : line)
            out += !in_colour_      ? std::string(1, cell.letter)
                   : cell.dots == 0 ? " "
                                    : coloured(cell.colour, braille(cell.dots));
    }
    return text;
}

}  // namespace cyclone::report
