// Schedules made of schedules, units, and what holds for every factory: bounds, and errors at construction.

#include <cyclone/schedule/compose.h>
#include <cyclone/schedule/cyclic.h>
#include <cyclone/schedule/decay.h>
#include <cyclone/schedule/definition.h>
#include <cyclone/schedule/one_cycle.h>
#include <cyclone/schedule/restarts.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "schedule/error_text.h"
#include "support/catch.h"

using namespace cyclone;

namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// One or more of every factory, with moderate and with extreme settings.
std::vector<Schedule> every_schedule() {
    using namespace schedule;
    const auto long_way = Iterations{0x1p53};
    const CyclicOptions cycle{.base = 0.002, .max = 0.03, .step_size = Iterations{4000}};
    return {constant(0),
            constant(std::numeric_limits<double>::max()),
            keras_time_decay({.base = 0.002, .decay = 0.96}),
            keras_time_decay({.base = 1, .decay = 1e308}),
            step({.base = 0.1, .gamma = 0.5, .every = Iterations{1}}),
            multi_step({.base = 0.1, .milestones = {Iterations{1}, long_way}}),
            exponential({.base = 0.1, .gamma = 0.999}),
            exponential({.base = 0.1, .gamma = 1e-300}),
            linear({.start = 1, .end = 0, .length = long_way}),
            linear({.start = 1, .end = 3, .length = Iterations{7}}),
            polynomial({.start = 1, .end = 0.1, .power = 0.01, .length = long_way}),
            polynomial({.start = 1, .power = 1e6, .length = Iterations{100}}),
            cosine({.start = 0.1, .length = long_way}),
            cosine({.start = 0.1, .length = Iterations{1}}),
            cosine_warm_restarts({.max = 0.1, .period = Iterations{1}}),
            cosine_warm_restarts({.max = 0.1, .period = long_way, .multiplier = 1.5}),
            cosine_warm_restarts({.max = 0.1, .period = Iterations{3}, .multiplier = 1 + 1e-15, .peak_decay = 0.5}),
            cosine_warm_restarts({.max = 0.1, .period = Iterations{1000}, .multiplier = 1 - 1e-9}),
            cosine_warm_restarts({.max = 0.1, .period = Iterations{3}, .multiplier = 1e308}),
            cosine_warm_restarts({.max = 0.1, .period = long_way, .multiplier = 5e-324}),
            triangular(cycle),
            triangular({.base = 0, .max = 1, .step_size = long_way, .step_size_down = long_way}),
            triangular2(cycle),
            triangular2({.base = 0, .max = 1, .step_size = Iterations{1}}),
            exp_range({.base = 0, .max = 1e300, .step_size = Iterations{1}, .gamma = 1e-300}),
            exp_range({.base = 0.002, .max = 0.03, .step_size = Iterations{4000}, .gamma = 1}),
            triangular_mean(cycle, long_way),
            one_cycle({.max = 0.1, .length = long_way}),
            one_cycle({.max = 0.1, .length = Iterations{3}, .three_phase = true}),
            against(one_cycle({.max = 1, .length = Iterations{1000}, .anneal = Anneal::linear}), 0.85, 0.95),
            against(warmup(triangular2(cycle), Iterations{10}), 0.8, 0.9),
            warmup(cosine({.start = 0.1, .length = Iterations{50}}), Iterations{10}),
            warmup(constant(1), long_way),
            join({{Iterations{3}, constant(1)}, {long_way, triangular(cycle)}, {constant(0)}}),
            clamp(triangular(cycle), 0.01, 0.02),
            scale(constant(std::numeric_limits<double>::max()), 10),
            function("mine", [](std::uint64_t t) { return static_cast<double>(t); })};
}

}  // namespace

