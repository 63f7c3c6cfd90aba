#pragma once
// What all report pages share: the page around the sections, tables, pictures with a legend, the glossary.

#include <cyclone/lab/provenance.h>
#include <cyclone/report/svg.h>
#include <cyclone/report/table.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace cyclone::report {

/// The whole document: one file, light and dark. With a number above 0 an open page loads itself again so often.
std::string report_page(const std::string& title, const std::string& body, int refresh_seconds = 0);

/// Nothing for an empty one.
std::string report_section(const std::string& id, const std::string& title, const std::string& html);
std::string report_note(const std::string& text);

/// The mark of a line with this Mark::colour in a legend.
std::string line_key(std::size_t colour);
/// Without colours those of the palette, in its order.
std::string report_legend(const std::vector<std::string>& names, const std::vector<std::size_t>& colours = {});
/// The plots that have marks side by side, the legend of their lines above; nothing without any.
std::string report_pictures(const std::vector<Plot>& plots, const std::vector<std::string>& names,
                            const std::vector<std::size_t>& colours = {});

/// Widths of a picture that has the whole page: on a large screen, and on that of a phone.
inline constexpr int kWide = 1120, kNarrow = 420;
/// A plot under its title, its caption below.
std::string report_figure(const Plot& plot, const std::string& css = "");

/// A table under its title and note; nothing without rows.
std::string report_table(const Table& table);

/// A confusion matrix: rows are what images are, columns what they were called; the shade of a cell is its fraction of
/// the row.
std::string confusion_table(const std::vector<std::string>& are, const std::vector<std::string>& called,
                            const std::vector<std::vector<std::int64_t>>& counts);

using TextPairs = std::vector<std::pair<std::string, std::string>>;
/// Names and values as a table, commands in their own type; nothing without any.
std::string report_facts(const TextPairs& facts);
/// The parts of glossary() under their titles.
std::string glossary_html();
/// The section of it. Open, since links lead there, and a link opens nothing.
std::string report_glossary();

/// Where the runs were computed; nothing where that is not known.
std::string report_provenance(const std::vector<lab::Provenance>& list);

}  // namespace cyclone::report
