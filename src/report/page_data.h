#pragma once
// The numbers that the page's script draws from.

#include <cyclone/analysis/results.h>

#include <string>

namespace cyclone::report {

/// A <script type="application/json" id="data"> element; no text in it can end it.
std::string page_data(const analysis::Results& results);

/// The page's script. It draws nothing that is not in page_data(), asks no network, and is not needed to read the page.
std::string page_script();

}  // namespace cyclone::report