TEST_CASE("every schedule is finite and at least 0 for every update up to 2 to the 53") {
    std::vector<std::uint64_t> updates;
    for (std::uint64_t t = 0; t < 200; ++t) updates.push_back(t);
    for (int power = 8; power <= 53; ++power)
        for (const std::uint64_t offset : {0, 1, 2}) updates.push_back((std::uint64_t{1} << power) - offset);
    for (const Schedule& schedule : every_schedule()) {
        INFO(schedule.describe());
        for (const std::uint64_t t : updates) {
            INFO("update " << t);
            const double value = schedule.value(t);
            REQUIRE(std::isfinite(value));
            REQUIRE(value >= 0);
        }
    }
}

TEST_CASE("nonsense fails where the schedule is made and says what was expected") {
    using namespace schedule;
    const Iterations ten{10};
    struct Case {
        const char* message;  // a part of it that matters
        std::function<void()> make;
    };
    const std::vector<Case> cases{
        {"triangular: expected base <= max, got 0.03 and 0.002",
         [&] { triangular({.base = 0.03, .max = 0.002, .step_size = ten}); }},
        {"base <= max", [&] { cosine_warm_restarts({.base = 1, .max = 0.5, .period = ten}); }},
        {"low <= high", [&] { against(one_cycle({.max = 1, .length = ten}), 0.95, 0.85); }},
        {"against: expected a rate that rises and falls between two bounds (a cyclic one or one_cycle), got "
         "constant(1)",
         [] { against(1, 0.85, 0.95); }},
        {"got join(",
         [&] {
             against(join({{ten, constant(1)}, {one_cycle({.max = 1, .length = ten})}}), 0.85, 0.95);
         }},
        {"low <= high", [&] { clamp(constant(1), 2, 1); }},
        {"constant: expected a finite number >= 0, got -1", [] { constant(-1); }},
        {"got nan", [] { constant(kNan); }},
        {"got inf", [] { Schedule{kInfinity}; }},
        {"base: expected", [] { keras_time_decay({.base = -1, .decay = 1}); }},
        {"decay: expected", [] { keras_time_decay({.base = 1, .decay = -0.5}); }},
        {"start: expected", [&] { linear({.start = kNan, .length = ten}); }},
        {"end: expected", [&] { cosine({.start = 1, .end = -1, .length = ten}); }},
        {"max: expected", [&] { triangular2({.base = 0, .max = kInfinity, .step_size = ten}); }},
        {"step_size: expected a positive number of updates or epochs, at most 2^53, got 0 updates",
         [] { triangular({.base = 0, .max = 1, .step_size = Iterations{0}}); }},
        {"got -2 epochs", [] { triangular({.base = 0, .max = 1, .step_size = Epochs{-2}}); }},
        {"step_size_down: expected",
         [&] { exp_range({.base = 0, .max = 1, .step_size = ten, .step_size_down = Epochs{kNan}}); }},
        {"every: expected", [] { step({.base = 1, .every = Epochs{kInfinity}}); }},
        {"length: expected", [] { one_cycle({.max = 1, .length = Iterations{1e17}}); }},
        {"period: expected", [] { cosine_warm_restarts({.max = 1, .period = Epochs{0}}); }},
        {"length: expected", [] { warmup(constant(1), Iterations{-1}); }},
        {"gamma: expected a factor in (0, 1], got 1.1 (above 1 the value would grow without bound",
         [&] { exp_range({.base = 0, .max = 1, .step_size = ten, .gamma = 1.1}); }},
        {"gamma: expected a factor in (0, 1], got 0",
         [&] { exp_range({.base = 0, .max = 1, .step_size = ten, .gamma = 0}); }},
        {"gamma: expected", [&] { step({.base = 1, .gamma = -0.1, .every = ten}); }},
        {"gamma: expected", [&] { exponential({.base = 1, .gamma = kNan}); }},
        {"multiplier: expected", [&] { cosine_warm_restarts({.max = 1, .period = ten, .multiplier = 0}); }},
        {"peak_decay: expected", [&] { cosine_warm_restarts({.max = 1, .period = ten, .peak_decay = 1.5}); }},
        {"power: expected", [&] { polynomial({.start = 1, .power = 0, .length = ten}); }},
        {"pct_start: expected a fraction in [0, 1], got 30 (hint: 30 % is 0.3)",
         [&] { one_cycle({.max = 1, .length = ten, .pct_start = 30}); }},
        {"pct_start: expected", [&] { one_cycle({.max = 1, .length = ten, .pct_start = kNan}); }},
        {"(0, 0.5] with three phases",
         [&] { one_cycle({.max = 1, .length = ten, .pct_start = 0.6, .three_phase = true}); }},
        {"div_factor and final_div_factor >= 1", [&] { one_cycle({.max = 1, .length = ten, .div_factor = 0.5}); }},
        {"final_div_factor: expected", [&] { one_cycle({.max = 1, .length = ten, .final_div_factor = 0}); }},
        {"factor: expected", [] { scale(constant(1), -1); }},
        {"from: expected", [&] { warmup(constant(1), ten, kNan); }},
        {"join: expected at least one schedule", [] { join({}); }},
        {"piece 0: expected a length",
         [&] {
             join({{constant(1)}, {constant(2)}});
         }},
        {"the last piece runs for ever",
         [&] {
             join({{ten, constant(1)}, {ten, constant(2)}});
         }},
        {"milestones: expected at least one", [] { multi_step({.base = 1, .milestones = {}}); }},
        {"milestone: expected", [] { multi_step({.base = 1, .milestones = {Epochs{-1}}}); }},
        {"mine: expected a function", [] { function("mine", nullptr); }},
    };
    for (const Case& c : cases) {
        const std::string text = test::error_text(c.make);
        INFO("expected: " << c.message << "\n     got: " << text);
        CHECK(test::contains(text, c.message));
    }
}

