#pragma once
// Pictures through gnuplot, a program of its own.

#include <cyclone/lab/comparison.h>

#include <filesystem>

namespace cyclone::lab {

/// Whether a gnuplot program is on the PATH.
bool have_gnuplot();

// The pictures show means over the seeds of the finished runs, as SVG; the file appears whole or not at all, and not
// when there is nothing to draw. Error when gnuplot fails or the file cannot be written.

/// The learning rates and the training losses over the updates.
void plot_curves(const std::filesystem::path& svg, const std::vector<Run>& runs);

/// Run::auc_curve over the updates and over the seconds of training.
void plot_auc(const std::filesystem::path& svg, const std::vector<Run>& runs);

}  // namespace cyclone::lab
