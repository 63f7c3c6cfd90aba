// The first screen of a comparison's page.
#include "report/overview.h"

#include <cyclone/analysis/conclusion.h>
#include <cyclone/base/number_text.h>
#include <cyclone/report/svg.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "report/colours.h"
#include "report/comparison_figures.h"
#include "report/html.h"
#include "report/report_page.h"
#include "report/report_plot.h"
#include "report/svg_path.h"
#include "report/svg_scale.h"
#include "report/svg_text.h"

namespace cyclone::report {
namespace {

using analysis::BaselineDifference;
using analysis::Configuration;
using analysis::Results;
using number_text::significant;

constexpr double kHeight = 34, kMiddle = kHeight / 2;  // of a row's pictures, pixels
constexpr double kRateWidth = 130, kBudgetWidth = 110, kDotsWidth = 220, kIntervalWidth = 170;

std::string svg(double width, const std::string& css, const std::string& what, const std::string& shapes) {
    return "<svg class=\"plot " + css + "\" width=\"" + coordinate(width) + "\" height=\"" + coordinate(kHeight) +
           "\" viewBox=\"0 0 " + coordinate(width) + " " + coordinate(kHeight) + "\" role=\"img\" aria-label=\"" +
           html_escaped(what) + "\">" + shapes + "</svg>";
}

std::string path(const std::string& css, const std::string& data) {
    return data.empty() ? "" : "<path class=\"" + css + "\" d=\"" + data + "\"/>";
}

std::string line(const std::string& css, double x1, double y1, double x2, double y2) {
    return path(css, "M" + coordinate(x1) + " " + coordinate(y1) + "L" + coordinate(x2) + " " + coordinate(y2));
}

class Overview {
public:
    explicit Overview(const Results& results)
        : results_(results), colours_(colours_of(results)), auc_axis_{.scale = Scale::near_one} {
        std::vector<double> half_widths;
        for (const Configuration& c : results.configurations) {
            largest_budget_ = std::max(largest_budget_, c.sum_lr);
            for (const double auc : c.test["auc"].runs) include(auc_, {shown_auc(results, auc)}, auc_axis_);
        }
        for (const BaselineDifference& d : results.statistics.differences)
            if (std::isfinite(d.auc.low)) half_widths.push_back(std::max(std::abs(d.auc.low), std::abs(d.auc.high)));
        auc_ = shown_range(auc_axis_, auc_, 0.06);
        // Half of the intervals fit, and the band of equivalence never fills the picture.
        std::sort(half_widths.begin(), half_widths.end());
        reach_ = 3 * results.statistics.alike_within;
        if (!half_widths.empty()) reach_ = std::max(reach_, 1.15 * half_widths[half_widths.size() / 2]);
        highest_rate_ = highest_shown(results, &analysis::Curves::learning_rate).value_or(1) / 1.2;
    }

    std::string html() const {
        std::vector<std::size_t> order(results_.configurations.size());
        std::iota(order.begin(), order.end(), 0);
        const auto auc = [&](std::size_t c) {
            const double mean = results_.configurations[c].test["auc"].value().mean;
            return std::isnan(mean) ? -1 : mean;
        };
        std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return auc(a) > auc(b); });
        std::string rows;
        for (const std::size_t c : order) rows += row(c);
        return "<table class=\"overview\" role=\"table\">\n<thead>" + head() + "</thead>\n<tbody>\n" + rows +
               "</tbody></table>\n";
    }

private:
    std::string head() const {
        const std::string against = results_.statistics.baseline;
        std::string html = "<tr role=\"row\">";
        for (const std::string& title :
             {std::string("schedule"), std::string("learning rate"), std::string("budget (sum of rates)"),
              std::string("AUC, a dot per run"),
              against.empty() ? "" : "against " + (one_baseline() ? against : "its baseline"), std::string("verdict")})
            html += text_element("th scope=\"col\" role=\"columnheader\"", title);
        return html + "</tr>\n";
    }

    bool one_baseline() const {
        const auto& all = results_.statistics.differences;
        return std::all_of(all.begin(), all.end(),
                           [&](const BaselineDifference& d) { return d.baseline == results_.statistics.baseline; });
    }

    std::string row(std::size_t place) const {
        const Configuration& c = results_.configurations[place];
        const std::string colour = colour_class(colours_[place]);
        const BaselineDifference* difference = nullptr;
        for (const BaselineDifference& d : results_.statistics.differences)
            if (d.schedule == c.name) difference = &d;
        const auto cell = [](const char* css, const std::string& html) {
            return element("td role=\"cell\" class=\"" + std::string(css) + "\"", html);
        };
        return "<tr role=\"row\">" +
               element("th scope=\"row\" role=\"rowheader\"", line_key(colours_[place]) + html_escaped(c.name)) +
               cell("rate", rate(c, colour)) + cell("budget", budget(c, colour)) + cell("dots", dots(c, colour)) +
               cell("interval", difference ? interval(*difference, colour) : "") +
               cell("verdict", html_escaped(verdict(c, difference))) + "</tr>\n";
    }

