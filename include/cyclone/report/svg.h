#pragma once
// Plots as SVG: lines, bands, dots, bars, reference lines and regions over linear or logarithmic axes. The same plot
// gives the same bytes on every machine; no other program is needed.

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace cyclone::report {

enum class Scale { linear, logarithmic };

/// One axis of a panel. A limit that is not set comes from the data; on a logarithmic axis from the positive values.
struct Axis {
    std::string label = {};
    Scale scale = Scale::linear;
    std::optional<double> low = {}, high = {};
    std::optional<double> at_most = {};        ///< bounds `high` where it comes from the data: an exploding loss
    std::vector<std::string> categories = {};  ///< names of 0, 1, ... instead of numbers; on a y axis 0 is at the top
};

/// One thing that is drawn. Values that are not finite (on a logarithmic axis: not positive) break lines and bands.
struct Mark {
    enum Kind {
        line,
        line_with_dots,
        dots,
        band,       ///< between `y` and `high`
        bars,       ///< from 0 (logarithmic: from the lower limit) to `y`, centred at `x`
        reference,  ///< dotted, through the points; over the whole panel at `x` alone (upright) or `y` alone
        region      ///< a shaded stripe between two values of `x` alone or of `y` alone
    };
    Kind kind = line;
    std::string name = {};  ///< for the label or legend and the browser's tooltip; marks of one name share an entry
    std::vector<double> x = {}, y = {}, high = {};
    std::size_t colour = 0;  ///< place in the palette of eight; the next eight are dashed
};

struct Panel {
    Axis x = {}, y = {};
    std::vector<Mark> marks = {};
    int height = 240;  ///< of the area between the axes, in pixels
};

/// Panels from top to bottom with one title, legend and caption. Names of lines stand at their ends; in a legend where
/// there are too many or too long ones.
struct Plot {
    std::string title = {}, caption = {};
    std::vector<Panel> panels = {};
    bool shared_x = false;   ///< one x range; only the lowest panel labels it
    bool show_names = true;  ///< false: the page has a legend for several plots
    int width = 760;         ///< pixels
};

/// A file of its own, with title and caption, its colours for light and dark surroundings inside. Error, naming the
/// plot, for lists of different lengths, an empty range or a logarithmic axis from 0 or below.
std::string svg_document(const Plot& plot);

/// An <svg> element for a page that shows title and caption itself and has plot_style(). Errors as above.
std::string svg_element(const Plot& plot);

/// Style sheet for pages with svg_element(). It uses the page's variables --text, --soft, --line and --page, and
/// defines --c0 ... --c7, the palette, for light and dark.
std::string plot_style();

/// Writes svg_document(); the file appears whole or not at all.
void write_svg(const std::filesystem::path& path, const Plot& plot);

/// The number of colours in the palette; colour i is dashed when i / palette_size() is not 0.
constexpr std::size_t palette_size() { return 8; }

}  // namespace cyclone::report
