// Thresholds, recalibration and prior shift; figures of scikit-learn in balance_golden.h.
#include <cyclone/base/error.h>
#include <cyclone/metrics/calibration.h>
#include <cyclone/metrics/ranking.h>
#include <cyclone/metrics/recalibration.h>
#include <cyclone/metrics/threshold.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <sstream>

#include "support/catch.h"

using namespace cyclone;
using namespace cyclone::metrics;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

using Labels = std::vector<std::int64_t>;
using Scores = std::vector<double>;

struct CalibrationCase {
    std::int64_t n, seed, levels, per_positive, shift;
    Scores isotonic_scores, isotonic_probabilities, isotonic_grid, platt, goals, brier;
};

#include "balance_golden.h"

/// drawn() of balance_golden.py.
std::pair<Labels, Scores> drawn(const CalibrationCase& c) {
    std::pair<Labels, Scores> result;
    std::int64_t x = c.seed;
    const auto next = [&x] { return (x = (1103515245 * x + 12345) % (std::int64_t{1} << 31)) >> 16; };
    for (std::int64_t i = 0; i < c.n; ++i) {
        const std::int64_t label = next() % c.per_positive == 0;
        const std::int64_t step = std::min(next() % c.levels + label * c.shift, c.levels);
        result.first.push_back(label);
        result.second.push_back(static_cast<double>(step) / static_cast<double>(c.levels));
    }
    return result;
}

void check_all(const Scores& got, const Scores& expected, double tolerance) {
    REQUIRE(got.size() == expected.size());
    for (std::size_t i = 0; i < got.size(); ++i) {
        INFO("value " << i << " is " << got[i] << ", expected " << expected[i]);
        CHECK(std::abs(got[i] - expected[i]) <= tolerance);
    }
}

}  // namespace

TEST_CASE("tuned thresholds reach the best value that any threshold has and reproduce their counts") {
    const ThresholdGoal goals[] = {goal::f1(), goal::mcc(), goal::balanced_accuracy(), goal::least_cost(1, 10),
                                   goal::recall_at_precision(0.5)};
    for (const auto& c : calibration_cases) {
        INFO("case of " << c.n);
        const auto [labels, scores] = drawn(c);
        for (std::size_t g = 0; g < std::size(goals); ++g) {
            INFO(goals[g].name);
            const auto tuned = tune_threshold(labels, scores, goals[g]);
            if (c.goals[g] < 0 && goals[g].name == "recall-at-precision") {
                CHECK(!tuned);
                continue;
            }
            REQUIRE(tuned);
            CHECK(tuned->value == Approx(c.goals[g]).epsilon(1e-12));
            CHECK(binary_counts(labels, scores, tuned->threshold) == tuned->counts);
        }
    }
}

TEST_CASE("a tuned threshold lies halfway between the scores and the highest of equals wins") {
    const Labels labels = {0, 0, 1, 1};
    const Scores scores = {0.1, 0.4, 0.35, 0.8};
    // Cuts from above: F1 = 0, 2/3 (above .4), 1/2, 4/5 (above .1), 2/3.
    auto tuned = tune_threshold(labels, scores, goal::f1());
    CHECK(tuned->value == Approx(0.8).epsilon(1e-15));
    CHECK(tuned->threshold == Approx(0.225).epsilon(1e-15));
    CHECK(tuned->counts == BinaryCounts{2, 1, 0, 1});
    // Costs: 2 fn = 2 b; b; a + b; a; 2 a. With a = b = 1 two cuts cost 1: the higher one wins.
    tuned = tune_threshold(labels, scores, goal::least_cost(1, 1));
    CHECK(tuned->threshold == Approx(0.6).epsilon(1e-15));
    CHECK(tuned->value == -0.25);
    CHECK(tune_threshold(labels, scores, goal::recall_at_precision(0.9))->threshold == Approx(0.6).epsilon(1e-15));
    CHECK(tune_threshold(labels, scores, goal::recall_at_precision(0.6))->threshold == Approx(0.225).epsilon(1e-15));
}

