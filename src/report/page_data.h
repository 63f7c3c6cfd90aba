#pragma once
// The numbers that the page's script draws from.

#include <cyclone/analysis/results.h>
#include <cyclone/report/svg.h>

#include <string>

namespace cyclone::report {

/// A <script type="application/json" id="data"> element; no text in it can end it.
std::string page_data(const analysis::Results& results);
/// The same of a plot whose panels share the x axis of the last one: the script draws it again with a cursor, in the
/// place of the pictures in plot_to_touch().
std::string page_data(const Plot& plot);
/// Around pictures of that plot.
std::string plot_to_touch(const std::string& pictures);

/// The script of all pages. It draws nothing that is not in page_data(), asks no network, and is not needed to read the
/// page.
std::string page_script();

}  // namespace cyclone::report
