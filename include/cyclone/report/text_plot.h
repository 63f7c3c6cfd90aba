#pragma once
// Schedules drawn with characters.

#include <cyclone/schedule/preview.h>

#include <cstddef>
#include <iosfwd>
#include <vector>

namespace cyclone::report {

/// Rates from 0 (bottom line) to the highest of all (top line) over the updates of the run; one letter per schedule
/// (a, b, c, ...), '#' where several meet; `in_colour` for terminals: braille dots, the colours of all pictures. Lines
/// of less than `width` columns (of at least 20). At least one schedule.
void print_schedules(std::ostream& out, const std::vector<schedule::Preview>& schedules, std::size_t width,
                     bool in_colour = false);

}  // namespace cyclone::report
