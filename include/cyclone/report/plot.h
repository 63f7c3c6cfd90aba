#pragma once
// Pictures of comparisons, schedules and lines of your own, as SVG files. A file appears whole or not at all.

#include <cyclone/analysis/results.h>
#include <cyclone/report/svg.h>
#include <cyclone/schedule/preview.h>

#include <filesystem>
#include <string>
#include <vector>

namespace cyclone::report {

/// Learning rates and training losses over the updates, means over the seeds of the finished runs, and each run that
/// diverged up to a cross. Without any of them there is no picture. Error when the file cannot be written.
void plot_curves(const std::filesystem::path& svg, const analysis::Results& results);

/// The AUC on the test set during training (Run::auc_curve) over the updates and over the seconds of training,
/// otherwise like plot_curves().
void plot_auc(const std::filesystem::path& svg, const analysis::Results& results);

/// The learning rates of schedules over the updates of a run.
void plot_schedules(const std::filesystem::path& svg, const std::vector<schedule::Preview>& schedules);

/// One line for plot_lines().
struct PlotSeries {
    std::string name;       ///< its label
    std::vector<double> x;  ///< values on the x axis
    std::vector<double> y;  ///< values on the y axis, as many
};

/// Lines over common axes, each in the next colour; write_svg() draws everything else.
void plot_lines(const std::filesystem::path& svg, const std::string& title, const std::vector<PlotSeries>& series,
                const Axis& x, const Axis& y);

}  // namespace cyclone::report
