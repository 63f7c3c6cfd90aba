// Oracles: the golden vectors of the CLR callback (bckenstler/CLR clr_callback.py) and of PyTorch's CyclicLR, and both
// formulas as their authors wrote them, in floating point.

#include <cyclone/schedule/compose.h>
#include <cyclone/schedule/cyclic.h>
#include <cyclone/schedule/decay.h>
#include <cyclone/schedule/definition.h>
#include <cyclone/schedule/summary.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "support/catch.h"

using namespace cyclone;

namespace {

constexpr double kTight = 1e-12;

using Points = std::vector<std::pair<std::uint64_t, double>>;

void check_points(const Schedule& schedule, const Points& points, double tolerance = kTight) {
    INFO(schedule.describe());
    for (const auto& point : points) {
        INFO("update " << point.first);
        CHECK(schedule.value(point.first) == Approx(point.second).epsilon(tolerance));
    }
}

double clr_callback(double t, double s, double base, double max, const std::string& mode, double gamma) {
    const double cycle = std::floor(1 + t / (2 * s));
    const double x = std::abs(t / s - 2 * cycle + 1);
    const double scale = mode == "triangular2" ? 1 / std::pow(2, cycle - 1)
                         : mode == "exp_range" ? std::pow(gamma, t)
                                               : 1;
    return base + (max - base) * std::max(0.0, 1 - x) * scale;
}

double pytorch_cyclic(double t, double up, double down, double base, double max) {
    const double total = up + down, r = up / total;
    const double x = 1 + t / total - std::floor(1 + t / total);
    return base + (max - base) * (x <= r ? x / r : (x - 1) / (r - 1));
}

}  // namespace

TEST_CASE("the three cyclic modes equal the golden vectors of the CLR callback") {
    const schedule::CyclicOptions options{.base = 0.001, .max = 0.006, .step_size = Iterations{2000}};
    check_points(schedule::triangular(options), {{0, 0.001},
                                                 {1, 0.0010025},
                                                 {500, 0.00225},
                                                 {1000, 0.0035},
                                                 {2000, 0.006},
                                                 {3000, 0.0035},
                                                 {4000, 0.001},
                                                 {6000, 0.006}});
    check_points(schedule::triangular2(options), {{5000, 0.00225}, {6000, 0.0035}, {8000, 0.001}, {10000, 0.00225}});
    check_points(schedule::exp_range({.base = 0.001, .max = 0.006, .step_size = Iterations{2000}, .gamma = 0.99994}),
                 {{1, 0.00100249985},
                  {500, 0.0022130558251412602},
                  {1000, 0.00335440709585463},
                  {2000, 0.0054345862184085065},
                  {3000, 0.0030881642519600275},
                  {5000, 0.0028520288827030491},
                  {6000, 0.0044883439545310242},
                  {10000, 0.0037440087858930434}});
}

TEST_CASE("separate up and down lengths with inverse momentum equal the golden vector of CyclicLR") {
    const auto rate = schedule::triangular2(
        {.base = 0.001, .max = 0.006, .step_size = Iterations{2000}, .step_size_down = Iterations{1000}});
    const auto momentum = schedule::against(rate, 0.8, 0.9);
    check_points(rate, {{0, 0.001},
                        {1000, 0.0035},
                        {2000, 0.006},
                        {2500, 0.0035},
                        {3000, 0.001},
                        {4000, 0.00225},
                        {5000, 0.0035},
                        {6000, 0.001}});
    check_points(
        momentum,
        {{0, 0.9}, {1000, 0.85}, {2000, 0.8}, {2500, 0.85}, {3000, 0.9}, {4000, 0.875}, {5000, 0.85}, {6000, 0.9}});
}

TEST_CASE("every update of the study's run equals the formula of the CLR callback") {
    const schedule::CyclicOptions options{.base = 0.002, .max = 0.03, .step_size = Iterations{4000}};
    const auto triangular = schedule::triangular(options), triangular2 = schedule::triangular2(options);
    const auto exp_range = schedule::exp_range({.base = 0.002, .max = 0.03, .step_size = Iterations{4000}});
    for (std::uint64_t t = 0; t < 24'000; ++t) {
        const auto expected = [t](const std::string& mode) {
            return clr_callback(static_cast<double>(t), 4000, 0.002, 0.03, mode, 0.99994);
        };
        REQUIRE(triangular.value(t) == Approx(expected("triangular")).epsilon(kTight));
        REQUIRE(triangular2.value(t) == Approx(expected("triangular2")).epsilon(kTight));
        REQUIRE(exp_range.value(t) == Approx(expected("exp_range")).epsilon(kTight));
    }
}

