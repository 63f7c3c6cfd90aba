// Means, paired differences, and the distributions that they need.

#include <cyclone/metrics/statistics.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <vector>

#include "metrics/checks.h"

namespace cyclone::metrics {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

/// P(|T| <= t) for t = sqrt(df) tan(angle): Abramowitz and Stegun 26.7.3 and 26.7.4.
double student_t_within(double angle, std::int64_t df) {
    const double sine = std::sin(angle), cosine = std::cos(angle);
    const bool odd = df % 2 == 1;
    double term = odd ? cosine : 1, sum = df == 1 ? 0 : term;
    for (std::int64_t k = odd ? 3 : 2; k <= df - 2; k += 2) {
        term *= cosine * cosine * static_cast<double>(k - 1) / static_cast<double>(k);
        sum += term;
    }
    return std::min(1.0, odd ? 2 / std::numbers::pi * (angle + sine * sum) : sine * sum);
}

/// The x in [low, high] where the rising f reaches target, to the last bit.
template <class Function>
double bisect(double low, double high, double target, Function f) {
    for (;;) {
        const double middle = low + (high - low) / 2;
        if (middle <= low || middle >= high) return middle;
        (f(middle) < target ? low : high) = middle;
    }
}

void check_probability(const char* where, double p) {
    check(p > 0 && p < 1, where, "expected a probability between 0 and 1, got ", p);
}

void check_df(const char* where, std::int64_t df) { check(df >= 1, where, "expected df >= 1, got ", df); }

}  // namespace

MeanSd mean_sd(std::span<const double> values) {
    check(!values.empty(), "mean_sd", "expected at least one value, got none");
    const auto n = static_cast<double>(values.size());
    double sum = 0;
    for (const double value : values) sum += value;
    const double mean = sum / n;
    double squares = 0;
    for (const double value : values) squares += (value - mean) * (value - mean);
    return {mean, values.size() > 1 ? std::sqrt(squares / (n - 1)) : nan, static_cast<std::int64_t>(values.size())};
}

PairedDifference paired_difference(std::span<const double> a, std::span<const double> b, double level) {
    constexpr auto where = "paired_difference";
    check(!a.empty() && a.size() == b.size(), where, "expected two lists of the same length >= 1, got ", a.size(),
          " and ", b.size());
    check(level > 0 && level < 1, where, "expected a confidence level between 0 and 1, got ", level);
    std::vector<double> differences(a.size());
    for (std::size_t i = 0; i < a.size(); ++i) differences[i] = a[i] - b[i];
    PairedDifference result;
    result.difference = mean_sd(differences);
    if (a.size() == 1) {
        result.low = result.high = result.t = result.p_value = nan;
        return result;
    }
    const auto df = result.difference.n - 1;
    const double mean = result.difference.mean;
    const double error = result.difference.sd / std::sqrt(static_cast<double>(a.size()));
    const double half = student_t_quantile(0.5 + level / 2, df) * error;
    result.low = mean - half;
    result.high = mean + half;
    result.t = mean == 0 && error == 0 ? 0 : mean / error;
    result.p_value = 2 * student_t_cdf(-std::abs(result.t), df);
    return result;
}

double normal_cdf(double z) { return std::erfc(-z / std::numbers::sqrt2) / 2; }

double normal_quantile(double p) {
    check_probability("normal_quantile", p);
    if (p > 0.5) return -normal_quantile(1 - p);
    return bisect(-40, 0, p, normal_cdf);  // cdf(-40) is below the smallest double
}

double student_t_cdf(double t, std::int64_t df) {
    check_df("student_t_cdf", df);
    if (std::isnan(t)) return nan;
    const double within = student_t_within(std::atan(std::abs(t) / std::sqrt(static_cast<double>(df))), df);
    return t < 0 ? (1 - within) / 2 : (1 + within) / 2;
}

double half_width(double sd, std::int64_t n, double level) {
    return student_t_quantile(0.5 + level / 2, n - 1) * sd / std::sqrt(static_cast<double>(n));
}

double student_t_quantile(double p, std::int64_t df) {
    check_probability("student_t_quantile", p);
    check_df("student_t_quantile", df);
    if (p < 0.5) return -student_t_quantile(1 - p, df);
    const double angle = bisect(0, std::numbers::pi / 2, 2 * p - 1, [df](double x) { return student_t_within(x, df); });
    return std::sqrt(static_cast<double>(df)) * std::tan(angle);
}

}  // namespace cyclone::metrics
