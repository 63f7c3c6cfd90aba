#include <cyclone/base/error.h>
#include <cyclone/base/random.h>
#include <cyclone/metrics/ranking.h>
#include <cyclone/metrics/statistics.h>
#include <cyclone/metrics/uncertainty.h>

#include <cmath>
#include <limits>
#include <vector>

#include "support/catch.h"

using namespace cyclone;
using namespace cyclone::metrics;

namespace {

using Scores = std::vector<double>;
using Labels = std::vector<std::int64_t>;

/// DeLong's covariance of the AUCs of a and b, from its definition over all pairs.
double covariance_by_pairs(const Labels& y, const Scores& a, const Scores& b) {
    const auto psi = [](const Scores& s, std::size_t i, std::size_t j) {
        return s[i] > s[j] ? 1.0 : s[i] == s[j] ? 0.5 : 0.0;
    };
    const auto part = [&](std::int64_t of) {
        std::vector<double> va, vb;
        for (std::size_t i = 0; i < y.size(); ++i) {
            if (y[i] != of) continue;
            double sum_a = 0, sum_b = 0, n = 0;
            for (std::size_t j = 0; j < y.size(); ++j) {
                if (y[j] == of) continue;
                sum_a += of == 1 ? psi(a, i, j) : psi(a, j, i);
                sum_b += of == 1 ? psi(b, i, j) : psi(b, j, i);
                n += 1;
            }
            va.push_back(sum_a / n);
            vb.push_back(sum_b / n);
        }
        const auto count = static_cast<double>(va.size());
        const double mean_a = mean_sd(va).mean, mean_b = mean_sd(vb).mean;
        double sum = 0;
        for (std::size_t i = 0; i < va.size(); ++i) sum += (va[i] - mean_a) * (vb[i] - mean_b);
        return sum / (count - 1) / count;
    };
    return part(1) + part(0);
}

struct Draw {
    Labels labels;
    Scores a, b;
};

/// `positives` of n samples score `shift` SDs higher; a and b share half of their noise. rounding > 0 makes ties.
Draw draw(std::int64_t n, std::int64_t positives, double shift, double rounding, std::uint64_t seed) {
    const Random random(seed, 77);
    Draw d;
    for (std::int64_t i = 0; i < n; ++i) {
        const auto index = static_cast<std::uint64_t>(3 * i);
        const double common = random.normal(index) + (i < positives ? shift * std::sqrt(2) : 0);
        const auto value = [&](double noise) {
            const double x = (common + noise) / std::sqrt(2);
            return rounding > 0 ? std::round(x / rounding) * rounding : x;
        };
        d.labels.push_back(i < positives);
        d.a.push_back(value(random.normal(index + 1)));
        d.b.push_back(value(random.normal(index + 2)));
    }
    return d;
}

}  // namespace

TEST_CASE("DeLong variance of four samples by hand") {
    // Components: positives .5 and 1, negatives 1 and .5; sample variances .125 each; .125 / 2 + .125 / 2.
    const Labels y = {0, 0, 1, 1};
    const auto interval = auc_interval(y, Scores{0.1, 0.4, 0.35, 0.8});
    CHECK(interval.auc == 0.75);
    CHECK(interval.variance == Approx(0.125).epsilon(1e-15));
    CHECK(interval.low == Approx(0.75 - 1.959963984540054 * std::sqrt(0.125)).epsilon(1e-14));
    CHECK(interval.high == 1);
}

TEST_CASE("DeLong variance and test equal the definition over all pairs with and without ties") {
    for (std::uint64_t seed = 0; seed < 12; ++seed) {
        const auto d = draw(120, 4 + static_cast<std::int64_t>(seed) * 5, 0.8, seed % 2 == 0 ? 0.5 : 0, seed);
        const double aa = covariance_by_pairs(d.labels, d.a, d.a), bb = covariance_by_pairs(d.labels, d.b, d.b);
        const double ab = covariance_by_pairs(d.labels, d.a, d.b);
        const auto interval = auc_interval(d.labels, d.a, 0.9);
        CHECK(interval.auc == Approx(roc_auc(d.labels, d.a)).epsilon(1e-13));
        CHECK(interval.variance == Approx(aa).epsilon(1e-12));
        CHECK(interval.low == Approx(interval.auc - 1.6448536269514722 * std::sqrt(aa)).epsilon(1e-12));
        const auto test = delong_test(d.labels, d.a, d.b);
        CHECK(test.difference == Approx(roc_auc(d.labels, d.a) - roc_auc(d.labels, d.b)).margin(1e-14));
        CHECK(test.variance == Approx(aa + bb - 2 * ab).epsilon(1e-11));
        CHECK(test.z == Approx(test.difference / std::sqrt(aa + bb - 2 * ab)).epsilon(1e-10).margin(1e-12));
        CHECK(test.p_value == Approx(std::erfc(std::abs(test.z) / std::sqrt(2))).epsilon(1e-12));
        const auto swapped = delong_test(d.labels, d.b, d.a);
        CHECK(swapped.low == Approx(-test.high).epsilon(1e-12));
    }
}

TEST_CASE("DeLong intervals cover the true AUC and the test keeps its level") {
    // Normal scores one SD apart: AUC = Phi(1 / sqrt 2). Both models are equally good, so rejections are errors.
    constexpr std::uint64_t rounds = 1000;
    int covered = 0, rejected = 0;
    for (std::uint64_t round = 0; round < rounds; ++round) {
        const auto d = draw(240, 60, 1, 0, 1000 + round);
        const auto interval = auc_interval(d.labels, d.a);
        const double truth = normal_cdf(1 / std::sqrt(2.0));
        covered += interval.low <= truth && truth <= interval.high;
        rejected += delong_test(d.labels, d.a, d.b).p_value < 0.05;
    }
    // Four SDs of a binomial around 95 % and 5 %.
    CHECK(std::abs(covered - 950) < 28);
    CHECK(std::abs(rejected - 50) < 28);
}

