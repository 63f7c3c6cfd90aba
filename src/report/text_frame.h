#pragma once
// Axes around lines of characters.

#include <cstddef>
#include <iosfwd>
#include <string>
#include <vector>

namespace cyclone::report {

struct TextFrame {
    std::vector<std::string> labels;  ///< of each line, from the top; may be empty
    std::vector<std::string> lines;   ///< of equal length
    std::string axis;                 ///< what stands on the lower border, as long as the lines
    std::string first, last;          ///< below its ends

    /// Columns of the lines where the whole is narrower than `width`; at least eight.
    static std::size_t columns(const std::vector<std::string>& labels, std::size_t width);
};

void print(std::ostream& out, const TextFrame& frame);

}  // namespace cyclone::report
