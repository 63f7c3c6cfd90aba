#pragma once
// Plots of report pages: the look that they share, and bands of several seeds as marks.

#include <cyclone/analysis/curves.h>
#include <cyclone/report/svg.h>

#include <string>

namespace cyclone::report {

/// A plot of one panel for report_pictures(), which shows the title, the caption and a legend of all its plots.
Plot page_plot(const std::string& title, const std::string& caption, const Axis& x, const Axis& y, int height = 220);

/// Adds the mean of a band as a mark of this kind, and of several curves the range as a shade. Nothing for a band
/// without a finite value.
void add_band(Plot& plot, const std::string& name, std::size_t colour, const analysis::Band& band,
              Mark::Kind kind = Mark::line);

/// From 0 to 1, or to `high`: rates and probabilities.
Axis unit_axis(const std::string& label, double high = 1);

/// The dotted diagonal.
Mark diagonal(const std::string& name);
/// Adds a reference where there is something to compare with it.
Plot with_reference(Plot plot, Mark reference);

}  // namespace cyclone::report
