// Thresholds and the shift of priors; values of scikit-learn in balance_golden.h.
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

struct TunedCase {
    std::int64_t n, seed, levels, per_positive, shift;
    Scores goals;
};

#include "balance_golden.h"

/// drawn() of balance_golden.py.
std::pair<Labels, Scores> drawn(const TunedCase& c) {
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

}  // namespace

TEST_CASE("tuned thresholds reach the best value that any threshold has and reproduce their counts") {
    const ThresholdGoal goals[] = {goal::f1(), goal::mcc(), goal::balanced_accuracy(), goal::least_cost(1, 10),
                                   goal::recall_at_precision(0.5)};
    for (const auto& c : tuned_cases) {
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
    CHECK(threshold_goals().parse("f1").value(counts) == f1(counts));
    CHECK(threshold_goals().parse("mcc").value(counts) == mcc(counts));
    CHECK(threshold_goals().parse("balanced_accuracy").value(counts) == balanced_accuracy(counts));
    CHECK(threshold_goals().parse("cost:1:20").value(counts) == Approx(-0.41).epsilon(1e-15));
    CHECK(threshold_goals().parse("recall-at-precision:0.75").value(counts) == 0.6);
    CHECK_THROWS_WITH(threshold_goals().parse("balanced-acuracy"),
                      Catch::Contains("did you mean 'balanced-accuracy'?"));
    for (const char* bad : {"", "cost", "cost:1", "cost:1:2:3", "cost:a:1", "f1:2", "recall-at-precision:2"})
        CHECK_THROWS_AS(threshold_goals().parse(bad), UsageError);
    CHECK(threshold_goals().names().size() == 5);
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
          "accuracy                    0.7500        0.7500        0.5000\n"
          "balanced accuracy           0.7500        0.7500        0.5000\n"
          "MCC                         0.5774        0.5774        0.0000\n"
          "true positives                   1             2             0\n"
          "false positives                  0             1             0\n"
          "false negatives                  1             0             2\n"
          "true negatives                   2             1             2\n");
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
}
