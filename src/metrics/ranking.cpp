// Curves and areas of rankings.

#include <cyclone/metrics/ranking.h>

#include <limits>

#include "metrics/checks.h"
#include "metrics/ranked.h"

namespace cyclone::metrics {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

double ratio(std::int64_t part, std::int64_t whole) { return static_cast<double>(part) / static_cast<double>(whole); }

}  // namespace

RocCurve roc_curve(std::span<const std::int64_t> labels, std::span<const double> scores) {
    check_scores("roc_curve", labels, scores);
    auto points = rank(labels, scores);
    const auto positives = points.back().true_positives, negatives = points.back().false_positives;
    points.insert(points.begin(), {std::numeric_limits<double>::infinity(), 0, 0});
    RocCurve curve;
    for (const auto& point : points) {
        curve.false_positive_rate.push_back(negatives > 0 ? ratio(point.false_positives, negatives) : nan);
        curve.true_positive_rate.push_back(positives > 0 ? ratio(point.true_positives, positives) : nan);
        curve.thresholds.push_back(point.score);
    }
    return curve;
}

double roc_auc(std::span<const std::int64_t> labels, std::span<const double> scores) {
    check_scores("roc_auc", labels, scores);
    const auto points = rank(labels, scores);
    const auto positives = static_cast<double>(points.back().true_positives);
    const auto negatives = static_cast<double>(points.back().false_positives);
    if (positives == 0 || negatives == 0) return nan;
    double pairs = 0;  // the Mann-Whitney count: a multiple of one half, exact up to 2^52
    RankedPoint before{0, 0, 0};
    for (const auto& point : points) {
        const auto lower_negatives = static_cast<double>(point.false_positives - before.false_positives);
        pairs += lower_negatives * 0.5 * static_cast<double>(before.true_positives + point.true_positives);
        before = point;
    }
    return pairs / positives / negatives;
}

PrecisionRecallCurve precision_recall_curve(std::span<const std::int64_t> labels, std::span<const double> scores) {
    check_scores("precision_recall_curve", labels, scores);
    const auto points = rank(labels, scores);
    const auto positives = points.back().true_positives;
    PrecisionRecallCurve curve;
    for (auto point = points.rbegin(); point != points.rend(); ++point) {
        curve.precision.push_back(ratio(point->true_positives, point->true_positives + point->false_positives));
        curve.recall.push_back(positives > 0 ? ratio(point->true_positives, positives) : 1.0);
        curve.thresholds.push_back(point->score);
    }
    curve.precision.push_back(1);
    curve.recall.push_back(0);
    return curve;
}

double average_precision(std::span<const std::int64_t> labels, std::span<const double> scores) {
    check_scores("average_precision", labels, scores);
    const auto points = rank(labels, scores);
    const auto positives = points.back().true_positives;
    if (positives == 0) return 0;
    double sum = 0;
    std::int64_t found = 0;
    for (const auto& point : points) {
        sum += static_cast<double>(point.true_positives - found) *
               ratio(point.true_positives, point.true_positives + point.false_positives);
        found = point.true_positives;
    }
    return sum / static_cast<double>(positives);
}

}  // namespace cyclone::metrics
