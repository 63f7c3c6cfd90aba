#pragma once
// Which plots the report of a comparison shows, and what to look at in each.

#include <cyclone/analysis/results.h>
#include <cyclone/report/svg.h>

#include <vector>

namespace cyclone::report {

/// The plots of three sections of the page. Those without anything to show have no marks.
struct Figures {
    std::vector<Plot> training, quality, calibration;
};

Figures draw_figures(const analysis::Results& results);

}  // namespace cyclone::report
