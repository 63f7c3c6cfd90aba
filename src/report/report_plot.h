#pragma once
// Plots of report pages: the look that they share, and bands of several seeds as marks.

#include <cyclone/analysis/curves.h>
#include <cyclone/analysis/results.h>
#include <cyclone/report/svg.h>

#include <optional>
#include <string>
#include <vector>

namespace cyclone::report {

/// A plot of one panel for report_pictures(), which shows the title, the caption and a legend of all its plots.
Plot page_plot(const std::string& title, const std::string& caption, const Axis& x, const Axis& y, int height = 220);

/// Adds the mean of a band as a mark of this kind, and of several curves the range as a shade. Nothing for a band
/// without a finite value.
void add_band(Panel& panel, const std::string& name, std::size_t colour, const analysis::Band& band,
              Mark::Kind kind = Mark::line);

/// Adds a line for each run that diverged, up to a cross with the cause as its tooltip. The first line has the
/// configuration's name where no run finished.
void add_diverged(std::vector<Mark>& marks, const analysis::Configuration& configuration, std::size_t colour,
                  std::vector<double> analysis::DivergedRun::*values);
/// Adds a cross at the last point that is finite, if there is one.
void add_cross(std::vector<Mark>& marks, const std::string& name, std::size_t colour, const std::vector<double>& x,
               const std::vector<double>& y);
/// For Axis::at_most: a little above the finished runs, which those that diverged would press flat.
std::optional<double> highest_shown(const analysis::Results& results, analysis::Band analysis::Curves::*band);

/// "triangular, seed 2, diverged: ..." for each run that did.
std::vector<std::string> diverged_sentences(const analysis::Results& results);

/// From 0 to 1, or to `high`: rates and probabilities.
Axis unit_axis(const std::string& label, double high = 1);

/// The dotted diagonal.
Mark diagonal(const std::string& name);
/// Adds a reference where there is something to compare with it.
Plot with_reference(Plot plot, Mark reference);

}  // namespace cyclone::report
