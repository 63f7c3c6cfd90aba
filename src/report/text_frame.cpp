// Axes around lines of characters.
#include "report/text_frame.h"

#include <cyclone/base/text_width.h>

#include <algorithm>
#include <ostream>

namespace cyclone::report {
namespace {

std::size_t margin(const std::vector<std::string>& labels) {
    std::size_t widest = 0;
    for (const std::string& label : labels) widest = std::max(widest, label.size());
    return widest;
}

}  // namespace

std::size_t TextFrame::columns(const std::vector<std::string>& labels, std::size_t width) {
    const std::size_t around = margin(labels) + 3;
    return std::max<std::size_t>(width, around + 8) - around;
}

void print(std::ostream& out, const TextFrame& frame) {
    const std::size_t left = margin(frame.labels);
    for (std::size_t i = 0; i < frame.lines.size(); ++i)
        out << fitted(frame.labels[i], left, true) << " |"
            << frame.lines[i].substr(0, frame.lines[i].find_last_not_of(' ') + 1) << '\n';
    const std::size_t columns = frame.axis.size(), first = std::min(frame.first.size(), columns);
    out << std::string(left + 1, ' ') << '+' << frame.axis << '\n'
        << std::string(left + 2, ' ') << cut_to_width(frame.first, columns) << fitted(frame.last, columns - first, true)
        << '\n';
}

}  // namespace cyclone::report