TEST_CASE("thresholds at either end call nothing or everything positive") {
    const Labels labels = {0, 1, 0};
    for (const double factor : {1.0, 1e3, -1e3, 1e308}) {
        const Scores scores = {0.2 * factor, 0.1 * factor, 0.3 * factor};
        const auto nothing = tune_threshold(labels, scores, goal::least_cost(1, 0));
        CHECK(nothing->counts.called_positive() == 0);
        CHECK(binary_counts(labels, scores, nothing->threshold) == nothing->counts);
        const auto everything = tune_threshold(
            labels, scores, {"all", [](const BinaryCounts& c) { return static_cast<double>(c.called_positive()); }});
        CHECK(everything->counts.called_positive() == 3);
        CHECK(binary_counts(labels, scores, everything->threshold) == everything->counts);
    }
    CHECK(tune_threshold(labels, Scores{0.2, 0.1, 0.3}, goal::least_cost(1, 0))->threshold == 1);
    // Neighbouring doubles leave no room in between.
    const Scores close = {0.5, std::nextafter(0.5, 1), 0.5};
    const auto tuned = tune_threshold(labels, close, goal::f1());
    CHECK(tuned->value == 1);
    CHECK(binary_counts(labels, close, tuned->threshold) == tuned->counts);
}

TEST_CASE("no threshold is given where the goal is not defined or out of reach") {
    const Labels negatives = {0, 0}, positives = {1, 1}, worst = {1, 0};
    const Scores scores = {0.2, 0.7};
    CHECK(!tune_threshold(negatives, scores, goal::f1()));
    CHECK(!tune_threshold(negatives, scores, goal::recall_at_precision(0)));
    for (const auto& labels : {negatives, positives}) {
        CHECK(!tune_threshold(labels, scores, goal::mcc()));
        CHECK(!tune_threshold(labels, scores, goal::balanced_accuracy()));
    }
    CHECK(tune_threshold(negatives, scores, goal::least_cost(1, 1))->counts.called_positive() == 0);
    CHECK(tune_threshold(positives, scores, goal::f1())->value == 1);
    CHECK(!tune_threshold(worst, scores, goal::recall_at_precision(0.6)));
    CHECK(tune_threshold(worst, scores, goal::recall_at_precision(0.5))->value == 1);
    CHECK_THROWS_AS(tune_threshold(worst, Scores{0.1, NAN}, goal::f1()), Error);
    CHECK_THROWS_AS(goal::least_cost(-1, 1), UsageError);
    CHECK_THROWS_AS(goal::least_cost(1, infinity), UsageError);
    CHECK_THROWS_AS(goal::recall_at_precision(1.1), UsageError);
}

TEST_CASE("threshold goals by name") {
    const BinaryCounts counts{3, 1, 2, 94};
    CHECK(parse_threshold_goal("f1").value(counts) == f1(counts));
    CHECK(parse_threshold_goal("mcc").value(counts) == mcc(counts));
    CHECK(parse_threshold_goal("balanced_accuracy").value(counts) == balanced_accuracy(counts));
    CHECK(parse_threshold_goal("cost:1:20").value(counts) == Approx(-0.41).epsilon(1e-15));
    CHECK(parse_threshold_goal("recall-at-precision:0.75").value(counts) == 0.6);
    CHECK_THROWS_WITH(parse_threshold_goal("balanced-acuracy"), Catch::Contains("did you mean 'balanced-accuracy'?"));
    for (const char* bad : {"", "cost", "cost:1", "cost:1:2:3", "cost:a:1", "f1:2", "recall-at-precision:2"})
        CHECK_THROWS_AS(parse_threshold_goal(bad), UsageError);
    CHECK(known_threshold_goals().size() == 5);
}

TEST_CASE("reports at two thresholds stand side by side") {
    const Labels labels = {0, 0, 1, 1};
    const Scores p = {0.1, 0.4, 0.35, 0.8};
    const std::vector<BinaryReport> reports = {binary_report(labels, p), binary_report(labels, p, 0.225),
                                               binary_report(labels, p, 1)};
    std::ostringstream out;
    print_side_by_side(out, reports);
    CHECK(out.str() ==
          "called positive            p > 0.5     p > 0.225         p > 1\n"
          "precision                   1.0000        0.6667           n/a\n"
          "recall                      0.5000        1.0000        0.0000\n"
          "F1                          0.6667        0.8000        0.0000\n"
          "MCC                         0.5774        0.5774        0.0000\n"
          "accuracy                    0.7500        0.7500        0.5000\n"
          "balanced accuracy           0.7500        0.7500        0.5000\n"
          "true positives                   1             2             0\n"
          "false positives                  0             1             0\n"
          "false negatives                  1             0             2\n"
          "true negatives                   2             1             2\n");
}

TEST_CASE("isotonic calibration equals scikit-learn at its points and in between") {
    for (const auto& c : calibration_cases) {
        INFO("case of " << c.n);
        const auto [labels, scores] = drawn(c);
        const auto fit = IsotonicCalibration::fit(labels, scores);
        check_all(fit.scores, c.isotonic_scores, 1e-12);
        check_all(fit.probabilities, c.isotonic_probabilities, 1e-12);
        Scores grid;
        for (int i = 0; i <= 20; ++i) grid.push_back(fit(i / 20.0));
        check_all(grid, c.isotonic_grid, 1e-12);
    }
}

