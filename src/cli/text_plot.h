#pragma once
// Schedules drawn with characters.

#include <cyclone/schedule/preview.h>

#include <cstddef>
#include <iosfwd>
#include <vector>

namespace cyclone::cli {

/// Rates from 0 (bottom line) to the highest of all (top line) over the updates of the run; one letter per schedule
/// (a, b, c, ...), '#' where several meet. Lines of at most `width` columns (of at least 20).
void print_text_plot(std::ostream& out, const std::vector<schedule::Preview>& previews, std::size_t width);

}  // namespace cyclone::cli
