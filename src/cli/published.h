#pragma once
// The published results of the study, beside ours.

#include <cyclone/analysis/results.h>

#include <iosfwd>
#include <string>

namespace cyclone::cli {

/// For the presets study-1to17 (Tables III and IV) and study-1to36 (Tables V and VI): one line with the study's results
/// and one with ours per schedule that both have, and why they cannot agree in full. Nothing for other presets.
void print_published(std::ostream& out, const std::string& preset, const analysis::Results& results);

}  // namespace cyclone::cli
