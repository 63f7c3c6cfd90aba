#pragma once
// Which plots the report of a comparison shows, and what to look at in each.

#include <cyclone/lab/comparison.h>
#include <cyclone/report/svg.h>

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace cyclone::report {

/// The plots of three sections of the page. Those without anything to show have no marks.
struct Figures {
    std::vector<Plot> training, quality, calibration;
};

/// `names` are the rows of the results, `labels` those of the test set.
Figures draw_figures(const std::vector<lab::Run>& runs, const std::vector<std::string>& names,
                     std::span<const std::int64_t> labels);

}  // namespace cyclone::report