TEST_CASE("a plain number is a constant schedule") {
    const Schedule rate = 0.1;
    CHECK(rate.value(0) == 0.1);
    CHECK(rate.value(1'000'000) == 0.1);
    CHECK(rate.describe() == "constant(0.1)");
    CHECK(!rate.needs_updates_per_epoch());
}

TEST_CASE("lengths in epochs must be told the updates per epoch") {
    const auto rate = schedule::triangular({.base = 0.002, .max = 0.03, .step_size = Epochs{2}});
    CHECK(rate.needs_updates_per_epoch());
    CHECK(test::contains(test::error_text([&] { rate.value(0); }), "with_updates_per_epoch"));
    CHECK_THROWS_AS(rate.with_updates_per_epoch(0), Error);
    CHECK(rate.describe() == "triangular(base=0.002, max=0.03, step_size=2 epochs)");

    const auto resolved = rate.with_updates_per_epoch(2000);
    CHECK(!resolved.needs_updates_per_epoch());
    CHECK(resolved.value(4000) == 0.03);
    CHECK(resolved.describe() == "triangular(base=0.002, max=0.03, step_size=2 epochs = 4000 updates)");
    CHECK(rate.needs_updates_per_epoch());

    // For good: another batch size later moves nothing.
    CHECK(resolved.with_updates_per_epoch(10).value(4000) == 0.03);
    CHECK(resolved.with_updates_per_epoch(10).describe() == resolved.describe());
    const auto around = schedule::warmup(resolved, Epochs{1}).with_updates_per_epoch(10);
    CHECK(around.value(10 + 4000) == 0.03);
}

