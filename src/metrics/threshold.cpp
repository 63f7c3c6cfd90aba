// Thresholds chosen on a validation split, and the goals that they are chosen for.

#include <cyclone/metrics/threshold.h>

#include <algorithm>
#include <cmath>
#include <iomanip>
#include <limits>
#include <ostream>
#include <sstream>

#include "metrics/checks.h"
#include "metrics/ranked.h"

namespace cyclone::metrics {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

bool both_classes(const BinaryCounts& counts) { return counts.positives() > 0 && counts.negatives() > 0; }

/// A number t with low <= t < high, halfway where rounding allows it.
double between(double low, double high) {
    const double middle = low / 2 + high / 2;  // the sum may overflow
    return middle >= low && middle < high ? middle : low;
}

double below_all(double lowest) {
    const double base = std::min(lowest, 0.0);
    return base - std::max(1.0, std::abs(base));
}

}  // namespace

namespace goal {

ThresholdGoal f1() {
    return {"f1", [](const BinaryCounts& c) { return c.positives() > 0 ? metrics::f1(c) : nan; }};
}

ThresholdGoal mcc() {
    return {"mcc", [](const BinaryCounts& c) { return both_classes(c) ? metrics::mcc(c) : nan; }};
}

ThresholdGoal balanced_accuracy() {
    return {"balanced-accuracy",
            [](const BinaryCounts& c) { return both_classes(c) ? metrics::balanced_accuracy(c) : nan; }};
}

ThresholdGoal least_cost(double false_positive, double false_negative) {
    for (const double cost : {false_positive, false_negative})
        check<UsageError>(cost >= 0 && std::isfinite(cost), "least_cost", "expected finite costs >= 0, got ", cost);
    return {"cost", [=](const BinaryCounts& c) {
                return -(false_positive * static_cast<double>(c.false_positives) +
                         false_negative * static_cast<double>(c.false_negatives)) /
                       static_cast<double>(c.total());
            }};
}

ThresholdGoal recall_at_precision(double precision) {
    check<UsageError>(precision >= 0 && precision <= 1, "recall_at_precision", "expected a precision from 0 to 1, got ",
                      precision);
    return {"recall-at-precision", [precision](const BinaryCounts& c) {
                const bool allowed = c.positives() > 0 && c.called_positive() > 0 && metrics::precision(c) >= precision;
                return allowed ? recall(c) : nan;
            }};
}

}  // namespace goal

std::optional<TunedThreshold> tune_threshold(std::span<const std::int64_t> labels, std::span<const double> scores,
                                             const ThresholdGoal& goal) {
    check_scores("tune_threshold", labels, scores);
    const auto points = rank(labels, scores);
    const auto positives = points.back().true_positives, negatives = points.back().false_positives;
    std::optional<TunedThreshold> best;
    const auto consider = [&](double threshold, std::int64_t true_positives, std::int64_t false_positives) {
        const BinaryCounts counts{true_positives, false_positives, positives - true_positives,
                                  negatives - false_positives};
        const double value = goal.value(counts);
        if (!std::isnan(value) && (!best || value > best->value)) best = TunedThreshold{threshold, value, counts};
    };
    consider(std::max(points.front().score, 1.0), 0, 0);
    for (std::size_t i = 0; i < points.size(); ++i)
        consider(i + 1 < points.size() ? between(points[i + 1].score, points[i].score) : below_all(points[i].score),
                 points[i].true_positives, points[i].false_positives);
    return best;
}

Registry<ThresholdGoal(Arguments&)>& threshold_goals() {
    static Registry<ThresholdGoal(Arguments&)> goals(
        "threshold", {{"f1", "", "the largest F1", [](Arguments&) { return goal::f1(); }},
                      {"mcc", "", "the largest Matthews correlation", [](Arguments&) { return goal::mcc(); }},
                      {"balanced-accuracy", "", "the largest mean recall of the two classes",
                       [](Arguments&) { return goal::balanced_accuracy(); }},
                      {"cost", ":FP:FN", "the least cost, where a false positive costs FP and a false negative FN",
                       [](Arguments& a) {
                           const double fp = a.number("FP"), fn = a.number("FN");
                           return goal::least_cost(fp, fn);
                       }},
                      {"recall-at-precision", ":P", "the largest recall with a precision of at least P",
                       [](Arguments& a) { return goal::recall_at_precision(a.number("P")); }}});
    return goals;
}

void print_side_by_side(std::ostream& out, std::span<const BinaryReport> reports) {
    std::ostringstream text;
    text.imbue(std::locale::classic());
    const auto line = [&](std::string_view name, auto cell_of) {
        text << std::left << std::setw(20) << name << std::right;
        for (const BinaryReport& report : reports) text << std::setw(14) << cell_of(report);
        text << '\n';
    };
    line("called positive", [](const BinaryReport& report) {
        std::ostringstream threshold;
        threshold.imbue(std::locale::classic());
        threshold << "p > " << std::setprecision(4) << report.threshold;
        return threshold.str();
    });
    for (const Metric& metric : table())
        if (metric.uses_threshold)
            line(metric.title, [&](const BinaryReport& report) { return cell(metric, report, &report.counts); });
    line("true positives", [](const BinaryReport& report) { return report.counts.true_positives; });
    line("false positives", [](const BinaryReport& report) { return report.counts.false_positives; });
    line("false negatives", [](const BinaryReport& report) { return report.counts.false_negatives; });
    line("true negatives", [](const BinaryReport& report) { return report.counts.true_negatives; });
    out << text.str();
}

}  // namespace cyclone::metrics
