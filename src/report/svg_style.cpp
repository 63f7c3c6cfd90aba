// The style sheets of plots: shapes once, colours for light and dark.

#include "report/svg_style.h"

#include <cyclone/report/svg.h>

#include <array>
#include <string>

#include "report/report_style.h"
#include "report/svg_text.h"

namespace cyclone::report {
namespace {

struct Paint {
    std::string text, faint, rule, page;
    std::array<std::string, palette_size()> palette;
    std::array<std::string, family_size()> families;
};

// The families after the same rule within each: blues for constants, oranges for cycles, greys for decays.
// After Okabe and Ito, "Color Universal Design" (2008), with darker yellow and further tones: apart for the
// colour-blind, and in contrast to the page.
const Paint kLight = {"#1d2126",
                      "#5b646e",
                      "#d8dde2",
                      "#fff",
                      {"#444", "#d55e00", "#0072b2", "#009e73", "#c2578f", "#7a6f00", "#8c510a", "#6a3d9a"},
                      {"#6c95bb", "#3674a6", "#0a4a80", "#008aa6", "#5a5fc0", "#d55e00", "#a87800", "#96501e",
                       "#c0392b", "#c2548c", "#7a6f00", "#7d7d7d", "#4a4a4a", "#8f8f8f", "#333", "#6f6a60"}};
const Paint kDark = {"#e4e8ec",
                     "#a0a9b3",
                     "#363d45",
                     "#14171b",
                     {"#c8c8c8", "#ff8a3d", "#5ab4f0", "#2ecc9a", "#ec9fc8", "#d9cc3c", "#d29a5b", "#b79be6"},
                     {"#6f93b5", "#5aaee8", "#b4dcff", "#35c4dc", "#9a9cf5", "#ff8a3d", "#e6b93c", "#d08a5e", "#ff6b5b",
                      "#ec9fc8", "#d9cc3c", "#9c9c9c", "#d0d0d0", "#828282", "#efefef", "#b3aea2"}};

constexpr const char* kShapes =
    ".plot text{fill:currentColor}\n"
    ".plot .rule{stroke-width:1;fill:none}\n"
    ".plot .axis{stroke-width:1.2;fill:none}\n"
    ".plot .curve{fill:none;stroke:currentColor;stroke-width:1.8;stroke-linejoin:round;stroke-linecap:round}\n"
    ".plot .thin{stroke-width:1;stroke-opacity:.45}\n"
    ".plot .dot{fill:none;stroke:currentColor;stroke-width:6;stroke-linecap:round}\n"
    ".plot .cross{fill:none;stroke:currentColor;stroke-width:2.4;stroke-linecap:round}\n"
    ".plot .band,.plot .zone{fill:currentColor;fill-opacity:.16}\n"
    ".plot .bar{fill:currentColor}\n"
    ".plot .ref{fill:none;stroke:currentColor;stroke-width:1.3;stroke-dasharray:2 3}\n"
    ".plot .lead{fill:none;stroke:currentColor;stroke-width:.8;stroke-opacity:.6}\n"
    ".plot .d1 .curve{stroke-dasharray:6 4}.plot .d2 .curve{stroke-dasharray:2 4}\n"
    ".plot .head{font-size:15px;font-weight:600}\n"
    ".plot .beside{paint-order:stroke;stroke-width:3}\n";

// Calls f(name, colour), with the names of colour_name().
template <class P, class Function>
void for_each_colour(P& paint, Function&& f) {
    for (std::size_t i = 0; i < palette_size(); ++i) f(colour_name(i), paint.palette[i]);
    for (std::size_t i = 0; i < family_size(); ++i) f(colour_name(family_colour(i)), paint.families[i]);
}

std::string colours(const Paint& paint) {
    std::string css = ".plot{color:" + paint.text + "}.plot .faint{color:" + paint.faint +
                      "}.plot .rule{stroke:" + paint.rule + "}.plot .axis{stroke:" + paint.faint +
                      "}.plot .page{fill:" + paint.page + "}.plot .beside{stroke:" + paint.page + "}\n";
    for_each_colour(paint, [&](const std::string& name, const std::string& colour) {
        css += ".plot ." + name + "{color:" + colour + "}";
    });
    return css + "\n";
}

std::string variables(const Paint& paint) {
    std::string css = ":root{";
    for_each_colour(
        paint, [&](const std::string& name, const std::string& colour) { css += "--" + name + ":" + colour + ";"; });
    return css + "}";
}

std::string font() { return "px Helvetica,Arial,\"DejaVu Sans\",sans-serif"; }

constexpr const char* kWhenDark = "@media screen and (prefers-color-scheme:dark){";

}  // namespace

// Plain colours, not variables: programs that draw files without a browser know no var().
std::string document_style() {
    return ".plot{font:" + std::to_string(static_cast<int>(kFontSize)) + font() + "}\n" + kShapes + colours(kLight) +
           kWhenDark + "\n" + colours(kDark) + "}\n";
}

std::string plot_style() {
    Paint of_page = {"var(--text)", "var(--soft)", "var(--line)", "var(--page)", {}, {}};
    for_each_colour(of_page, [](const std::string& name, std::string& colour) { colour = "var(--" + name + ")"; });
    std::string buttons;  // of the page's script
    for_each_colour(of_page, [&](const std::string& name, const std::string& colour) {
        buttons += ".chip." + name + ",.live span." + name + "{color:" + colour + "}";
    });
    return variables(kLight) + "\n" + kWhenDark + variables(kDark) +
           "}\n.plot{font-size:" + std::to_string(static_cast<int>(kFontSize)) + "px}\n" + kShapes + colours(of_page) +
           buttons;
}

std::string page_style() { return kReportStyle + plot_style(); }

}  // namespace cyclone::report
