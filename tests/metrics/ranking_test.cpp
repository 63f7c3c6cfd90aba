#include <cyclone/base/error.h>
#include <cyclone/base/random.h>
#include <cyclone/metrics/ranking.h>

#include <cmath>
#include <limits>
#include <vector>

#include "support/catch.h"

using namespace cyclone;
using namespace cyclone::metrics;

namespace {

struct Sample {
    std::vector<std::int64_t> labels;
    std::vector<double> scores;
};

/// n scores on `levels` values (few levels = many ties), at least one sample of each class.
Sample draw(std::int64_t n, std::uint64_t levels, double prevalence, std::uint64_t seed) {
    const Random random(seed);
    Sample s;
    for (std::int64_t i = 0; i < n; ++i) {
        const auto index = static_cast<std::uint64_t>(2 * i);
        s.labels.push_back(i < 2 ? i : random.uniform(index) < prevalence);
        s.scores.push_back(static_cast<double>(random.below(index + 1, levels)) / 8 - 3);
    }
    return s;
}

/// The definition, pair by pair.
double mann_whitney(const Sample& s) {
    std::int64_t twice = 0, pairs = 0;
    for (std::size_t i = 0; i < s.labels.size(); ++i)
        for (std::size_t j = 0; j < s.labels.size(); ++j)
            if (s.labels[i] == 1 && s.labels[j] == 0) {
                twice += (s.scores[i] > s.scores[j]) * 2 + (s.scores[i] == s.scores[j]);
                ++pairs;
            }
    return static_cast<double>(twice) / 2 / static_cast<double>(pairs);
}

double trapezoid(const RocCurve& curve) {
    double area = 0;
    for (std::size_t i = 1; i < curve.thresholds.size(); ++i)
        area += (curve.false_positive_rate[i] - curve.false_positive_rate[i - 1]) *
                (curve.true_positive_rate[i] + curve.true_positive_rate[i - 1]) / 2;
    return area;
}

}  // namespace

TEST_CASE("AUC equals the pair count on random ties and the trapezoids under both curves") {
    for (std::uint64_t seed = 0; seed < 60; ++seed) {
        const auto s = draw(2 + static_cast<std::int64_t>(seed) * 3, 1 + seed % 13, seed % 3 == 0 ? 0.05 : 0.4, seed);
        INFO("seed " << seed);
        const double auc = roc_auc(s.labels, s.scores);
        CHECK(std::abs(auc - mann_whitney(s)) < 1e-14);
        CHECK(std::abs(auc - trapezoid(roc_curve(s.labels, s.scores))) < 1e-12);
    }
}

TEST_CASE("AUC of the opposite score and of swapped labels is the complement") {
    for (std::uint64_t seed = 0; seed < 30; ++seed) {
        auto s = draw(200, 5 + seed, 0.2, seed);
        const double auc = roc_auc(s.labels, s.scores);
        for (auto& score : s.scores) score = 1 - score;
        CHECK(std::abs(roc_auc(s.labels, s.scores) - (1 - auc)) < 1e-14);
        for (auto& label : s.labels) label = 1 - label;
        CHECK(std::abs(roc_auc(s.labels, s.scores) - auc) < 1e-14);
    }
}

TEST_CASE("ranking metrics depend on the order of the scores only and not on the order of the samples") {
    auto s = draw(300, 40, 0.1, 5);
    const double auc = roc_auc(s.labels, s.scores), ap = average_precision(s.labels, s.scores);
    auto stretched = s;
    for (auto& score : stretched.scores) score = std::exp(3 * score);
    CHECK(roc_auc(stretched.labels, stretched.scores) == auc);
    CHECK(average_precision(stretched.labels, stretched.scores) == ap);

    Sample shuffled;
    for (const auto i : permutation(300, Random(9))) {
        shuffled.labels.push_back(s.labels[static_cast<std::size_t>(i)]);
        shuffled.scores.push_back(s.scores[static_cast<std::size_t>(i)]);
    }
    CHECK(roc_auc(shuffled.labels, shuffled.scores) == auc);
    CHECK(average_precision(shuffled.labels, shuffled.scores) == ap);
}

