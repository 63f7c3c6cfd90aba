#include <cyclone/analysis/suggest.h>
#include <cyclone/base/error.h>
#include <cyclone/base/random.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "support/catch.h"

using namespace cyclone;

namespace {

/// `points` rates that rise by the same factor, the last one left out: rate i = from (to / from)^(i / total).
lab::RateCurve curve_of(int points, int total, double from, double to, const std::function<double(int)>& value) {
    lab::RateCurve curve;
    for (int i = 0; i < points; ++i) {
        curve.rate.push_back(from * std::pow(to / from, static_cast<double>(i) / total));
        curve.value.push_back(value(i));
    }
    return curve;
}

/// A plateau, a fall and an explosion, in steps of the usual finder: 100 rates from 1e-7 to 10, ended after 95.
double worked_example(int i) { return 2.3 - 1.5 / (1 + std::exp(-(i - 50) / 8.0)) + .3 * std::exp((i - 85) / 4.0); }

double log_rate(int i) { return std::pow(10, -7 + .08 * i); }

bool nothing(const lab::RateCurve& curve) {
    const auto all = analysis::suggest(curve);
    bool none = !all.pair && !all.smith && !all.no_pair.empty();
    for (const auto& suggestion : all.rates) none = none && !suggestion.rate;
    return none;
}

/// Every value that is given is a rate of the sweep (or a tenth of one), and a pair is in order.
void check_sane(const lab::RateCurve& curve) {
    const auto all = analysis::suggest(curve);
    for (const auto& suggestion : all.rates) {
        INFO(suggestion.name);
        if (!suggestion.rate) continue;
        REQUIRE(*suggestion.rate >= curve.rate.front() / 10 * (1 - 1e-12));
        REQUIRE(*suggestion.rate <= curve.rate.back() * (1 + 1e-12));
    }
    REQUIRE(all.pair.has_value() == all.no_pair.empty());
    for (const auto& pair : {all.pair, all.smith}) {
        if (!pair) continue;
        REQUIRE(pair->base > 0);
        REQUIRE(pair->base < pair->max);
        REQUIRE(pair->max <= curve.rate.back() * (1 + 1e-12));
        REQUIRE_FALSE(pair->reason.empty());
    }
}

}  // namespace

TEST_CASE("the rules give fastai's values on the worked example") {
    const auto curve = curve_of(95, 100, 1e-7, 10, worked_example);
    CHECK(analysis::suggest_valley(curve).value() == Approx(2.29e-4).epsilon(.005));
    CHECK(analysis::suggest_slide(curve).value() == Approx(3.31e-4).epsilon(.005));
    CHECK(analysis::suggest_minimum(curve).value() == Approx(1.20e-2).epsilon(.005));
    CHECK(analysis::suggest_steepest(curve).value() == Approx(8.32e-4).epsilon(.005));
    const auto all = analysis::suggest(curve);
    REQUIRE(all.rates.size() == 4);
    CHECK(all.rates[0].rate == analysis::suggest_valley(curve));
    CHECK(all.rates[1].rate == analysis::suggest_slide(curve));
    CHECK(all.rates[2].rate == analysis::suggest_minimum(curve));
    CHECK(all.rates[3].rate == analysis::suggest_steepest(curve));
}

TEST_CASE("Smith's rule finds where an accuracy begins to rise and where that ends") {
    // Flat at .5 up to point 30, a straight rise to .9 at point 60, ragged, and a fall.
    auto curve = curve_of(100, 100, 1e-7, 10, [](int i) {
        if (i < 30) return .5;
        if (i < 60) return .5 + .4 * (i - 30) / 30;
        return i < 80 ? .9 - .02 * (i % 2) : .5;
    });
    curve.higher_is_better = true;
    const auto pair = analysis::suggest_smith(curve).value();
    CHECK(pair.base == Approx(log_rate(33)));
    CHECK(pair.max == Approx(log_rate(54)));
    // Half of the gain is made at point 45, or by rounding at the next.
    CHECK(analysis::suggest_pair(curve).value().max == Approx(4 * log_rate(45)).epsilon(.25));
    CHECK(analysis::suggest_pair(curve).value().base == Approx(log_rate(45) / 3).epsilon(.25));
    curve.higher_is_better = false;
    CHECK_FALSE(analysis::suggest_smith(curve));
}

TEST_CASE("the pair for a cycle leaves room between its rates") {
    const auto with_bottom_to = [](int end) {
        return analysis::suggest_pair(curve_of(100, 100, 1e-7, 10, [end](int i) {
            if (i < 50) return 2.;
            return i < end ? 1. + .02 * (i % 3) : 3.;  // the lowest point is anywhere in the bottom
        }));
    };
    const auto wide = with_bottom_to(70).value(), narrow = with_bottom_to(55).value();
    CHECK(wide.max == Approx(4 * log_rate(50)));
    CHECK(wide.base == Approx(log_rate(50) / 3));
    CHECK_THAT(wide.reason, Catch::Contains("max four times that"));
    CHECK(narrow.max == Approx(log_rate(54)));
    CHECK(narrow.base == Approx(log_rate(50) / 3));
    CHECK_THAT(narrow.reason, Catch::Contains("max where the curve leaves its best values"));
}