    std::string rate(const Configuration& c, const std::string& colour) const {
        std::vector<double> x = c.curves.learning_rate.x, y = c.curves.learning_rate.mean;
        double last = x.empty() ? 0 : x.back();
        std::string cross;
        for (const Configuration& other : results_.configurations)
            if (!other.curves.learning_rate.x.empty()) last = std::max(last, other.curves.learning_rate.x.back());
        if (x.empty() && !c.curves.diverged.empty())
            x = c.curves.diverged.front().update, y = c.curves.diverged.front().learning_rate;
        if (x.empty() || y.empty()) return "";
        const double bottom = kHeight - 2;
        const Box box{1, 2, kRateWidth - 1, bottom};
        std::vector<Point> points, floor;
        for (std::size_t i = 0; i < x.size(); ++i) {
            const double at = box.left + (box.right - box.left) * x[i] / std::max(last, 1.0);
            const double height = std::min(1.0, y[i] / highest_rate_) * (bottom - box.top);
            points.push_back({at, bottom - height});
            floor.push_back({at, bottom});
        }
        if (c.seeds.empty()) {
            const Point end = points.back();
            cross = path("cross",
                         "M" + coordinate(end.x - 4) + " " + coordinate(std::max(end.y, 6.0) - 4) + "l8 8m-8 0l8-8");
        }
        return svg(kRateWidth, "spark", "rate from " + significant(y.front()) + " to " + significant(y.back()),
                   line("axis", box.left, bottom, box.right, bottom) + "<g class=\"" + colour + "\">" +
                       path("band", band_path(points, floor, box)) + path("curve", line_path(points, box)) + cross +
                       "</g>");
    }

    std::string budget(const Configuration& c, const std::string& colour) const {
        if (c.seeds.empty()) return "-";
        const double width = largest_budget_ > 0 ? (kBudgetWidth - 46) * c.sum_lr / largest_budget_ : 0;
        return svg(kBudgetWidth, "spark", "budget " + significant(c.sum_lr),
                   "<g class=\"" + colour + "\">" + path("bar", box_path({0, 9, std::max(width, 0.5), kHeight - 9})) +
                       "</g>" + text_at(width + 5, kMiddle + 4.5, significant(c.sum_lr)));
    }

    std::string dots(const Configuration& c, const std::string& colour) const {
        const auto& runs = c.test["auc"].runs;
        const PixelScale place(auc_axis_, auc_, 4, kDotsWidth - 4);
        std::vector<Point> points;
        std::string text = "AUC ", rules;
        for (const double auc : runs) {
            points.push_back({place(shown_auc(results_, auc)), kMiddle - 4});
            text += (points.size() > 1 ? ", " : "") + number_text::number(auc, 4);
        }
        std::string labels;
        for (const Tick& tick : ticks(auc_axis_, auc_, kDotsWidth - 8, false)) {
            rules += line("rule", place(tick.value), 0, place(tick.value), kHeight - 11);
            labels += text_at(place(tick.value), kHeight - 1, tick.label, " class=\"faint tiny\"");
        }
        return svg(kDotsWidth, "spark", text,
                   rules + "<g text-anchor=\"middle\">" + labels + "</g><g class=\"" + colour + "\">" +
                       path("dot", dots_path(points, {0, 0, kDotsWidth, kHeight})) + "</g>");
    }

    std::string interval(const BaselineDifference& d, const std::string& colour) const {
        const double mean = d.auc.paired.difference.mean, alike = results_.statistics.alike_within;
        if (std::isnan(mean)) return "";
        const double centre = kIntervalWidth / 2, scale = (centre - 6) / reach_;
        const auto x = [&](double value) { return centre + scale * value; };
        const auto held = [&](double value) { return std::clamp(x(value), 2.0, kIntervalWidth - 2); };
        std::string shapes = path("zone", box_path({held(-alike), 0, held(alike), kHeight})) +
                             line("axis", centre, 0, centre, kHeight) + "<g class=\"" + colour + "\">";
        if (std::isfinite(d.auc.low)) {
            if (d.auc.low <= reach_ && d.auc.high >= -reach_)
                shapes += line("curve wide-line", held(d.auc.low), kMiddle, held(d.auc.high), kMiddle);
            if (x(d.auc.low) < 2) shapes += path("curve", "M7 12L2 17L7 22");
            if (x(d.auc.high) > kIntervalWidth - 2)
                shapes += path("curve", "M" + coordinate(kIntervalWidth - 7) + " 12l5 5l-5 5");
        }
        if (std::abs(mean) <= reach_)
            shapes += path("dot", "M" + coordinate(x(mean)) + " " + coordinate(kMiddle) + "h0");
        else
            shapes += text_at(mean < 0 ? 12 : kIntervalWidth - 12, kMiddle - 5, number_text::signed_number(mean, 3),
                              mean < 0 ? " class=\"tiny\"" : " class=\"tiny\" text-anchor=\"end\"");
        return svg(kIntervalWidth, "spark",
                   "AUC difference " + number_text::signed_number(mean, 4) + " " +
                       number_text::signed_interval(d.auc.low, d.auc.high, 4),
                   shapes + "</g>");
    }

