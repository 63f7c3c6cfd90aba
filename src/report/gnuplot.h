#pragma once
// Runs gnuplot, a program of its own, and holds the colours that a schedule has in every picture.

#include <cyclone/base/error.h>
#include <cyclone/io/atomic_file.h>

#include <unistd.h>

#include <array>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace cyclone::report {

/// A colour on a white and on a dark page. They stay apart for the colour-blind as well.
struct Colour {
    const char* light;
    const char* dark;
};

inline constexpr std::array<Colour, 8> kColours = {{{"#444444", "#c8c8c8"},
                                                    {"#d55e00", "#ff8a3d"},
                                                    {"#0072b2", "#5ab4f0"},
                                                    {"#009e73", "#2ecc9a"},
                                                    {"#c2578f", "#ec9fc8"},
                                                    {"#7a6f00", "#d9cc3c"},
                                                    {"#8c510a", "#d29a5b"},
                                                    {"#6a3d9a", "#b79be6"}}};

/// Of the i-th line or schedule; they start over after the last, dashed (gnuplot's dash type).
inline const char* plot_colour(std::size_t i) { return kColours[i % kColours.size()].light; }
inline std::size_t plot_dash(std::size_t i) { return 1 + i / kColours.size(); }

/// gnuplot's single-quoted strings: a quote is doubled. Names come from the command line.
std::string gnuplot_quoted(const std::string& text);

/// The first lines of a script that draws a file of its own: terminal, output, and the look of grid and border.
std::string svg_settings(const std::filesystem::path& svg, int width, int height);

/// Runs `script`, which is to draw the file `result`. Error, naming the file, when gnuplot is missing or fails.
void run_gnuplot(const std::filesystem::path& result, const std::string& script);

/// What each script draws, which sets its terminal but no output; one gnuplot for all of them. Errors as above.
std::vector<std::string> gnuplot_outputs(const std::vector<std::string>& scripts);

void replace_all(std::string& text, const std::string& from, const std::string& to);

/// gnuplot's SVG without the groups that hold nothing and the attributes that say what is so anyway: a fifth to a third
/// of it.
std::string compact_svg(std::string svg);

/// An SVG that appears whole or not at all: `script(path)` draws it to a temporary name in the same folder first.
/// gnuplot itself does not notice a full disk.
template <class Script>
void draw_svg(const std::filesystem::path& svg, Script&& script) {
    const std::filesystem::path temporary = svg.string() + ".tmp." + std::to_string(::getpid());
    std::string text;
    std::error_code ignored;
    try {
        run_gnuplot(temporary, script(temporary));
        std::ifstream file(temporary, std::ios::binary);
        text.assign(std::istreambuf_iterator<char>(file), {});
    } catch (...) {
        std::filesystem::remove(temporary, ignored);
        throw;
    }
    std::filesystem::remove(temporary, ignored);
    check(text.find("</svg>") != std::string::npos, svg.string(), "gnuplot could not write it (disk full?)");
    io::write_file_atomically(svg, compact_svg(std::move(text)));
}

}  // namespace cyclone::report
