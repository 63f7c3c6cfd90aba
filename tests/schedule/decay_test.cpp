// Each formula at points worked out by hand, and warm restarts against a loop that walks through the cycles.

#include <cyclone/schedule/decay.h>
#include <cyclone/schedule/restarts.h>

#include <cmath>
#include <numbers>

#include "support/catch.h"

using namespace cyclone;

namespace {

constexpr double kTight = 1e-12;

double annealed(double from, double to, double p) {
    return to + (from - to) * (1 + std::cos(std::numbers::pi * p)) / 2;
}

}  // namespace

TEST_CASE("time decay equals the study's fixed rate") {
    const auto rate = schedule::keras_time_decay({.base = 0.002, .decay = 0.96});
    CHECK(rate.value(0) == 0.002);
    CHECK(rate.value(1) == Approx(0.002 / 1.96).epsilon(kTight));
    CHECK(rate.value(10) == Approx(1.89e-4).epsilon(3e-3));
    CHECK(rate.value(23'999) == Approx(8.68e-8).epsilon(1e-3));
    CHECK(rate.describe() == "keras_time_decay(base=0.002, decay=0.96)");
}

TEST_CASE("steps fall at their update and not before") {
    const auto step = schedule::step({.base = 1, .gamma = 0.5, .every = Iterations{10}});
    CHECK(step.value(9) == 1);
    CHECK(step.value(10) == 0.5);
    CHECK(step.value(39) == 0.125);
    const auto multi = schedule::multi_step({.base = 1, .gamma = 0.5, .milestones = {Epochs{2}, Iterations{5}}});
    const auto resolved = multi.with_updates_per_epoch(10);
    CHECK(resolved.value(4) == 1);
    CHECK(resolved.value(5) == 0.5);
    CHECK(resolved.value(19) == 0.5);
    CHECK(resolved.value(20) == 0.25);
    CHECK(resolved.describe() == "multi_step(base=1, gamma=0.5, milestone=2 epochs = 20 updates, milestone=5 updates)");
}

TEST_CASE("exponential, linear, polynomial and cosine pass through known points and stay at their end") {
    const auto exponential = schedule::exponential({.base = 1, .gamma = 0.25, .every = Iterations{10}});
    CHECK(exponential.value(5) == Approx(0.5).epsilon(kTight));
    CHECK(exponential.value(20) == Approx(0.0625).epsilon(kTight));
    CHECK(schedule::exponential({.base = 1, .gamma = 0.9}).value(3) == Approx(0.729).epsilon(kTight));

    const auto linear = schedule::linear({.start = 1, .end = 0.2, .length = Iterations{8}});
    CHECK(linear.value(0) == 1);
    CHECK(linear.value(2) == Approx(0.8).epsilon(kTight));
    CHECK(linear.value(8) == 0.2);
    CHECK(linear.value(9) == 0.2);
    CHECK(schedule::linear({.start = 0, .end = 1, .length = Iterations{4}}).value(1) == 0.25);

    const auto polynomial = schedule::polynomial({.start = 2, .end = 1, .power = 3, .length = Iterations{4}});
    CHECK(polynomial.value(0) == 2);
    CHECK(polynomial.value(2) == Approx(1.125).epsilon(kTight));
    CHECK(polynomial.value(4) == 1);

    const auto cosine = schedule::cosine({.start = 1, .end = 0.5, .length = Iterations{12}});
    for (std::uint64_t t = 0; t <= 12; ++t)
        CHECK(cosine.value(t) == Approx(annealed(1, 0.5, static_cast<double>(t) / 12)).epsilon(kTight));
    CHECK(cosine.value(1'000) == 0.5);
}

TEST_CASE("warm restarts equal the golden vector of CosineAnnealingWarmRestarts") {
    // T_0 10, T_mult 2, eta_min 0.001, base 0.1 (learning_rate.md A.3, printed with 10 decimals).
    const auto rate =
        schedule::cosine_warm_restarts({.base = 0.001, .max = 0.1, .period = Iterations{10}, .multiplier = 2});
    const std::pair<std::uint64_t, double> points[] = {
        {0, 0.1},           {5, 0.0505}, {9, 0.0034227024}, {10, 0.1},          {20, 0.0505},
        {29, 0.0016094271}, {30, 0.1},   {50, 0.0505},      {69, 0.0011525920}, {70, 0.1}};
    for (const auto& point : points) {
        INFO("update " << point.first);
        CHECK(rate.value(point.first) == Approx(point.second).margin(6e-11));
    }
}

TEST_CASE("warm restarts asked for any update equal a walk through the cycles") {
    struct Case {
        std::uint64_t period;
        double multiplier, peak_decay;
    };
    for (const Case& c :
         {Case{10, 2, 1}, Case{1, 3, 1}, Case{7, 1, 0.5}, Case{10, 1.5, 0.9}, Case{3, 1.01, 1}, Case{1, 1.0001, 1},
          Case{100, 0.8, 0.7}, Case{4, 0.5, 1}, Case{1, 0.5, 1}, Case{9, 1e-300, 1}, Case{9, 1e300, 1}}) {
        const auto rate = schedule::cosine_warm_restarts({.base = 0.001,
                                                          .max = 0.1,
                                                          .period = Iterations{c.period},
                                                          .multiplier = c.multiplier,
                                                          .peak_decay = c.peak_decay});
        INFO(rate.describe());
        // Cycle lengths summed one by one, as a stateful scheduler would.
        double begin_exact = 0, length = static_cast<double>(c.period), peak = 0.1;
        bool over = false;
        for (std::uint64_t t = 0; t < 5'000; ++t) {
            const auto now = static_cast<double>(t);
            while (!over && now >= std::round(begin_exact + length)) {
                if (c.multiplier < 1 && length * c.multiplier < 2) {
                    over = true;
                    break;
                }
                begin_exact += length;
                length *= c.multiplier;
                peak = 0.001 + (peak - 0.001) * c.peak_decay;
            }
            const double begin = std::round(begin_exact), end = std::round(begin_exact + length);
            const double expected = over ? 0.001 : annealed(peak, 0.001, (now - begin) / (end - begin));
            INFO("update " << t);
            REQUIRE(rate.value(t) == Approx(expected).epsilon(1e-9));
        }
    }
}

TEST_CASE("warm restarts keep their peaks at huge update numbers") {
    const auto doubling = schedule::cosine_warm_restarts({.max = 1, .period = Iterations{1000}, .multiplier = 2});
    const auto equal = schedule::cosine_warm_restarts({.max = 1, .period = Iterations{1000}});
    for (int n = 0; n < 43; ++n) {
        const std::uint64_t restart = 1000 * ((std::uint64_t{1} << n) - 1);
        INFO("restart " << n);
        CHECK(doubling.value(restart) == 1);
        if (n > 0) CHECK(doubling.value(restart - 1) < 1e-4);
        CHECK(equal.value(restart) == 1);
        CHECK(equal.value(restart + 500) == Approx(0.5));
    }
}
