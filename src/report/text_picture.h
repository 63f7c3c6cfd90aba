#pragma once
// The panels of a plot, drawn with characters.

#include <cyclone/report/svg.h>

#include <cstddef>
#include <iosfwd>

namespace cyclone::report {

/// The panels one below the other and the names of their marks; bands are left out. Lines of less than `width` columns
/// (of at least 20). `in_colour`: braille dots in the colours of all pictures, for terminals; else a letter per name.
void print_plot(std::ostream& out, const Plot& plot, std::size_t width, bool in_colour);

}  // namespace cyclone::report
