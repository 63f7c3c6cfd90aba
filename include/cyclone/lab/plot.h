#pragma once
// Pictures through gnuplot, a program of its own.

#include <cyclone/lab/comparison.h>

#include <filesystem>

namespace cyclone::lab {

/// Whether a gnuplot program is on the PATH.
bool have_gnuplot();

/// Draws the learning rates and the training losses (mean over the seeds, first seed for the rates) as SVG.
/// Error when gnuplot fails.
void plot_curves(const std::filesystem::path& svg, const std::vector<Run>& runs);

}  // namespace cyclone::lab
