#include <cyclone/metrics/uncertainty.h>

#include <cyclone/metrics/statistics.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "metrics/checks.h"

namespace cyclone::metrics {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

/// Rank of each value among all, from 1; ties share the mean of their ranks.
std::vector<double> midranks(const std::vector<double>& values) {
    std::vector<std::size_t> order(values.size());
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
    std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return values[a] < values[b]; });
    std::vector<double> ranks(values.size());
    for (std::size_t first = 0, last; first < order.size(); first = last) {
        last = first;
        while (last < order.size() && values[order[last]] == values[order[first]]) ++last;
        for (std::size_t i = first; i < last; ++i) ranks[order[i]] = 0.5 * static_cast<double>(first + 1 + last);
    }
    return ranks;
}

/// The structural components: for each positive the share of negatives below it, for each negative the share of
/// positives above it, ties one half. Both have the AUC as their mean.
struct Components {
    std::vector<double> of_positives, of_negatives;
};

Components components(std::span<const std::int64_t> labels, std::span<const double> scores) {
    std::vector<double> positives, negatives;
    for (std::size_t i = 0; i < labels.size(); ++i) (labels[i] == 1 ? positives : negatives).push_back(scores[i]);
    const auto p = static_cast<double>(positives.size()), n = static_cast<double>(negatives.size());
    Components result{midranks(positives), midranks(negatives)};
    positives.insert(positives.end(), negatives.begin(), negatives.end());
    const auto among_all = midranks(positives);
    const auto count = result.of_positives.size();
    for (std::size_t i = 0; i < count; ++i) result.of_positives[i] = (among_all[i] - result.of_positives[i]) / n;
    for (std::size_t j = 0; j < result.of_negatives.size(); ++j)
        result.of_negatives[j] = 1 - (among_all[count + j] - result.of_negatives[j]) / p;
    return result;
}

double variance_of_mean(const std::vector<double>& values) {
    const auto summary = mean_sd(values);
    return summary.sd * summary.sd / static_cast<double>(summary.n);
}

double variance(const Components& c) { return variance_of_mean(c.of_positives) + variance_of_mean(c.of_negatives); }

double half_width(double variance, double level) { return normal_quantile(0.5 + level / 2) * std::sqrt(variance); }

void check_level(std::string_view where, double level) {
    check(level > 0 && level < 1, where, "expected a confidence level between 0 and 1, got ", level);
}

}  // namespace

AucInterval auc_interval(std::span<const std::int64_t> labels, std::span<const double> scores, double level) {
    check_scores("auc_interval", labels, scores);
    check_level("auc_interval", level);
    const auto parts = components(labels, scores);
    if (parts.of_positives.empty() || parts.of_negatives.empty()) return {nan, nan, nan, nan};
    AucInterval result;
    result.auc = mean_sd(parts.of_positives).mean;
    result.variance = variance(parts);
    const double half = half_width(result.variance, level);
    result.low = std::clamp(result.auc - half, 0.0, 1.0);
    result.high = std::clamp(result.auc + half, 0.0, 1.0);
    return result;
}

AucDifference delong_test(std::span<const std::int64_t> labels, std::span<const double> scores_a,
                          std::span<const double> scores_b, double level) {
    check_scores("delong_test", labels, scores_a);
    check_scores("delong_test", labels, scores_b);
    check_level("delong_test", level);
    auto parts = components(labels, scores_a);
    const auto b = components(labels, scores_b);
    if (b.of_positives.empty() || b.of_negatives.empty()) return {nan, nan, nan, nan, nan, nan, nan, nan};
    AucDifference result;
    result.auc_a = mean_sd(parts.of_positives).mean;
    result.auc_b = mean_sd(b.of_positives).mean;
    // The variance of the difference is the variance of the differences of the components: no cancellation.
    for (std::size_t i = 0; i < b.of_positives.size(); ++i) parts.of_positives[i] -= b.of_positives[i];
    for (std::size_t j = 0; j < b.of_negatives.size(); ++j) parts.of_negatives[j] -= b.of_negatives[j];
    result.difference = mean_sd(parts.of_positives).mean;
    result.variance = variance(parts);
    const double half = half_width(result.variance, level);
    result.low = std::clamp(result.difference - half, -1.0, 1.0);
    result.high = std::clamp(result.difference + half, -1.0, 1.0);
    result.z = result.difference == 0 && result.variance == 0 ? 0 : result.difference / std::sqrt(result.variance);
    result.p_value = 2 * normal_cdf(-std::abs(result.z));
    return result;
}

}  // namespace cyclone::metrics