TEST_CASE("fractions of an epoch are rounded to whole updates and never to none") {
    CHECK(Length(Epochs{0.25}).updates(10) == 3);
    CHECK(Length(Epochs{0.001}).updates(10) == 1);
    CHECK(Length(Epochs{1.0 / 3}).updates(3000) == 1000);
    CHECK(Length(Iterations{4000}).updates(7) == 4000);
    CHECK(Length(Iterations{2.6}).updates(7) == 3);
    CHECK_THROWS_AS(Length(Epochs{1e10}).updates(std::uint64_t{1} << 40), Error);
    CHECK_THROWS_AS(Length(Epochs{-1}).updates(10), Error);
    CHECK(Length(Epochs{1}).describe() == "1 epoch");
    CHECK(Length(Epochs{0.5}).describe() == "0.5 epochs");
    CHECK(Length(Iterations{100'000}).describe() == "100000 updates");
    CHECK(schedule::constant(2e-5).describe() == "constant(2e-05)");
    const auto too_long = schedule::linear({.start = 1, .length = Epochs{1e10}});
    CHECK_THROWS_AS(too_long.with_updates_per_epoch(std::uint64_t{1} << 40), Error);
}

TEST_CASE("warm-up rises to the first value of what follows and then lets it start at its own 0") {
    const auto after = schedule::linear({.start = 1, .end = 0, .length = Iterations{10}});
    const auto rate = schedule::warmup(after, Iterations{4}, 0.2);
    CHECK(rate.value(0) == 0.2);
    CHECK(rate.value(2) == Approx(0.6));
    for (std::uint64_t t = 0; t < 20; ++t) CHECK(rate.value(4 + t) == after.value(t));
    CHECK(schedule::warmup(0.5, Iterations{2}).value(0) == 0);
}

TEST_CASE("join runs each schedule from its own 0") {
    const auto cycle = schedule::triangular({.base = 0, .max = 1, .step_size = Epochs{1}});
    const auto rate = schedule::join({{Epochs{1}, 0.5}, {Iterations{3}, cycle}, {cycle}});
    CHECK(rate.needs_updates_per_epoch());
    const auto resolved = rate.with_updates_per_epoch(4), inner = cycle.with_updates_per_epoch(4);
    for (std::uint64_t t = 0; t < 4; ++t) CHECK(resolved.value(t) == 0.5);
    for (std::uint64_t t = 0; t < 3; ++t) CHECK(resolved.value(4 + t) == inner.value(t));
    for (std::uint64_t t = 0; t < 30; ++t) CHECK(resolved.value(7 + t) == inner.value(t));
    CHECK(schedule::join({{0.25}}).value(9) == 0.25);
    CHECK(schedule::join({{Iterations{1}, 1}, {2}}).describe() == "join(1 update, constant(1), constant(2))");
}

TEST_CASE("clamp and scale act on every value") {
    const auto line = schedule::linear({.start = 0, .end = 1, .length = Iterations{10}});
    const auto clamped = schedule::clamp(line, 0.25, 0.5), scaled = schedule::scale(line, 3);
    for (std::uint64_t t = 0; t < 20; ++t) {
        CHECK(clamped.value(t) == std::min(std::max(line.value(t), 0.25), 0.5));
        CHECK(scaled.value(t) == 3 * line.value(t));
    }
}

TEST_CASE("a function or definition of one's own is a schedule like any other") {
    const auto mine = schedule::function("mine", [](std::uint64_t t) { return t < 5 ? 1.0 : -1.0; });
    CHECK(mine.value(4) == 1);
    CHECK(test::error_text([&] { mine.value(5); }) == "mine(): expected a finite value >= 0, got -1 at update 5");

    const auto square_root_decay = [](double base, Length length) {
        schedule::Definition d("square_root_decay");
        d.rate("base", base).length("length", length);
        return d.formula([=](std::uint64_t t, const schedule::Parts& parts) {
            return base / std::sqrt(1 + static_cast<double>(t) / parts.updates(0));
        });
    };
    const auto rate = square_root_decay(1, Epochs{1}).with_updates_per_epoch(10);
    CHECK(rate.value(30) == 0.5);
    CHECK(rate.describe() == "square_root_decay(base=1, length=1 epoch = 10 updates)");
}