TEST_CASE("DeLong says what it cannot know") {
    const Scores s = {0.1, 0.2, 0.3, 0.4};
    const auto one_class = auc_interval(Labels{1, 1, 1, 1}, s);
    CHECK(std::isnan(one_class.auc));
    CHECK(std::isnan(one_class.low));
    const auto one_positive = auc_interval(Labels{0, 0, 1, 0}, s);
    CHECK(one_positive.auc == Approx(2.0 / 3));
    CHECK(std::isnan(one_positive.variance));
    CHECK(std::isnan(one_positive.low));
    CHECK(std::isnan(one_positive.high));
    CHECK(std::isnan(delong_test(Labels{0, 0, 0, 0}, s, s).p_value));
    const auto same = delong_test(Labels{0, 1, 0, 1}, s, s);
    CHECK(same.difference == 0);
    CHECK(same.p_value == 1);
    CHECK_THROWS_AS(auc_interval(Labels{0, 1, 0, 1}, s, 1), Error);
    CHECK_THROWS_AS(auc_interval(Labels{0, 1, 0, 1}, s, std::nan("")), Error);
    CHECK_THROWS_AS(delong_test(Labels{0, 1, 0, 1}, s, Scores{0.1}), Error);
}

TEST_CASE("Student and normal distributions equal SciPy") {
    // scipy.stats 1.17.1: t.cdf, t.ppf, norm.ppf.
    struct Row {
        double x;
        std::int64_t df;
        double expected;
    };
    for (const auto& [t, df, expected] :
         {Row{-2.5, 1, 0.12111894159084341}, Row{0.3, 1, 0.5927735790777423}, Row{1.7, 2, 0.8843832868992144},
          Row{-4, 2, 0.028595479208968315}, Row{2.1, 3, 0.9367173987251577}, Row{-0.7, 4, 0.2612500827967251},
          Row{3, 9, 0.9925218180447929}, Row{1.96, 30, 0.9703288435519748}, Row{-1, 101, 0.15985015888829096},
          Row{2, 1000, 0.9771148267533741}})
        CHECK(student_t_cdf(t, df) == Approx(expected).epsilon(1e-12));
    for (const auto& [p, df, expected] :
         {Row{0.975, 1, 12.706204736174694}, Row{0.975, 2, 4.302652729749462}, Row{0.975, 4, 2.7764451051977934},
          Row{0.95, 7, 1.8945786050900062}, Row{0.995, 9, 3.249835541592126}, Row{0.1, 3, -1.6377443536962089},
          Row{0.975, 100, 1.9839715185235518}, Row{0.6, 1000, 0.25341451583949876}, Row{0.9999, 2, 70.70007107496818}})
        CHECK(student_t_quantile(p, df) == Approx(expected).epsilon(1e-11));
    CHECK(normal_quantile(0.975) == Approx(1.959963984540054).epsilon(1e-14));
    CHECK(normal_quantile(0.9) == Approx(1.2815515655446004).epsilon(1e-14));
    CHECK(normal_quantile(1e-10) == Approx(-6.361340902404056).epsilon(1e-14));
    CHECK(normal_quantile(0.0001) == Approx(-3.7190164854556804).epsilon(1e-14));
    CHECK(std::abs(normal_quantile(0.5)) < 1e-15);
    const double infinity = std::numeric_limits<double>::infinity();
    for (const std::int64_t df : {1, 2, 3, 10, 11}) {
        CHECK(student_t_cdf(0, df) == 0.5);
        CHECK(student_t_cdf(infinity, df) == 1);
        CHECK(student_t_cdf(-infinity, df) == 0);
    }
    CHECK_THROWS_AS(normal_quantile(0), Error);
    CHECK_THROWS_AS(normal_quantile(1), Error);
    CHECK_THROWS_AS(student_t_quantile(std::nan(""), 3), Error);
    CHECK_THROWS_AS(student_t_cdf(1, 0), Error);
}

TEST_CASE("paired differences equal SciPy and degenerate ones stay sensible") {
    // scipy.stats.ttest_rel(a, b) and its confidence_interval(0.95).
    const Scores a = {0.971, 0.968, 0.975, 0.961, 0.979}, b = {0.969, 0.970, 0.969, 0.955, 0.972};
    const auto result = paired_difference(a, b);
    CHECK(result.difference.n == 5);
    CHECK(result.t == Approx(2.254885150568321).epsilon(1e-11));
    CHECK(result.p_value == Approx(0.08717240306067187).epsilon(1e-11));
    CHECK(result.low == Approx(-0.0008789484586798004).epsilon(1e-10));
    CHECK(result.high == Approx(0.008478948458679808).epsilon(1e-10));

    const auto same = paired_difference(a, a);
    CHECK(same.p_value == 1);
    CHECK(same.low == 0);
    CHECK(same.high == 0);
    const auto constant = paired_difference(Scores{2, 3, 4}, Scores{1, 2, 3});
    CHECK(constant.p_value == 0);
    CHECK(constant.low == 1);
    const auto one = paired_difference(Scores{2}, Scores{1});
    CHECK(one.difference.mean == 1);
    CHECK(std::isnan(one.low));
    CHECK(std::isnan(one.p_value));
    CHECK_THROWS_AS(paired_difference(a, Scores{1}), Error);
    CHECK_THROWS_AS(paired_difference({}, {}), Error);
    CHECK_THROWS_AS(paired_difference(a, b, 0), Error);
}
