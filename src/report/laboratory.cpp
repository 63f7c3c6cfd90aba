// A finding of the laboratory as text, picture and page.
#include <cyclone/report/laboratory.h>

#include <cyclone/base/number_text.h>
#include <cyclone/base/text_width.h>
#include <cyclone/io/atomic_file.h>

#include <algorithm>
#include <cmath>
#include <ostream>
#include <sstream>
#include <utility>

#include "report/html.h"
#include "report/page_data.h"
#include "report/report_page.h"
#include "report/svg_marks.h"
#include "report/text_picture.h"

namespace cyclone::report {
namespace {

constexpr int kWidth = 820;  // pixels

std::size_t colour_of(const lab::PictureMark& mark) {
    // The first tone of each family, and how many it has.
    struct Tones {
        std::size_t first, count;
    };
    const auto tone = static_cast<std::size_t>(std::max(0, mark.tone));
    const auto dashes = static_cast<std::size_t>(std::max(0, mark.dashes));
    const auto of = [&](Tones tones) {
        return family_colour(tones.first + tone % tones.count) + dashes * family_size();
    };
    switch (mark.hue) {
        case lab::Hue::constant:
            return of({0, 5});
        case lab::Hue::cycle:
            return of({5, 6});
        case lab::Hue::decay:
            return of({11, 5});
        case lab::Hue::other:
            break;
    }
    return tone % palette_size() + dashes * palette_size();
}

Mark::Kind kind_of(lab::MarkKind kind) {
    switch (kind) {
        case lab::MarkKind::line:
            return Mark::line;
        case lab::MarkKind::line_with_dots:
            return Mark::line_with_dots;
        case lab::MarkKind::dots:
            return Mark::dots;
        case lab::MarkKind::crosses:
            return Mark::crosses;
        case lab::MarkKind::band:
            return Mark::band;
        case lab::MarkKind::reference:
            break;
    }
    return Mark::reference;
}

Axis axis_of(const lab::PictureAxis& axis) {
    Axis out{.label = axis.label, .scale = axis.logarithmic ? Scale::logarithmic : Scale::linear};
    if (std::isfinite(axis.low)) out.low = axis.low;
    if (std::isfinite(axis.high)) out.high = axis.high;
    return out;
}

// The lines of a paragraph.
std::string wrapped_text(const std::string& text, std::size_t width) {
    std::istringstream words(text);
    std::string out, line;
    for (std::string word; words >> word;) {
        if (!line.empty() && display_width(line) + 1 + display_width(word) >= width) {
            out += line + "\n";
            line.clear();
        }
        line += (line.empty() ? "" : " ") + word;
    }
    return out + line + "\n";
}

Table row_table(const lab::Finding& finding) {
    Table table{.header = finding.header};
    for (const lab::FindingRow& row : finding.rows) {
        auto& cells = table.rows.emplace_back();
        cells.emplace_back(row.name);
        for (const double value : row.values) cells.push_back(Cell::significant(value));
        while (cells.size() < table.header.size()) cells.emplace_back("");
    }
    return table;
}

std::string claimed(const lab::Quantity& q) {
    const bool least = std::isfinite(q.at_least), most = std::isfinite(q.at_most);
    const auto text = [](double value) { return number_text::significant(value); };
    if (least && most) return text(q.at_least) + " to " + text(q.at_most);
    return least ? ">= " + text(q.at_least) : most ? "<= " + text(q.at_most) : "";
}

std::string seeds_text(const lab::Finding& finding) {
    const auto& seeds = finding.seeds;
    return std::to_string(seeds.size()) + (seeds.size() == 1 ? " seed, " : " seeds, ") + std::to_string(seeds.front()) +
           (seeds.size() == 1 ? "" : " to " + std::to_string(seeds.back()));
}

bool has_unnamed(const lab::Finding& finding, lab::MarkKind kind) {
    for (const lab::PicturePanel& panel : finding.panels)
        for (const lab::PictureMark& mark : panel.marks)
            if (mark.kind == kind && mark.name.empty()) return true;
    return false;
}

// What to look at, and what stands for the seeds. Characters show no shades.
std::string look_of(const lab::Finding& finding, bool with_shades = true) {
    std::string text = finding.look;
    if (with_shades && has_unnamed(finding, lab::MarkKind::band))
        text += " The shade around a line reaches from the lowest to the highest seed.";
    if (has_unnamed(finding, lab::MarkKind::dots)) text += " The dots around a line are its seeds.";
    return text;
}

// Whether one cursor can go over all panels: they share the x axis, and every line goes from left to right.
bool has_common_cursor(const Plot& plot) {
    bool any = false;
    for (const Panel& panel : plot.panels)
        for (const Mark& mark : panel.marks) {
            if (!is_line(mark) || mark.name.empty()) continue;
            any = true;
            if (!std::is_sorted(mark.x.begin(), mark.x.end())) return false;
        }
    return any && (plot.shared_x || plot.panels.size() == 1);
}

// Wide and narrow, and where it can be the numbers for the script that draws it again with a cursor.
std::string picture(const lab::Finding& finding) {
    const Plot wide = picture_of(finding);
    Plot narrow = wide;
    narrow.width = kNarrow;
    std::string html;
    for (const auto& [plot, css] : {std::pair{&wide, "broad"}, {&narrow, "narrow"}})
        html += element("figure class=\"" + std::string(css) + "\"",
                        svg_element(*plot) + text_element("figcaption", plot->caption)) +
                "\n";
    return has_common_cursor(wide) ? plot_to_touch(html) : html;
}

std::string script(const lab::Finding& finding) {
    const Plot plot = picture_of(finding);
    return has_common_cursor(plot) ? page_data(plot) + page_script() : "";
}

std::string page(const lab::Finding& finding) {
    const std::string answer = "Answer: " + std::string(name_of(finding.answer));
    std::string body = text_element("h1", finding.title) + "\n" +
                       text_element("p class=\"result\"", "Claim: " + finding.claim) + "\n" +
                       text_element("p", finding.words) + "\n" + picture(finding);
    body += report_section("numbers", answer, report_table(quantity_table(finding)) + report_table(row_table(finding)));
    body +=
        report_section("setting", "What was run",
                       text_element("p", finding.setting) + "\n" +
                           text_element("p class=\"soft\"", seeds_text(finding) + "; " +
                                                                number_text::significant(finding.seconds, 2) + " s") +
                           "\n" + report_note("Not shown: " + finding.not_shown));
    body += report_section("where", "Where", report_provenance({finding.provenance}));
    return report_page("Laboratory: " + finding.name, body + script(finding));
}

}  // namespace

Plot picture_of(const lab::Finding& finding) {
    Plot plot{.title = finding.title, .caption = look_of(finding), .shared_x = finding.shared_x, .width = kWidth};
    for (const lab::PicturePanel& panel : finding.panels) {
        Panel& out =
            plot.panels.emplace_back(Panel{.x = axis_of(panel.x), .y = axis_of(panel.y), .height = panel.height});
        for (const lab::PictureMark& mark : panel.marks)
            out.marks.push_back({.kind = kind_of(mark.kind),
                                 .name = mark.name,
                                 .x = mark.x,
                                 .y = mark.y,
                                 .high = mark.high,
                                 .colour = colour_of(mark),
                                 .thin = mark.thin});
    }
    return plot;
}

Table quantity_table(const lab::Finding& finding) {
    Table table{.note =
                    "Means over the seeds (of ratios geometric ones), and their intervals at 95 %, of the numbers that "
                    "are claimed all at once.",
                .header = {"number", "mean", "interval", "claimed", "answer"}};
    for (const lab::Quantity& q : finding.quantities) {
        const std::string low = number_text::significant(q.low), high = number_text::significant(q.high);
        table.rows.push_back({q.name, Cell::significant(q.mean),
                              std::isnan(q.low) ? "n/a" : "[" + low + ", " + high + "]", claimed(q),
                              q.is_claimed() ? std::string(name_of(q.answer)) : ""});
    }
    return table;
}

void print(std::ostream& out, const lab::Finding& finding, std::size_t width, bool in_colour) {
    const auto say = [&](const std::string& text) { out << wrapped_text(text, width); };
    say(finding.title);
    out << '\n';
    say("Claim: " + finding.claim);
    out << '\n';
    print_plot(out, picture_of(finding), width, in_colour);
    out << '\n';
    say(look_of(finding, false));
    out << '\n';
    print(out, row_table(finding), width);
    out << '\n';
    print(out, quantity_table(finding), width);
    out << '\n';
    say(finding.words);
    out << '\n';
    say("Run: " + finding.setting);
    say("Not shown: " + finding.not_shown);
    say(seeds_text(finding) + "; " + number_text::significant(finding.seconds, 2) + " s");
}

void write(const std::filesystem::path& folder, const lab::Finding& finding) {
    std::error_code ignored;  // if the folder cannot be made, the file cannot be written, which is said
    std::filesystem::create_directories(folder, ignored);
    io::write_file_atomically(folder / "result.json", io::to_json(finding));
    write_svg(folder / "picture.svg", picture_of(finding));
    io::write_file_atomically(folder / "page.html", page(finding));
}

}  // namespace cyclone::report
