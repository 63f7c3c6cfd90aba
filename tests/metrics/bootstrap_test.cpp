#include <cyclone/base/error.h>
#include <cyclone/base/random.h>
#include <cyclone/metrics/bootstrap.h>
#include <cyclone/metrics/classification.h>
#include <cyclone/metrics/ranking.h>
#include <cyclone/metrics/statistics.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "support/catch.h"

using namespace cyclone;
using namespace cyclone::metrics;

namespace {

using Scores = std::vector<double>;
using Labels = std::vector<std::int64_t>;

struct Data {
    Labels labels;
    Scores a, b;
};

/// data() of bootstrap_golden.py: scores with ties, a better than b.
Data golden_data() {
    Data d;
    for (int i = 0; i < 300; ++i) {
        const double y = i < 40 ? 1 : 0;
        const auto wave = [i](double factor) {
            double whole = 0;
            return std::modf(factor * (i + 1) * 0.6180339887498949, &whole);
        };
        d.labels.push_back(i < 40);
        d.a.push_back(std::nearbyint((0.45 * wave(1) + 0.35 * y + 0.1) * 1000) / 1000);
        d.b.push_back(std::nearbyint((0.60 * wave(7) + 0.25 * y + 0.1) * 100) / 100);
    }
    return d;
}

void check_interval(const BootstrapInterval& interval, double value, double low, double high, double margin) {
    CHECK(interval.value == Approx(value).epsilon(1e-12));
    CHECK(interval.low == Approx(low).margin(margin));
    CHECK(interval.high == Approx(high).margin(margin));
}

}  // namespace

