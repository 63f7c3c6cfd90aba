// The parts that all report pages share.
#include "report/report_page.h"

#include <cyclone/base/number_text.h>
#include <cyclone/report/glossary.h>

#include <numeric>

#include "report/html.h"
#include "report/svg_text.h"

namespace cyclone::report {

std::string report_page(const std::string& title, const std::string& body, int refresh_seconds) {
    return "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
           "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n" +
           (refresh_seconds > 0 ? "<meta http-equiv=\"refresh\" content=\"" + std::to_string(refresh_seconds) + "\">\n"
                                : "") +
           text_element("title", title) + "\n<style>" + page_style() + "</style>\n</head>\n<body>\n<main>\n" + body +
           "</main>\n</body>\n</html>\n";
}

std::string report_section(const std::string& id, const std::string& title, const std::string& html) {
    if (html.empty()) return {};
    return "<section id=\"" + id + "\">\n" + text_element("h2", title) + "\n" + html + "</section>\n";
}

std::string report_note(const std::string& text) { return text_element("p class=\"note\"", text) + "\n"; }

std::string line_key(std::size_t colour) {
    return "<span class=\"key" + std::string(dashes_of(colour) > 0 ? " dashed" : "") + "\" style=\"color:var(--" +
           colour_name(colour) + ")\"></span>";
}

std::string report_legend(const std::vector<std::string>& names, const std::vector<std::size_t>& colours) {
    std::string html = "<ul class=\"legend\">";
    for (std::size_t i = 0; i < names.size(); ++i)
        html += element("li", line_key(colours.empty() ? i : colours[i]) + html_escaped(names[i]));
    return html + "</ul>\n";
}

std::string report_pictures(const std::vector<Plot>& plots, const std::vector<std::string>& names,
                            const std::vector<std::size_t>& colours) {
    std::string pictures;
    for (const Plot& plot : plots)
        if (!plot.panels[0].marks.empty()) pictures += report_figure(plot);
    if (pictures.empty()) return {};
    return report_legend(names, colours) + "<div class=\"grid\">\n" + pictures + "</div>\n";
}

std::string report_figure(const Plot& plot, const std::string& css) {
    return "<figure" + (css.empty() ? "" : " class=\"" + css + "\"") + ">" + text_element("h3", plot.title) + "\n" +
           svg_element(plot) + (plot.caption.empty() ? "" : text_element("figcaption", plot.caption)) + "</figure>\n";
}

std::string report_table(const Table& table) {
    if (table.rows.empty()) return {};
    std::vector<std::string> header;
    for (const std::string& cell : table.header) header.push_back(html_escaped(cell));
    std::vector<std::vector<std::string>> rows;
    for (const auto& cells : table.rows) {
        auto& row = rows.emplace_back();
        for (const Cell& cell : cells) row.push_back(html_escaped(cell.text("\xC2\xB1")));
        if (!table.colours.empty()) row.front() = line_key(table.colours[rows.size() - 1]) + row.front();
    }
    return (table.title.empty() ? "" : text_element("h3", table.title) + "\n") +
           (table.note.empty() ? "" : text_element("p class=\"soft\"", table.note) + "\n") +
           html_table("wide", header, rows);
}

std::string confusion_table(const std::vector<std::string>& are, const std::vector<std::string>& called,
                            const std::vector<std::vector<std::int64_t>>& counts) {
    std::string html = "<div class=\"scroll\"><table class=\"confusion\"><thead><tr><th></th>";
    for (const std::string& name : called) html += text_element("th scope=\"col\"", name);
    html += "</tr></thead>\n<tbody>\n";
    for (std::size_t row = 0; row < are.size(); ++row) {
        const auto of = static_cast<double>(std::accumulate(counts[row].begin(), counts[row].end(), std::int64_t{0}));
        html += "<tr>" + text_element("th scope=\"row\"", are[row]);
        for (const std::int64_t count : counts[row]) {
            const double fraction = of > 0 ? static_cast<double>(count) / of : 0;
            html += "<td style=\"background:rgba(var(--hit), " + number_text::number(0.45 * fraction, 2) + ")\"><b>" +
                    std::to_string(count) + "</b>" + (of > 0 ? number_text::number(100 * fraction, 1) + " %" : "n/a") +
                    "</td>";
        }
        html += "</tr>\n";
    }
    return html + "</tbody></table></div>\n";
}

std::string glossary_html() {
    std::string html;
    for (const GlossaryPart& part : glossary()) {
        html += text_element("h3", part.title) + "\n<dl>\n";
        for (const GlossaryEntry& entry : part.entries)
            html += text_element("dt", entry.word) + text_element("dd", entry.meaning) + "\n";
        html += "</dl>\n";
    }
    return html;
}

std::string report_glossary() {
    return report_section("glossary", "Glossary",
                          text_element("p", "What the words and the columns mean.") + "\n" + glossary_html());
}

std::string report_facts(const TextPairs& facts) {
    std::vector<std::vector<std::string>> rows;
    for (const auto& [name, value] : facts)
        if (!value.empty())
            rows.push_back({html_escaped(name), name == "command" ? text_element("code", value) : html_escaped(value)});
    return rows.empty() ? "" : html_table("facts", {}, rows);
}

std::string report_provenance(const std::vector<lab::Provenance>& list) {
    std::string html;
    for (const lab::Provenance& provenance : list) {
        TextPairs facts = provenance.facts();
        for (auto& [name, value] : facts)
            if (name == "version") name = "Cyclone";
        html += report_facts(facts);
    }
    return html.empty() ? "" : text_element("h3", "Computed with") + "\n" + html;
}

}  // namespace cyclone::report
