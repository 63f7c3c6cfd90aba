// The style sheets of plots: shapes once, colours for light and dark.

#include "report/svg_style.h"

#include <cyclone/report/svg.h>

#include <array>
#include <string>

#include "report/svg_text.h"

namespace cyclone::report {
namespace {

struct Paint {
    std::string text, faint, rule, page;
    std::array<std::string, palette_size()> palette;
};

// After Okabe and Ito, "Color Universal Design" (2008), with darker yellow and further tones: apart for the
// colour-blind, and in contrast to the page.
const Paint kLight = {"#1d2126",
                      "#5b646e",
                      "#d8dde2",
                      "#fff",
                      {"#444", "#d55e00", "#0072b2", "#009e73", "#c2578f", "#7a6f00", "#8c510a", "#6a3d9a"}};
const Paint kDark = {"#e4e8ec",
                     "#a0a9b3",
                     "#363d45",
                     "#14171b",
                     {"#c8c8c8", "#ff8a3d", "#5ab4f0", "#2ecc9a", "#ec9fc8", "#d9cc3c", "#d29a5b", "#b79be6"}};

constexpr const char* kShapes =
    ".plot text{fill:currentColor}\n"
    ".plot .rule{stroke-width:1;fill:none}\n"
    ".plot .axis{stroke-width:1.2;fill:none}\n"
    ".plot .curve{fill:none;stroke:currentColor;stroke-width:1.8;stroke-linejoin:round;stroke-linecap:round}\n"
    ".plot .dot{fill:none;stroke:currentColor;stroke-width:6;stroke-linecap:round}\n"
    ".plot .cross{fill:none;stroke:currentColor;stroke-width:2.4;stroke-linecap:round}\n"
    ".plot .band,.plot .zone{fill:currentColor;fill-opacity:.16}\n"
    ".plot .bar{fill:currentColor}\n"
    ".plot .ref{fill:none;stroke:currentColor;stroke-width:1.3;stroke-dasharray:2 3}\n"
    ".plot .lead{fill:none;stroke:currentColor;stroke-width:.8;stroke-opacity:.6}\n"
    ".plot .d1 .curve{stroke-dasharray:6 4}.plot .d2 .curve{stroke-dasharray:2 4}\n"
    ".plot .head{font-size:15px;font-weight:600}\n"
    ".plot .beside{paint-order:stroke;stroke-width:3}\n";

std::string colours(const Paint& paint) {
    std::string css = ".plot{color:" + paint.text + "}.plot .faint{color:" + paint.faint +
                      "}.plot .rule{stroke:" + paint.rule + "}.plot .axis{stroke:" + paint.faint +
                      "}.plot .page{fill:" + paint.page + "}.plot .beside{stroke:" + paint.page + "}\n";
    for (std::size_t i = 0; i < palette_size(); ++i)
        css += ".plot .c" + std::to_string(i) + "{color:" + paint.palette[i] + "}";
    return css + "\n";
}

std::string variables(const Paint& paint) {
    std::string css = ":root{";
    for (std::size_t i = 0; i < palette_size(); ++i) css += "--c" + std::to_string(i) + ":" + paint.palette[i] + ";";
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
    Paint of_page = {"var(--text)", "var(--soft)", "var(--line)", "var(--page)", {}};
    for (std::size_t i = 0; i < palette_size(); ++i) of_page.palette[i] = "var(--c" + std::to_string(i) + ")";
    return variables(kLight) + "\n" + kWhenDark + variables(kDark) +
           "}\n.plot{font-size:" + std::to_string(static_cast<int>(kFontSize)) + "px}\n" + kShapes + colours(of_page);
}

}  // namespace cyclone::report