    std::string verdict(const Configuration& c, const BaselineDifference* d) const {
        std::vector<std::string> notes;
        if (d && !d->seeds.empty()) {
            notes.push_back(verdict_phrase(d->auc, d->seeds.size(), results_.statistics.alike_within));
            const auto& ap = d->average_precision;
            if (ap.verdict == analysis::Verdict::differs && d->auc.verdict != analysis::Verdict::differs)
                notes.push_back("but its AP is " +
                                verdict_phrase(ap, d->seeds.size(), results_.statistics.alike_within));
        } else if (c.name == results_.statistics.baseline) {
            notes.emplace_back("the baseline of the others");
        }
        if (!c.seeds.empty() && c.counts.total() > 0 && c.counts.true_positives + c.counts.false_positives == 0)
            notes.emplace_back("calls nothing positive");
        if (c.sum_lr > 0 && 100 * c.sum_lr < largest_budget_)
            notes.push_back("has " + significant(100 * c.sum_lr / largest_budget_, 2) + " % of the largest budget");
        if (c.diverged > 0)
            notes.push_back(std::to_string(c.diverged) + " diverged" +
                            (c.curves.diverged.empty() ? "" : ": " + c.curves.diverged.front().cause));
        if (c.stopped > 0) notes.push_back(std::to_string(c.stopped) + " stopped");
        std::string text;
        for (const std::string& note : notes) text += (text.empty() ? "" : "; ") + note;
        return text;
    }

    const Results& results_;
    std::vector<std::size_t> colours_;
    Axis auc_axis_;
    Range auc_;
    double largest_budget_ = 0, reach_ = 0, highest_rate_ = 1;
};

// A command with what it answers.
std::string command(const std::string& question, const std::string& text) {
    return element("li", html_escaped(question) + "<br>" + text_element("code class=\"command\"", text)) + "\n";
}

// The comparison's own command with what would answer the next question; nothing where it is not known.
std::string next_steps(const Results& results) {
    const auto lacks = [&](const std::string& name) {
        return !results.add_schedules.empty() &&
               std::none_of(results.configurations.begin(), results.configurations.end(),
                            [&](const Configuration& c) { return c.schedule == name; });
    };
    const std::string add = results.add_schedules + " --schedules ";
    std::string html;
    if (const auto seeds = analysis::seeds_to_try(results.statistics, results.configurations);
        seeds > 0 && !results.add_seeds.empty())
        html += command("Close the open verdicts with more seeds:",
                        results.add_seeds + " --seeds " + std::to_string(seeds));
    if (lacks("constant:tuned"))
        html += command("Is the cycle better than the best constant, or only than this one?", add + "constant:tuned");
    if (lacks("linear"))
        html += command("Does coming down help, or going up again? Add a straight line down:", add + "linear");
    if (lacks("one-cycle")) html += command("Add one large cycle:", add + "one-cycle");
    if (html.empty()) return {};
    return text_element("h3", "What to try next") + "\n<ul class=\"next\">\n" + html + "</ul>\n";
}

}  // namespace

std::string overview(const Results& results) {
    std::string html =
        text_element("p class=\"result\"", analysis::headline(results.configurations, results.statistics));
    html += "\n" + Overview(results).html();
    std::string notes =
        "Rows are sorted by AUC, on a scale that is logarithmic in the distance from 1. The bar beside the verdict is "
        "the interval of the difference in AUC; the shade reaches to the differences that do not matter, " +
        significant(results.statistics.alike_within) + ".";
    if (results.statistics.differences.empty())
        notes = "Rows are sorted by AUC, on a scale that is logarithmic in the distance from 1.";
    html += element("p class=\"soft\"", html_escaped(notes) +
                                            " An AUC of 0.5 is guessing, 1 the best there is. Other words: <a "
                                            "href=\"#glossary\">glossary</a>.") +
            "\n";
    for (const std::string& sentence : {analysis::budget_sentence(results.configurations),
                                        analysis::arrival_sentence(results.configurations, results.target_auc)})
        if (!sentence.empty()) html += text_element("p", sentence) + "\n";
    return html + next_steps(results);
}

}  // namespace cyclone::report
