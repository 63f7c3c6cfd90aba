#pragma once
// Which plots the report shows, and what to look at in each.

#include <cyclone/report/report.h>

#include <vector>

#include "report/report_plot.h"

namespace cyclone::report {

/// The pictures of three sections of the page. Figures without anything to show are left out.
struct Figures {
    std::vector<Figure> training, quality, calibration;
};

/// Error when gnuplot is missing or fails.
Figures draw_figures(const ReportInput& input);

}  // namespace cyclone::report