TEST_CASE("gain counts below the class fractions only") {
    // The first fall, from .69 to .21, is the last bias; learning is what follows, from point 60 to 80.
    const auto two_falls = [](int i) {
        if (i < 30) return .69;
        if (i < 40) return .69 - .048 * (i - 30);
        if (i < 60) return .21;
        if (i < 80) return .21 - .0055 * (i - 60);
        return i < 90 ? .1 : .5;
    };
    auto curve = curve_of(100, 100, 1e-7, 10, two_falls);
    CHECK(analysis::suggest_pair(curve).value().max < log_rate(50));  // the fault
    curve.fractions_only = .21;
    const auto pair = analysis::suggest_pair(curve).value();
    CHECK(pair.base == Approx(log_rate(70) / 3).epsilon(.25));  // a step more or less
    CHECK(pair.max == Approx(4 * log_rate(70)).epsilon(.25));
    SECTION("without a gain below them there is no suggestion and a hint") {
        auto only_bias = curve_of(100, 100, 1e-7, 10, [&](int i) { return i < 60 ? two_falls(i) : i < 90 ? .209 : 3; });
        only_bias.fractions_only = .21;
        CHECK(nothing(only_bias));
        CHECK_THAT(
            analysis::suggest(only_bias).no_pair,
            Catch::Contains("below what the class fractions alone give, 0.21") && Catch::Contains("more updates"));
    }
    SECTION("an accuracy counts above them") {
        auto accuracy = curve_of(100, 100, 1e-7, 10, [](int i) {
            if (i < 20) return .4;
            if (i < 30) return .4 + .05 * (i - 20);
            if (i < 60) return .9;
            if (i < 80) return .9 + .005 * (i - 60);
            return i < 90 ? 1. : .5;
        });
        accuracy.higher_is_better = true;
        CHECK(analysis::suggest_pair(accuracy).value().max < log_rate(40));
        accuracy.fractions_only = .9;
        CHECK(analysis::suggest_pair(accuracy).value().max == Approx(4 * log_rate(70)).epsilon(.25));
    }
}

TEST_CASE("a mean curve has no pair where no single seed has one, and the seeds' maxima are compared") {
    const auto fall = [](int shift) {
        return curve_of(100, 100, 1e-7, 10, [shift](int i) { return worked_example(std::min(99, i + shift)); });
    };
    lab::RangeTest test{.curve = fall(0)};
    test.runs = {{.curve = fall(0)}, {.curve = fall(10)}, {.curve = fall(-10)}};
    REQUIRE(analysis::suggest_of_seeds(test).pair);
    CHECK(analysis::suggest_of_seeds(test).pair->max == analysis::suggest_pair(test.curve)->max);
    // Ten points earlier and ten later, of .08 decades each.
    CHECK(analysis::disagreement(test).value() == Approx(std::pow(10, 1.6)).epsilon(.25));
    for (lab::RangeRun& run : test.runs) run.curve.noise = 1;
    CHECK_FALSE(analysis::suggest_of_seeds(test).pair);
    CHECK_THAT(analysis::suggest_of_seeds(test).no_pair, Catch::Contains("none of them alone"));
    CHECK_FALSE(analysis::disagreement(test));
}

TEST_CASE("an accuracy and one minus it as a loss give the same") {
    auto accuracy = curve_of(95, 100, 1e-7, 10, [](int i) { return 1 - worked_example(i); });
    accuracy.higher_is_better = true;
    const auto a = analysis::suggest(accuracy), b = analysis::suggest(curve_of(95, 100, 1e-7, 10, worked_example));
    for (std::size_t i = 0; i < a.rates.size(); ++i) CHECK(a.rates[i].rate == b.rates[i].rate);
    CHECK(a.pair.value().base == b.pair.value().base);
    CHECK(a.pair.value().max == b.pair.value().max);
}

