#include "report/report_plot.h"

#include <cyclone/base/error.h>

#include <cstdio>
#include <cstdlib>
#include <locale>
#include <sstream>
#include <utility>

#include "report/gnuplot.h"
#include "report/html.h"

namespace cyclone::report {
namespace {

std::string header(const Plot& plot) {
    return "set terminal svg size 480," + std::to_string(plot.height) +
           " font 'sans-serif,14' noenhanced\nset grid\nset border 3\nset tics nomirror\nunset key\nset samples 2\n"
           "set xlabel " +
           gnuplot_quoted(plot.x_label) + "\nset ylabel " + gnuplot_quoted(plot.y_label) + " noenhanced\n" +
           plot.settings;
}

// Points that are not numbers (or not drawable on a logarithmic axis) are left out by gnuplot: NaN is its own word.
std::string script(const Plot& plot) {
    std::ostringstream out;
    out.imbue(std::locale::classic());
    out.precision(6);
    out << header(plot);
    for (std::size_t l = 0; l < plot.lines.size(); ++l) {
        const Band& band = plot.lines[l].band;
        out << "$line" << l << " << EOD\n";
        for (std::size_t i = 0; i < band.x.size(); ++i)
            out << band.x[i] << ' ' << band.mean[i] << ' ' << band.low[i] << ' ' << band.high[i] << '\n';
        out << "EOD\n";
    }
    out << "plot " << plot.first;
    const char* separator = plot.first.empty() ? "" : ", ";
    for (std::size_t l = 0; l < plot.lines.size(); ++l) {
        if (plot.lines[l].band.curves < 2) continue;
        out << separator << "$line" << l << " using 1:3:4 with filledcurves fs transparent solid 0.13 noborder lc rgb '"
            << plot_colour(plot.lines[l].schedule) << "'";
        separator = ", ";
    }
    for (std::size_t l = 0; l < plot.lines.size(); ++l) {
        const std::size_t schedule = plot.lines[l].schedule;
        out << separator << "$line" << l << " using 1:2 with " << plot.lines[l].style << " lw 1.8 pt 7 ps 0.5 dt "
            << plot_dash(schedule) << " lc rgb '" << plot_colour(schedule) << "'";
        separator = ", ";
    }
    out << '\n';
    return out.str();
}

// "#d55e00" the way gnuplot writes it: "rgb(213,  94,   0)".
std::string as_rgb(const char* hex) {
    const long value = std::strtol(hex + 1, nullptr, 16);
    char text[32];
    std::snprintf(text, sizeof text, "rgb(%3ld, %3ld, %3ld)", value >> 16, (value >> 8) & 255, value & 255);
    return text;
}

// gnuplot never sees what a user typed: names reach a picture only here.
std::string with_names(const std::string& svg, const std::vector<std::string>& names) {
    std::string out;
    std::size_t begin = 0;
    for (std::size_t at = svg.find('@'); at != std::string::npos; at = svg.find('@', begin)) {
        const std::size_t end = svg.find('@', at + 1);
        if (end == std::string::npos) break;
        const std::size_t schedule = std::stoul(svg.substr(at + 1, end - at - 1));
        out += svg.substr(begin, at - begin) + html_escaped(names.at(schedule));
        begin = end + 1;
    }
    return out + svg.substr(begin);
}

// What a browser shows over a line: its schedule. Shades come before lines, see script().
void name_the_lines(std::string& svg, const Plot& plot) {
    std::vector<std::string> titles;
    if (!plot.first.empty()) titles.emplace_back("reference");
    for (const PlotLine& line : plot.lines)
        if (line.band.curves > 1) titles.push_back("@" + std::to_string(line.schedule) + "@");
    for (const PlotLine& line : plot.lines) titles.push_back("@" + std::to_string(line.schedule) + "@");
    std::size_t at = 0;
    for (const std::string& title : titles) {
        at = svg.find("<title>", at);
        const std::size_t end = svg.find("</title>", at);
        if (end == std::string::npos) return;
        svg.replace(at + 7, end - at - 7, title);
        at += 7;
    }
}

std::string inline_svg(const std::string& document, const Plot& plot, const std::vector<std::string>& names) {
    const std::size_t box = document.find("viewBox="), size_end = document.find('\n', box);
    const std::size_t defs_end = document.find("</defs>");
    check(box != std::string::npos && defs_end != std::string::npos, plot.title, "gnuplot drew no SVG");
    std::string svg = document.substr(defs_end + 7, document.rfind("</g>") - (defs_end + 7));
    // In the page one marker stands for all pictures, and colours come from its style sheet.
    for (const char* attribute :
         {" color=\"black\"", " color=\"white\"", " color=\"gray\"", " stroke='gray'", " font-family=\"sans-serif\""})
        replace_all(svg, attribute, "");
    for (const char* black : {"'black'", "\"black\"", "'rgb(  0,   0,   0)'"})
        replace_all(svg, black, "\"currentColor\"");
    for (std::size_t c = 0; c < kColours.size(); ++c)
        replace_all(svg, as_rgb(kColours[c].light), "var(--c" + std::to_string(c) + ")");
    replace_all(svg, "xlink:href='#gpPt6'", "href=\"#dot\"");
    for (std::size_t at = svg.find("<g id=\""); at != std::string::npos; at = svg.find("<g id=\"", at))
        svg.erase(at + 2, svg.find('"', at + 7) + 2 - (at + 2));
    svg = compact_svg(std::move(svg));
    name_the_lines(svg, plot);
    return "<svg " + document.substr(box, size_end - box) + " role=\"img\" aria-label=\"" + html_escaped(plot.title) +
           "\">\n" + with_names(svg, names) + "</svg>\n";
}

}  // namespace

std::vector<Figure> draw_plots(const std::vector<Plot>& plots, const std::vector<std::string>& schedule_names) {
    std::vector<const Plot*> drawn;
    std::vector<std::string> scripts;
    for (const Plot& plot : plots) {
        if (plot.lines.empty()) continue;
        drawn.push_back(&plot);
        scripts.push_back(script(plot));
    }
    const std::vector<std::string> documents = gnuplot_outputs(scripts);
    std::vector<Figure> figures;
    for (std::size_t i = 0; i < drawn.size(); ++i)
        figures.push_back({drawn[i]->title, drawn[i]->caption, inline_svg(documents[i], *drawn[i], schedule_names)});
    return figures;
}

}  // namespace cyclone::report
