#pragma once
// The chapters of `cyclone tour`.

#include <cyclone/report/tour.h>

#include <vector>

namespace cyclone::cli {

/// In their order. The commands are those of this program.
std::vector<report::TourChapter> tour_chapters();

// tour_mechanisms.cpp: what a rate and a cycle do, and with what to compare them
report::TourChapter valley_chapter();
report::TourChapter limit_chapter();
report::TourChapter floor_chapter();
report::TourChapter cycle_chapter();
report::TourChapter study_chapter();
report::TourChapter budget_chapter();
report::TourChapter range_chapter();
// tour_practice.cpp: what cycles are used for
report::TourChapter wrong_maximum_chapter();
report::TourChapter step_size_chapter();
report::TourChapter momentum_chapter();
report::TourChapter super_convergence_chapter();
report::TourChapter averages_chapter();
report::TourChapter imbalance_chapter();
report::TourChapter references_chapter();

}  // namespace cyclone::cli