TEST_CASE("no curve to read gives no suggestion and says why") {
    const double nan = std::numeric_limits<double>::quiet_NaN();
    CHECK(nothing({}));
    CHECK(nothing({.rate = {.1}, .value = {1}}));
    CHECK(nothing({.rate = {.1, .2, .3}, .value = {1, .5, 1}}));
    CHECK(nothing(curve_of(100, 100, 1e-7, 10, [](int) { return .693; })));
    CHECK(nothing(curve_of(100, 100, 1e-7, 10, [](int) { return 0; })));
    CHECK(nothing(curve_of(100, 100, 1e-7, 10, [](int i) { return .7 + .01 * i; })));             // only rises
    CHECK(nothing(curve_of(100, 100, 1e-7, 10, [nan](int i) { return i < 3 ? 1. - i : nan; })));  // diverges at once
    CHECK(nothing(curve_of(100, 100, 1e-7, 10, [nan](int) { return nan; })));
    CHECK_THAT(analysis::suggest({}).no_pair, Catch::Contains("0 usable point(s)"));
    CHECK_THAT(analysis::suggest(curve_of(100, 100, 1e-7, 10, [](int) { return .693; })).no_pair,
               Catch::Contains("does not fall"));
    // More updates may help where nothing was learned, not where nothing could be read or all was.
    CHECK(analysis::suggest(curve_of(100, 100, 1e-7, 10, [](int) { return .693; })).too_short);
    CHECK_FALSE(analysis::suggest({}).too_short);
    CHECK_FALSE(analysis::suggest(curve_of(100, 100, 1e-7, 10, [](int i) { return 1 - .001 * i; })).too_short);
    CHECK_FALSE(analysis::suggest(curve_of(95, 100, 1e-7, 10, worked_example)).too_short);
}

TEST_CASE("what follows the first non-finite value is not read") {
    const double nan = std::numeric_limits<double>::quiet_NaN();
    const auto whole = curve_of(95, 100, 1e-7, 10, worked_example);
    const auto with_tail = curve_of(100, 100, 1e-7, 10, [nan](int i) {
        if (i == 95) return nan;
        return i > 95 ? -1e9 : worked_example(i);
    });
    const auto a = analysis::suggest(whole), b = analysis::suggest(with_tail);
    for (std::size_t i = 0; i < a.rates.size(); ++i) CHECK(a.rates[i].rate == b.rates[i].rate);
}

TEST_CASE("a curve that still falls at its end gives no pair and asks for higher rates") {
    const auto curve = curve_of(100, 100, 1e-7, 10, [](int i) { return 2 - .01 * i; });
    const auto all = analysis::suggest(curve);
    CHECK_FALSE(all.pair);
    CHECK_FALSE(analysis::suggest_minimum(curve));
    CHECK_THAT(all.no_pair, Catch::Contains("higher last rate"));
    CHECK(analysis::suggest_valley(curve).has_value());
    check_sane(curve);
}

TEST_CASE("noise alone is not taken for learning") {
    for (std::uint64_t seed = 0; seed < 50; ++seed) {
        // As a range test smooths it: a running mean of noisy losses.
        constexpr double kBeta = .95, kNoise = .2;
        double mean = .7;
        auto curve = curve_of(300, 300, 1e-5, 1, [&](int i) {
            mean = kBeta * mean + (1 - kBeta) * (.7 + kNoise * Random(seed).normal(static_cast<std::uint64_t>(i)));
            return mean;
        });
        curve.noise = kNoise * std::sqrt((1 - kBeta) / (1 + kBeta));
        INFO("seed " << seed);
        REQUIRE(nothing(curve));
    }
}

TEST_CASE("whatever the curve the suggestions are sane or none") {
    for (std::uint64_t seed = 0; seed < 300; ++seed) {
        const Random random(seed);
        const int points = static_cast<int>(random.below(0, 400));
        const double fall = random.uniform(1) * 3, noise = random.uniform(2), blow_up = random.uniform(3) * points;
        auto curve = curve_of(points, points, 1e-6, 10, [&](int i) {
            const double x = (i - points / 2.0) / (points / 8.0 + 1);
            return 2.3 - fall / (1 + std::exp(-x)) + std::exp((i - blow_up) / 5) +
                   noise * random.normal(static_cast<std::uint64_t>(i) + 10);
        });
        INFO("seed " << seed);
        check_sane(curve);
    }
}

TEST_CASE("more points on the same curve give the same suggestions within their spacing") {
    const auto few = analysis::suggest(curve_of(95, 100, 1e-7, 10, worked_example));
    for (const int factor : {2, 5, 20}) {
        const auto many = analysis::suggest(curve_of(95 * factor, 100 * factor, 1e-7, 10, [factor](int i) {
            return worked_example(i / factor) +
                   (worked_example(i / factor + 1) - worked_example(i / factor)) * (i % factor) / factor;
        }));
        for (std::size_t i = 0; i < few.rates.size(); ++i) {
            INFO(few.rates[i].name << ", " << factor << " times as many points");
            CHECK(std::abs(std::log10(many.rates[i].rate.value() / few.rates[i].rate.value())) < .17);
        }
    }
}

TEST_CASE("rates that are no sweep are refused") {
    CHECK_THROWS_WITH(analysis::suggest({.rate = {.1, .2}, .value = {1}}), Catch::Contains("2 rates and 1 values"));
    CHECK_THROWS_WITH(analysis::suggest({.rate = {.2, .1}, .value = {1, 2}}), Catch::Contains("ascending"));
    CHECK_THROWS_WITH(analysis::suggest({.rate = {0, .1}, .value = {1, 2}}), Catch::Contains("positive"));
}