TEST_CASE("isotonic calibration pools violators and is calibrated on its own data") {
    const Labels labels = {0, 1, 0, 1, 1, 0, 1};
    const Scores scores = {1, 2, 3, 4, 5, 6, 7};
    const auto fit = IsotonicCalibration::fit(labels, scores);
    CHECK(fit.scores == Scores{1, 2, 3, 4, 6, 7});
    CHECK(fit.probabilities == Scores{0, 0.5, 0.5, 2.0 / 3, 2.0 / 3, 1});
    CHECK(fit(-100) == 0);
    CHECK(fit(100) == 1);
    CHECK(fit(1.5) == 0.25);
    Scores p;
    for (const double s : scores) p.push_back(fit(s));
    const auto parts = brier_decomposition(labels, p);
    CHECK(parts.reliability < 1e-30);
    const auto constant = IsotonicCalibration::fit(Labels{1, 1}, Scores{0.2, 0.4});
    CHECK(constant(0) == 1);
    CHECK(constant(0.3) == 1);
    CHECK(IsotonicCalibration::fit(Labels{1, 0, 0}, Scores{2, 2, 2})(5) == 1.0 / 3);
    CHECK_THROWS_AS(IsotonicCalibration{}(0.5), Error);
}

TEST_CASE("Platt scaling finds the minimum that scikit-learn comes near to") {
    for (const auto& c : calibration_cases) {
        INFO("case of " << c.n);
        const auto [labels, scores] = drawn(c);
        const auto fit = PlattScaling::fit(labels, scores);
        CHECK(fit.slope == Approx(c.platt[0]).epsilon(1e-9));
        CHECK(fit.offset == Approx(c.platt[1]).epsilon(1e-9));
        // Another unit and origin of the scores changes nothing that counts.
        Scores moved;
        for (const double s : scores) moved.push_back(1e5 * s - 3e6);
        const auto other = PlattScaling::fit(labels, moved);
        for (const std::size_t i : {0U, 7U, 50U}) CHECK(other(moved[i]) == Approx(fit(scores[i])).epsilon(1e-9));
    }
}

TEST_CASE("Platt scaling of separable and constant and one-sided data is finite") {
    const auto separable = PlattScaling::fit(Labels{0, 0, 1, 1}, Scores{-2, -1, 1, 2});
    CHECK(separable.slope < 0);
    CHECK(std::isfinite(separable.slope));
    // By symmetry the offset is 0, and the derivative by the slope vanishes.
    CHECK(std::abs(separable.offset) < 1e-10);
    CHECK((0.75 - separable(1)) + 2 * (0.75 - separable(2)) == Approx(0).margin(1e-9));
    const auto constant = PlattScaling::fit(Labels{0, 1, 0, 0}, Scores{5, 5, 5, 5});
    CHECK(constant(5) == Approx((2.0 / 3 + 3 * 0.2) / 4).epsilon(1e-12));
    const auto all_positive = PlattScaling::fit(Labels{1, 1, 1}, Scores{0.1, 0.5, 3});
    CHECK(all_positive.slope == Approx(0).margin(1e-12));
    CHECK(all_positive(0.5) == Approx(4.0 / 5).epsilon(1e-12));
    CHECK(PlattScaling{-1, 0}(1000) == 1);
    CHECK(PlattScaling{-1, 0}(-1000) == 0);
}

TEST_CASE("log odds undo the sigmoid and stay finite at the ends") {
    CHECK(log_odds(0.5) == 0);
    CHECK(log_odds(1 / (1 + std::exp(-2.5))) == Approx(2.5).epsilon(1e-14));
    CHECK(log_odds(1) == Approx(15.94).epsilon(1e-3));
    CHECK(log_odds(0) == Approx(-log_odds(1)).epsilon(1e-9));
    CHECK_THROWS_AS(log_odds(1.5), Error);
    CHECK_THROWS_AS(log_odds(0.5, 0), Error);
}

