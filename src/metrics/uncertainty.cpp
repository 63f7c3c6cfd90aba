// DeLong's intervals and tests.

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

/// The structural components: for each positive the fraction of negatives below it, for each negative the fraction of
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

// The mean of the models' components.
Components mean_components(std::string_view where, std::span<const std::int64_t> labels, const ModelScores& models) {
    check(!models.empty(), where, "expected the scores of at least one model, got none");
    for (const auto& scores : models) check_scores(where, labels, scores);
    Components mean = components(labels, models.front());
    const auto add = [](std::vector<double>& to, const std::vector<double>& values) {
        for (std::size_t i = 0; i < to.size(); ++i) to[i] += values[i];
    };
    for (std::size_t k = 1; k < models.size(); ++k) {
        const Components more = components(labels, models[k]);
        add(mean.of_positives, more.of_positives);
        add(mean.of_negatives, more.of_negatives);
    }
    const auto count = static_cast<double>(models.size());
    for (double& value : mean.of_positives) value /= count;
    for (double& value : mean.of_negatives) value /= count;
    return mean;
}

bool one_class(const Components& c) { return c.of_positives.empty() || c.of_negatives.empty(); }

AucInterval interval_of(const Components& parts, double level) {
    if (one_class(parts)) return {nan, nan, nan, nan};
    AucInterval result;
    result.auc = mean_sd(parts.of_positives).mean;
    result.variance = variance(parts);
    const double half = half_width(result.variance, level);
    result.low = std::clamp(result.auc - half, 0.0, 1.0);
    result.high = std::clamp(result.auc + half, 0.0, 1.0);
    return result;
}

AucDifference difference_of(Components a, const Components& b, double level) {
    if (one_class(b)) return {nan, nan, nan, nan, nan, nan, nan, nan};
    AucDifference result;
    result.auc_a = mean_sd(a.of_positives).mean;
    result.auc_b = mean_sd(b.of_positives).mean;
    // The variance of the difference is the variance of the differences of the components: no cancellation.
    for (std::size_t i = 0; i < b.of_positives.size(); ++i) a.of_positives[i] -= b.of_positives[i];
    for (std::size_t j = 0; j < b.of_negatives.size(); ++j) a.of_negatives[j] -= b.of_negatives[j];
    result.difference = mean_sd(a.of_positives).mean;
    result.variance = variance(a);
    const double half = half_width(result.variance, level);
    result.low = std::clamp(result.difference - half, -1.0, 1.0);
    result.high = std::clamp(result.difference + half, -1.0, 1.0);
    result.z = result.difference == 0 && result.variance == 0 ? 0 : result.difference / std::sqrt(result.variance);
    result.p_value = 2 * normal_cdf(-std::abs(result.z));
    return result;
}

}  // namespace

AucInterval auc_interval(std::span<const std::int64_t> labels, std::span<const double> scores, double level) {
    check_level("auc_interval", level);
    return interval_of(mean_components("auc_interval", labels, {scores}), level);
}

AucDifference delong_test(std::span<const std::int64_t> labels, std::span<const double> scores_a,
                          std::span<const double> scores_b, double level) {
    check_level("delong_test", level);
    return difference_of(mean_components("delong_test", labels, {scores_a}),
                         mean_components("delong_test", labels, {scores_b}), level);
}

AucInterval mean_auc_interval(std::span<const std::int64_t> labels, const ModelScores& models, double level) {
    check_level("mean_auc_interval", level);
    return interval_of(mean_components("mean_auc_interval", labels, models), level);
}

AucDifference delong_test_of_means(std::span<const std::int64_t> labels, const ModelScores& models_a,
                                   const ModelScores& models_b, double level) {
    constexpr auto where = "delong_test_of_means";
    check_level(where, level);
    return difference_of(mean_components(where, labels, models_a), mean_components(where, labels, models_b), level);
}

}  // namespace cyclone::metrics
