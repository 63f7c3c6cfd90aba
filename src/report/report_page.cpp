#include "report/report_page.h"

#include "report/html.h"
#include "report/report_style.h"

namespace cyclone::report {

std::string report_page(const std::string& title, const std::string& body) {
    return "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
           "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n" +
           text_element("title", title) + "\n<style>" + kReportStyle + plot_style() +
           "</style>\n</head>\n<body>\n<main>\n" + body + "</main>\n</body>\n</html>\n";
}

std::string report_section(const std::string& id, const std::string& title, const std::string& html) {
    if (html.empty()) return {};
    return "<section id=\"" + id + "\">\n" + text_element("h2", title) + "\n" + html + "</section>\n";
}

std::string report_note(const std::string& text) { return text_element("p class=\"note\"", text) + "\n"; }

std::string line_key(std::size_t line) {
    return "<span class=\"key" + std::string(line >= palette_size() ? " dashed" : "") + "\" style=\"color:var(--c" +
           std::to_string(line % palette_size()) + ")\"></span>";
}

std::string report_legend(const std::vector<std::string>& names) {
    std::string html = "<ul class=\"legend\">";
    for (std::size_t i = 0; i < names.size(); ++i) html += element("li", line_key(i) + html_escaped(names[i]));
    return html + "</ul>\n";
}

std::string report_pictures(const std::vector<Plot>& plots, const std::vector<std::string>& names) {
    std::string pictures;
    for (const Plot& plot : plots)
        if (!plot.panels[0].marks.empty())
            pictures += "<figure>" + text_element("h3", plot.title) + "\n" + svg_element(plot) +
                        text_element("figcaption", plot.caption) + "</figure>\n";
    if (pictures.empty()) return {};
    return report_legend(names) + "<div class=\"grid\">\n" + pictures + "</div>\n";
}

std::string report_words(const Words& more) {
    Words words = more;
    const Words metrics = {
        {"AUC",
         "Area under the ROC curve: the share of pairs of a positive and a negative that are ranked rightly. "
         ".5 is guessing; it does not depend on how rare the positives are."},
        {"AP",
         "Average precision, the area under the precision-recall curve in steps. Guessing gives the share of "
         "positives."},
        {"precision", "Of those called positive, the share that is. It depends on how rare the positives are."},
        {"recall", "Of the positives, the share that was found."},
        {"F1", "Harmonic mean of precision and recall."},
        {"MCC", "Matthews' correlation of label and decision, -1 to 1; 0 is guessing."},
        {"Brier, log loss", "How far the probabilities are from the labels: squared, and in nats. Lower is better."},
        {"ECE", "Expected calibration error: the mean distance from the dotted line of the reliability plot."},
        {"n/a", "Not defined here, for example an AUC without positives."}};
    words.insert(words.end(), metrics.begin(), metrics.end());
    std::string html = "<dl>\n";
    for (const auto& [word, meaning] : words) html += text_element("dt", word) + text_element("dd", meaning) + "\n";
    return report_section("words", "Words", fold_out("What the columns mean", html + "</dl>\n"));
}

}  // namespace cyclone::report
