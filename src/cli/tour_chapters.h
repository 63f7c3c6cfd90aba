#pragma once
// The chapters of `cyclone tour`.

#include <cyclone/report/tour.h>

#include <vector>

namespace cyclone::cli {

/// In their order. The commands are those of this program.
std::vector<report::TourChapter> tour_chapters();

}  // namespace cyclone::cli