TEST_CASE("odd lengths equal the formula of CyclicLR and do not drift") {
    for (const auto& [up, down] : std::vector<std::pair<int, int>>{{1, 1}, {1, 7}, {7, 1}, {3, 5}, {997, 13}}) {
        const auto rate = schedule::triangular(
            {.base = 0.001, .max = 0.006, .step_size = Iterations{up}, .step_size_down = Iterations{down}});
        for (std::uint64_t t = 0; t < 3000; ++t)
            REQUIRE(rate.value(t) ==
                    Approx(pytorch_cyclic(static_cast<double>(t), up, down, 0.001, 0.006)).epsilon(1e-9));
        const auto cycle = static_cast<std::uint64_t>(up + down);
        const std::uint64_t far = (std::uint64_t{1} << 52) / cycle * cycle;
        for (std::uint64_t t = 0; t < 20; ++t) REQUIRE(rate.value(far + t) == rate.value(t));
        REQUIRE(rate.value(far + static_cast<std::uint64_t>(up)) == 0.006);
    }
}

TEST_CASE("an amplitude of one's own is a definition around a triangle") {
    const auto cycles = [](double base, double max, Length step, auto scale) {
        schedule::Definition d("my_cycles");
        d.range("base", base, "max", max)
            .schedule(schedule::triangular({.base = 0, .max = 1, .step_size = step}))
            .stages([](const schedule::Parts&) { return std::vector<std::uint64_t>{0}; });
        return d.formula([=](std::uint64_t t, const schedule::Parts& parts) {
            const Schedule& wave = parts.inner[0];
            return base + (max - base) * wave.value(t) * scale(wave.cycle_at(t)->number + 1);
        });
    };
    const auto rate = cycles(1, 5, Epochs{1}, [](std::uint64_t k) { return 1 / static_cast<double>(k); });
    CHECK(rate.is_cyclical());
    const auto known = rate.with_updates_per_epoch(4);
    check_points(known, {{0, 1}, {4, 5}, {8, 1}, {12, 3}, {20, 1 + 4.0 / 3}});
    CHECK(known.period() == 8u);
    CHECK(known.peak() == 4u);
    CHECK_THROWS_AS(cycles(1, 5, Iterations{4}, [](std::uint64_t) { return std::nan(""); }).value(1), Error);
}

TEST_CASE("the sums of the rates are those of the study") {
    // paper.md 0.1: base 0.002, max 0.03, half cycle 4000, 24000 updates.
    const schedule::CyclicOptions options{.base = 0.002, .max = 0.03, .step_size = Iterations{4000}};
    const auto rounded = [](const Schedule& s, double digits) {
        return std::round(schedule::sum(s, 24'000) * digits) / digits;
    };
    CHECK(rounded(schedule::keras_time_decay({.base = 0.002, .decay = 0.96}), 1e4) == Approx(0.0221));
    CHECK(rounded(schedule::constant(0.002), 1e6) == Approx(48));
    CHECK(rounded(schedule::triangular(options), 1e6) == Approx(384));
    CHECK(rounded(schedule::triangular2(options), 1) == 244);
    CHECK(rounded(schedule::exp_range({.base = 0.002, .max = 0.03, .step_size = Iterations{4000}}), 10) ==
          Approx(225.2));
    CHECK(schedule::mean(schedule::triangular2(options), 24'000) == Approx(0.01017).epsilon(1e-3));
    CHECK(schedule::highest(schedule::triangular(options), 24'000) == 0.03);
    CHECK(schedule::highest(schedule::triangular(options), 2'001) == Approx(0.016));
    CHECK(schedule::sum(schedule::constant(1), 0) == 0);
    CHECK(schedule::mean(schedule::constant(1), 0) == 0);
}

TEST_CASE("the mean of triangular in closed form equals its sum over any run") {
    for (const int up : {1, 3, 10}) {
        for (const int down : {1, 4, 9}) {
            const schedule::CyclicOptions options{
                .base = 0.5, .max = 2, .step_size = Iterations{up}, .step_size_down = Iterations{down}};
            for (int run = 1; run < 60; ++run) {
                const double expected = schedule::mean(schedule::triangular(options), static_cast<std::uint64_t>(run));
                INFO(up << " up, " << down << " down, run of " << run);
                REQUIRE(schedule::triangular_mean(options, Iterations{run}).value(7) ==
                        Approx(expected).epsilon(kTight));
            }
        }
    }
}
