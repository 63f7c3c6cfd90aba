#pragma once
// Plots as SVG: lines, bands, dots, bars, reference lines and regions over linear or logarithmic axes. The same plot
// gives the same bytes on every machine; no other program is needed.

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace cyclone::report {

/// How values are placed on an axis. `near_one` is for fractions such as the AUC: logarithmic in the distance from 1,
/// so that 0.9, 0.99 and 0.999 are equally far apart; 1 itself cannot be shown.
enum class Scale { linear, logarithmic, near_one };

/// One axis of a panel. A limit that is not set comes from the data; on a logarithmic axis from the positive values.
struct Axis {
    std::string label = {};                    ///< with the unit; "" for none
    Scale scale = Scale::linear;               ///< of the values; ticks stand at 1, 2 or 5 times a power of ten on both
    std::optional<double> low = {};            ///< lower limit
    std::optional<double> high = {};           ///< upper limit
    std::optional<double> at_most = {};        ///< bounds `high` where it comes from the data: an exploding loss
    std::vector<std::string> categories = {};  ///< names of 0, 1, ... instead of numbers; on a y axis 0 is at the top
};

/// One thing that is drawn. Values that are not finite (on a logarithmic axis: not positive) break lines and bands.
struct Mark {
    /// What is drawn of the points.
    enum Kind {
        line,            ///< from point to point
        line_with_dots,  ///< the same with a dot at each point
        dots,            ///< a dot at each point
        crosses,         ///< a cross at each point, at the edge of the panel for points beyond it; not in legends
        band,            ///< the area between `y` and `high`
        bars,            ///< from 0 (logarithmic: from the lower limit) to `y`, centred at `x`
        reference,       ///< dotted, through the points; over the whole panel at `x` alone (vertical) or `y` alone
        region           ///< a shaded stripe between two values of `x` alone or of `y` alone
    };
    Kind kind = line;               ///< see there
    std::string name = {};          ///< for label, legend and tooltip; marks of one name and colour share an entry
    std::vector<double> x = {};     ///< values on the x axis
    std::vector<double> y = {};     ///< values on the y axis, as many
    std::vector<double> high = {};  ///< upper edge of a band
    std::size_t colour = 0;         ///< place in the palette of eight, the next eight dashed; or family_colour()
    bool thin = false;              ///< a thin, pale line: one run beside its mean
};

/// An x axis and a y axis with what is drawn between them.
struct Panel {
    Axis x = {};                   ///< below the panel
    Axis y = {};                   ///< to its left
    std::vector<Mark> marks = {};  ///< areas are drawn first, then lines, then dots, each in this order
    int height = 240;              ///< of the area between the axes, in pixels
};

/// Panels with one title, legend and caption. Names of lines stand at their ends; in a legend where there are too many
/// or too long ones.
struct Plot {
    std::string title = {};          ///< above the panels
    std::string caption = {};        ///< below them: what to look at
    std::vector<Panel> panels = {};  ///< from top to bottom
    bool shared_x = false;           ///< one x range; only the lowest panel labels it
    bool show_names = true;          ///< false: the page has a legend for several plots
    int width = 760;                 ///< pixels
};

/// A file of its own, with title and caption, its colours for light and dark surroundings inside. Error, naming the
/// plot, for lists of different lengths, an empty range or a logarithmic axis from 0 or below.
std::string svg_document(const Plot& plot);

/// An <svg> element for a page that shows title and caption itself and has plot_style(). Errors as above.
std::string svg_element(const Plot& plot);

/// Style sheet for pages with svg_element(). It uses the page's variables --text, --soft, --line and --page, and
/// defines --c0 ... --c7, the palette, for light and dark.
std::string plot_style();
/// The whole style sheet of a report's page: its own and plot_style().
std::string page_style();

/// Writes svg_document(); the file appears whole or not at all.
void write_svg(const std::filesystem::path& path, const Plot& plot);

/// The number of colours in the palette; colour i is dashed when i / palette_size() is not 0.
constexpr std::size_t palette_size() { return 8; }

/// The number of tones that tell families of lines apart: 0 to 4 are blues, 5 to 10 oranges, 11 to 15 greys.
constexpr std::size_t family_size() { return 16; }
/// A tone as Mark::colour; family_size() more is the same, dashed.
constexpr std::size_t family_colour(std::size_t tone) { return 1024 + tone; }

}  // namespace cyclone::report