TEST_CASE("bootstrap intervals of AP and F1 equal those drawn with NumPy") {
    // bootstrap_golden.py, 20,000 resamples. The margin is four times the Monte Carlo error of both quantiles.
    const Data d = golden_data();
    const BootstrapOptions many{.resamples = 8'000};
    check_interval(average_precision_interval(d.labels, {d.a}, many), 0.9071218706325199, 0.84000692, 0.96475341, 5e-3);
    check_interval(average_precision_interval(d.labels, {d.a, d.b}, many), 0.756597489830441, 0.68196901, 0.82953733,
                   6e-3);
    check_interval(f1_interval(d.labels, {d.a}, 0.5, many), 0.6666666666666666, 0.58619819, 0.75, 7e-3);
    check_interval(f1_interval(d.labels, {d.a, d.b}, 0.5, many), 0.5268817204301075, 0.47152812, 0.58352075, 5e-3);
}

TEST_CASE("the bootstrap of a tiny test set follows the distribution of all its resamples") {
    // 2 positives and 3 negatives: 4 * 27 equally likely resamples. Each AP is computed from its samples.
    const Labels y = {1, 1, 0, 0, 0};
    const Scores s = {0.9, 0.4, 0.6, 0.4, 0.1};
    std::vector<double> all;
    for (std::size_t p = 0; p < 4; ++p)
        for (std::size_t n = 0; n < 27; ++n) {
            const std::size_t picked[] = {p % 2, p / 2, 2 + n % 3, 2 + n / 3 % 3, 2 + n / 9};
            Scores drawn;
            for (const std::size_t i : picked) drawn.push_back(s[i]);
            all.push_back(average_precision(y, drawn));
        }
    std::sort(all.begin(), all.end());
    // Levels whose quantiles lie inside a run of equal values, so that the estimate must hit them exactly.
    for (const double level : {0.3, 0.5, 0.7, 0.9}) {
        const auto interval = average_precision_interval(y, {s}, {.resamples = 4'000, .level = level});
        const auto at = [&](double p) { return all[static_cast<std::size_t>(p * 108)]; };
        if (at((1 - level) / 2 - 0.03) == at((1 - level) / 2 + 0.03))
            CHECK(interval.low == Approx(at((1 - level) / 2)).epsilon(1e-12));
        if (at((1 + level) / 2 - 0.03) == at(std::min(0.999, (1 + level) / 2 + 0.03)))
            CHECK(interval.high == Approx(at((1 + level) / 2)).epsilon(1e-12));
    }
    CHECK(average_precision_interval(y, {s}, {.resamples = 4'000, .level = 0.5}).value ==
          Approx(average_precision(y, s)).epsilon(1e-14));
}

TEST_CASE("the bootstrap of a mean equals the one over all resamples") {
    // bootstrap_golden.py: quantiles over all 6^6 resamples.
    const Scores seeds = {0.971, 0.968, 0.975, 0.961, 0.979, 0.966};
    const auto interval = bootstrap_mean(seeds, {.resamples = 20'000});
    check_interval(interval, 0.97, 0.96533333, 0.97466667, 2e-4);
    CHECK(bootstrap_mean(Scores{2, 2, 2}).low == 2);
}

TEST_CASE("the same bootstrap gives the same bits and another seed others") {
    const Data d = golden_data();
    const auto first = average_precision_interval(d.labels, {d.a});
    CHECK(first.low == average_precision_interval(d.labels, {d.a}).low);
    CHECK(first.low != average_precision_interval(d.labels, {d.a}, {.seed = 2}).low);
    // The same resamples for every model: two equal models are as good as one.
    CHECK(first.low == Approx(average_precision_interval(d.labels, {d.a, d.a}).low).epsilon(1e-14));
}

TEST_CASE("bootstrap intervals cover the truth about as often as they say") {
    // Two positives to three negatives on one normal scale; the truth is the value on a sample a hundred times larger.
    const auto sample = [](std::size_t n, std::uint64_t seed) {
        const Random random(seed, 3);
        Data d;
        for (std::size_t i = 0; i < n; ++i) {
            d.labels.push_back(i % 5 < 2);
            d.a.push_back(normal_cdf(random.normal(i) + (i % 5 < 2 ? 0.8 : -0.4)));
        }
        return d;
    };
    const Data large = sample(40'000, 1);
    const double ap = average_precision(large.labels, large.a), f = f1(binary_counts(large.labels, large.a, 0.5));
    int ap_covered = 0, f1_covered = 0;
    for (std::uint64_t round = 0; round < 200; ++round) {
        const Data d = sample(200, 100 + round);
        const auto of_ap = average_precision_interval(d.labels, {d.a}, {.resamples = 200});
        const auto of_f1 = f1_interval(d.labels, {d.a}, 0.5, {.resamples = 200});
        ap_covered += of_ap.low <= ap && ap <= of_ap.high;
        f1_covered += of_f1.low <= f && f <= of_f1.high;
    }
    // With 80 positives percentile intervals fall a little short of 95 %: 91 % for AP in NumPy. Three SDs below 182.
    CHECK(ap_covered >= 170);
    CHECK(f1_covered >= 170);
}

TEST_CASE("the bootstrap says what it cannot know") {
    const Scores s = {0.1, 0.6};
    for (const auto& interval : {average_precision_interval(Labels{0, 0}, {s}), f1_interval(Labels{0, 0}, {s})}) {
        CHECK(std::isnan(interval.value));
        CHECK(std::isnan(interval.low));
    }
    CHECK(average_precision_interval(Labels{1, 1}, {s}).low == 1);  // positives only: every order is right
    const auto one = bootstrap_mean(Scores{3});
    CHECK(one.value == 3);
    CHECK(std::isnan(one.low));
    CHECK(std::isnan(bootstrap_mean(Scores{3, std::nan("")}).high));
    CHECK_THROWS_AS(bootstrap_mean({}), Error);
    CHECK_THROWS_AS(bootstrap_mean(s, {.resamples = 1}), Error);
    CHECK_THROWS_AS(bootstrap_mean(s, {.level = 1}), Error);
    CHECK_THROWS_AS(average_precision_interval(Labels{0, 1}, {}), Error);
    CHECK_THROWS_AS(average_precision_interval(Labels{0, 1, 1}, {s}), Error);
    CHECK_THROWS_AS(f1_interval(Labels{0, 1}, {Scores{0.1, std::nan("")}}), Error);
}

TEST_CASE("DeLong for the mean of models equals the definition and one model is the plain test") {
    const Data d = golden_data();
    // bootstrap_golden.py: components over all pairs.
    const auto mean = mean_auc_interval(d.labels, {d.a, d.b});
    CHECK(mean.auc == Approx(0.9037980769230771).epsilon(1e-12));
    CHECK(mean.variance == Approx(0.0003116782085624541).epsilon(1e-11));
    const auto test = delong_test_of_means(d.labels, {d.a, d.b}, {d.b});
    CHECK(test.difference == Approx(0.07052884615384616).epsilon(1e-12));
    CHECK(test.variance == Approx(0.000263658139148154).epsilon(1e-11));
    CHECK(test.p_value == Approx(1.4018985045413082e-05).epsilon(1e-9));
    CHECK(mean_auc_interval(d.labels, {d.a}).low == auc_interval(d.labels, d.a).low);
    CHECK(delong_test_of_means(d.labels, {d.a}, {d.b}).z == delong_test(d.labels, d.a, d.b).z);
    CHECK(std::isnan(mean_auc_interval(Labels{0, 0}, {Scores{1, 2}}).auc));
    CHECK_THROWS_AS(mean_auc_interval(d.labels, {}), Error);
    CHECK_THROWS_AS(delong_test_of_means(d.labels, {d.a}, {Scores{1}}), Error);
}
