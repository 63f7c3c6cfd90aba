#pragma once
// What every report has in common: the page around its sections, pictures with a legend, the words at its end.

#include <cyclone/report/svg.h>

#include <string>
#include <utility>
#include <vector>

namespace cyclone::report {

/// The whole document: one file, light and dark, without scripts.
std::string report_page(const std::string& title, const std::string& body);

/// Nothing for an empty one.
std::string report_section(const std::string& id, const std::string& title, const std::string& html);
std::string report_note(const std::string& text);

/// The mark of the line with this place in a legend.
std::string line_key(std::size_t line);
std::string report_legend(const std::vector<std::string>& names);
/// The plots that have marks side by side, the legend of their lines above; nothing without any.
std::string report_pictures(const std::vector<Plot>& plots, const std::vector<std::string>& names);

using Words = std::vector<std::pair<std::string, std::string>>;
/// What the words of the metrics mean; `more` comes first.
std::string report_words(const Words& more = {});

}  // namespace cyclone::report
