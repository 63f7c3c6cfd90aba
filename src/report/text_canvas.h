#pragma once
// A picture of characters: in colour braille dots, eight per character, else a letter per line.

#include <cstddef>
#include <string>
#include <vector>

namespace cyclone::report {

/// `text` in a Mark::colour as terminals have it.
std::string coloured(std::size_t colour, const std::string& text);
/// The braille character with these dots, a bit each.
std::string braille(unsigned dots);
/// a, b, ..., z, a, ...
char letter_of(std::size_t number);

/// Points have an owner: a number for its letter, and a colour. Where owners meet there is '#', or the last one's
/// colour.
class TextCanvas {
public:
    TextCanvas(std::size_t columns, std::size_t lines, bool in_colour);

    std::size_t width() const { return in_colour_ ? 2 * columns_ : columns_; }             ///< in points
    std::size_t height() const { return in_colour_ ? 4 * lines_.size() : lines_.size(); }  ///< in points

    struct Owner {
        char letter;
        std::size_t colour;
    };
    /// A point, from the left and from the bottom; nothing outside.
    void set(std::ptrdiff_t x, std::ptrdiff_t y, Owner owner);
    /// From point to point, both included.
    void line(double x0, double y0, double x1, double y1, Owner owner);

    /// From the top.
    std::vector<std::string> text() const;

private:
    struct Cell {
        unsigned dots = 0;
        char letter = ' ';
        std::size_t colour = 0;
    };
    std::size_t columns_;
    std::vector<std::vector<Cell>> lines_;
    bool in_colour_;
};

}  // namespace cyclone::report
