#pragma once
// Pictures through gnuplot, a program of its own.

#include <cyclone/lab/comparison.h>
#include <cyclone/schedule/preview.h>

#include <filesystem>
#include <string>
#include <vector>

namespace cyclone::report {

/// Whether a gnuplot program is on the PATH.
bool have_gnuplot();

// The pictures show means over the seeds of the finished runs, as SVG; the file appears whole or not at all, and not
// when there is nothing to draw. Error when gnuplot fails or the file cannot be written.

/// The learning rates and the training losses over the updates.
void plot_curves(const std::filesystem::path& svg, const std::vector<lab::Run>& runs);

/// lab::Run::auc_curve over the updates and over the seconds of training.
void plot_auc(const std::filesystem::path& svg, const std::vector<lab::Run>& runs);

struct PlotSeries {
    std::string name;
    std::vector<double> x, y;
};

struct PlotAxes {
    std::string x_label, y_label;
    bool log_y = false;
    std::string y_range = "[*:*]";  ///< gnuplot's: "[0:*]", "[*:*<10]", ...
};

/// Lines of your own, for what the functions above do not draw. Points that are not finite are left out.
void plot_lines(const std::filesystem::path& svg, const std::vector<PlotSeries>& series, const PlotAxes& axes);
/// Draws schedules over the updates of a run as SVG. Error when gnuplot fails.
void plot_schedules(const std::filesystem::path& svg, const std::vector<schedule::Preview>& schedules);

}  // namespace cyclone::report