TEST_CASE("average precision equals the sum of steps under the precision-recall curve") {
    for (std::uint64_t seed = 0; seed < 30; ++seed) {
        const auto s = draw(150, 3 + seed, 0.1, seed);
        const auto curve = precision_recall_curve(s.labels, s.scores);
        double area = 0;
        for (std::size_t i = 0; i + 1 < curve.recall.size(); ++i)
            area += (curve.recall[i] - curve.recall[i + 1]) * curve.precision[i];
        CHECK(std::abs(area - average_precision(s.labels, s.scores)) < 1e-13);
    }
}

TEST_CASE("a constant score has AUC one half and average precision equal to the prevalence") {
    const auto s = draw(1000, 1, 0.03, 1);
    std::int64_t positives = 0;
    for (const auto label : s.labels) positives += label;
    CHECK(roc_auc(s.labels, s.scores) == 0.5);
    CHECK(average_precision(s.labels, s.scores) == static_cast<double>(positives) / 1000);
}

TEST_CASE("counts beyond 2^24 and pair counts beyond 2^32 lose nothing") {
    // 2^24 + 3 negatives of which one third ties with half of the 512 positives: every count is known exactly.
    constexpr std::int64_t negatives = (1 << 24) + 3, tied = negatives / 3, positives = 512;
    Sample s;
    s.labels.assign(negatives, 0);
    s.scores.assign(negatives, 0.25);
    for (std::size_t i = 0; i < tied; ++i) s.scores[i] = 0.5;
    for (std::int64_t i = 0; i < positives; ++i) {
        s.labels.push_back(1);
        s.scores.push_back(i % 2 == 0 ? 0.5 : 0.125);
    }
    const double pairs = 256.0 * (static_cast<double>(negatives - tied) + 0.5 * static_cast<double>(tied));
    CHECK(roc_auc(s.labels, s.scores) == Approx(pairs / 512 / static_cast<double>(negatives)).epsilon(1e-15));
    const double first = 256.0 / static_cast<double>(256 + tied);
    const double last = 512.0 / static_cast<double>(negatives + positives);
    CHECK(average_precision(s.labels, s.scores) == Approx((first + last) / 2).epsilon(1e-15));
    const auto curve = roc_curve(s.labels, s.scores);
    CHECK(curve.false_positive_rate[1] == static_cast<double>(tied) / static_cast<double>(negatives));
}

TEST_CASE("ranking metrics refuse bad input and name what is wrong") {
    const std::vector<std::int64_t> labels = {0, 1, 1}, bad_label = {0, 2, 1}, negative_label = {0, 1, -1}, none;
    const std::vector<double> scores = {0.1, 0.2, 0.3}, two = {0.1, 0.2}, no_scores;
    const std::vector<double> nan_score = {0.1, std::nan(""), 0.3};
    const std::vector<double> infinite = {0.1, 0.2, -std::numeric_limits<double>::infinity()};
    for (const auto metric : {roc_auc, average_precision}) {
        CHECK_THROWS_AS(metric(labels, two), Error);
        CHECK_THROWS_AS(metric(none, no_scores), Error);
        CHECK_THROWS_AS(metric(bad_label, scores), Error);
        CHECK_THROWS_AS(metric(negative_label, scores), Error);
        CHECK_THROWS_AS(metric(labels, nan_score), Error);
        CHECK_THROWS_AS(metric(labels, infinite), Error);
    }
    CHECK_THROWS_AS(roc_curve(labels, nan_score), Error);
    CHECK_THROWS_AS(precision_recall_curve(labels, two), Error);
    try {
        roc_auc(bad_label, scores);
        FAIL("a label of 2 was accepted");
    } catch (const Error& error) {
        CHECK(std::string(error.what()) == "roc_auc: expected labels from 0 to 1, got 2 at index 1");
    }
}