TEST_CASE("prior shift follows the odds and goes back and forth") {
    // p = .8 trained at one half, used where one in 37 is positive: odds 4 * 1/36.
    CHECK(shift_prior(0.8, 0.5, 1.0 / 37) == Approx((4.0 / 36) / (1 + 4.0 / 36)).epsilon(1e-14));
    for (const double p : {0.0, 1e-9, 0.3, 0.999, 1.0})
        CHECK(shift_prior(shift_prior(p, 0.2, 0.01), 0.01, 0.2) == Approx(p).epsilon(1e-12));
    CHECK(shift_prior(0, 0.2, 0.9) == 0);
    CHECK(shift_prior(1, 0.2, 0.9) == 1);
    for (const double bad : {0.0, 1.0, -0.1, std::nan("")}) {
        CHECK_THROWS_AS(shift_prior(0.5, bad, 0.5), Error);
        CHECK_THROWS_AS(shift_prior(0.5, 0.5, bad), Error);
    }
    CHECK_THROWS_AS(shift_prior(1.5, 0.5, 0.5), Error);

    Scores two = {0.2, 0.8, 1, 0};
    shift_prior(two, Scores{1, 1}, Scores{36, 1});
    check_all(two, {1 - shift_prior(0.8, 0.5, 1.0 / 37), shift_prior(0.8, 0.5, 1.0 / 37), 1, 0}, 1e-15);
    Scores three = {0.5, 0.25, 0.25};
    shift_prior(three, Scores{1, 1, 2}, Scores{2, 1, 1});
    check_all(three, {1 / 1.375, 0.25 / 1.375, 0.125 / 1.375}, 1e-15);
    Scores bad = {0, 0};
    CHECK_THROWS_AS(shift_prior(bad, Scores{1, 1}, Scores{1, 2}), Error);
    CHECK_THROWS_AS(shift_prior(three, Scores{1, 1}, Scores{1, 2}), Error);
    CHECK_THROWS_AS(shift_prior(two, Scores{1, 0}, Scores{1, 2}), Error);
}

TEST_CASE("precision at another prevalence is that of a test set with that prevalence") {
    // 80 of 100 positives found, 30 of 300 negatives called: at a prevalence of 1 in 4 precision is 80 / 110.
    const BinaryCounts counts{80, 30, 20, 270};
    CHECK(precision_at_prevalence(counts, 0.25) == Approx(precision(counts)).epsilon(1e-15));
    // 1 in 37: of 3700 people 100 positive, 80 found, 360 of 3600 called wrongly.
    CHECK(precision_at_prevalence(counts, 1.0 / 37) == Approx(80.0 / 440).epsilon(1e-14));
    CHECK(precision_at_prevalence(0.8, 0.1, 0) == 0);
    CHECK(precision_at_prevalence(0.8, 0.1, 1) == 1);
    CHECK(precision_at_prevalence(0, 0, 0.3) == 0);
    CHECK(std::isnan(precision_at_prevalence(0, 0, 0.3, NAN)));
    CHECK(std::isnan(precision_at_prevalence(BinaryCounts{5, 0, 1, 0}, 0.3)));
    CHECK(std::isnan(precision_at_prevalence(BinaryCounts{0, 3, 0, 2}, 0.3)));
    for (const double bad : {-0.1, 1.1, std::nan("")}) {
        CHECK_THROWS_AS(precision_at_prevalence(bad, 0.1, 0.3), Error);
        CHECK_THROWS_AS(precision_at_prevalence(0.8, bad, 0.3), Error);
        CHECK_THROWS_AS(precision_at_prevalence(0.8, 0.1, bad), Error);
    }
}

TEST_CASE("the parts of the Brier score equal the formula and sum up to it") {
    for (const auto& c : calibration_cases) {
        INFO("case of " << c.n);
        const auto [labels, scores] = drawn(c);
        for (const auto binning : {Binning::uniform, Binning::quantile})
            for (const int bins : {1, 10, 40}) {
                const auto parts = brier_decomposition(labels, scores, {.bins = bins, .binning = binning});
                CHECK(parts.reliability - parts.resolution + parts.uncertainty + parts.within_bins ==
                      Approx(parts.brier).epsilon(1e-12));
                CHECK(parts.brier == brier_score(labels, scores));
                if (bins == 10 && binning == Binning::uniform)
                    check_all({parts.brier, parts.reliability, parts.resolution, parts.uncertainty}, c.brier, 1e-12);
            }
    }
    // Each pair has a bin of its own; the rates are 1/2 and 1, that of all 3/4.
    const auto parts = brier_decomposition(Labels{0, 1, 1, 1}, Scores{0.25, 0.25, 0.75, 0.75}, {.bins = 2});
    CHECK(parts.reliability == Approx(0.0625).epsilon(1e-15));
    CHECK(parts.resolution == Approx(0.0625).epsilon(1e-15));
    CHECK(parts.uncertainty == Approx(0.1875).epsilon(1e-15));
    CHECK(parts.within_bins == 0);
    CHECK(parts.brier == Approx(0.1875).epsilon(1e-15));
}
