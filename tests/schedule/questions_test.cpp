// What a schedule answers besides its values, against the values themselves; and that nothing is read from names.

#include <cyclone/schedule/compose.h>
#include <cyclone/schedule/cyclic.h>
#include <cyclone/schedule/decay.h>
#include <cyclone/schedule/definition.h>
#include <cyclone/schedule/one_cycle.h>
#include <cyclone/schedule/parse.h>
#include <cyclone/schedule/preview.h>
#include <cyclone/schedule/restarts.h>

#include <string>
#include <vector>

#include "schedule/error_text.h"
#include "support/catch.h"

using namespace cyclone;
using schedule::Definition;

namespace {

Schedule triangle(Length step) { return schedule::triangular({.base = 0.1, .max = 0.5, .step_size = step}); }

/// The updates before `end` with which cycles end, one by one.
std::vector<std::uint64_t> cycle_ends(const Schedule& s, std::uint64_t end) {
    std::vector<std::uint64_t> ends;
    std::uint64_t before = 0;
    for (std::uint64_t t = 0; t < end; ++t) {
        const auto cycle = s.cycle_at(t);
        if (!cycle) continue;
        REQUIRE(cycle->begin <= t);
        REQUIRE(t < cycle->end);
        if (cycle->end != before) ends.push_back(before = cycle->end);
    }
    return ends;
}

std::uint64_t first_highest(const Schedule& s, std::uint64_t end) {
    std::uint64_t highest = 0;
    for (std::uint64_t t = 0; t < end; ++t)
        if (s.value(t) > s.value(highest)) highest = t;
    return highest;
}

using Ends = std::vector<std::uint64_t>;

}  // namespace

TEST_CASE("a schedule says where its cycles end") {
    CHECK(cycle_ends(triangle(Iterations{5}), 21) == Ends{10, 20, 30});
    const auto uneven =
        schedule::triangular2({.base = 0, .max = 1, .step_size = Epochs{1}, .step_size_down = Iterations{2}});
    CHECK(uneven.is_cyclical());
    CHECK_THROWS_AS(uneven.cycle_at(0), Error);
    CHECK(cycle_ends(uneven.with_updates_per_epoch(3), 8) == Ends{5, 10});
    CHECK(uneven.with_updates_per_epoch(3).period() == 5u);
    CHECK(uneven.with_updates_per_epoch(3).cycle_at(9)->number == 1);

    const auto growing = schedule::cosine_warm_restarts({.max = 1, .period = Iterations{4}, .multiplier = 2});
    CHECK(cycle_ends(growing, 30) == Ends{4, 12, 28, 60});
    CHECK(growing.period() == 4u);
    const auto shrinking = schedule::cosine_warm_restarts({.max = 1, .period = Iterations{8}, .multiplier = 0.5});
    CHECK(cycle_ends(shrinking, 100) == Ends{8, 12, 14});
    CHECK_FALSE(shrinking.cycle_at(14));

    for (const Schedule& s : {schedule::constant(1), schedule::linear({.start = 1, .length = Iterations{9}}),
                              schedule::one_cycle({.max = 1, .length = Iterations{9}})}) {
        INFO(s.describe());
        CHECK_FALSE(s.is_cyclical());
        CHECK_FALSE(s.cycle_at(3));
        CHECK_FALSE(s.period());
    }
}

TEST_CASE("a schedule says for which run it is made and when it is highest") {
    for (const auto& [text, rises] :
         std::vector<std::pair<std::string, bool>>{{"linear", false},
                                                   {"polynomial", false},
                                                   {"cosine", false},
                                                   {"one-cycle", true},
                                                   {"one-cycle-3", true},
                                                   {"one-cycle:0.11", true},
                                                   {"one-cycle:0", false},
                                                   {"warmup:10:cosine", true},
                                                   {"scale:2:one-cycle", true},
                                                   {"join:20:constant:max+one-cycle", false},
                                                   {"join:20:constant:base+one-cycle:0.21", true}}) {
        INFO(text);
        const auto s = parse_schedule(text, {.total = Iterations{100}, .updates_per_epoch = 10});
        REQUIRE(s.length().has_value());
        CHECK((*s.length() == 100));
        for (std::uint64_t t = *s.length(); t < 120; ++t) CHECK(s.value(t) == s.value(*s.length()));
        CHECK(s.peak().has_value() == rises);
        CHECK(s.peak().value_or(0) == first_highest(s, 100));
    }
    for (const char* text : {"triangular", "triangular2", "exp-range", "exp-range:0.9", "warmup:7:triangular",
                             "join:7:linear+triangular2", "scale:3:exp-range:0.97"}) {
        INFO(text);
        const auto s = parse_schedule(text, {.step_size = Iterations{20}, .total = Iterations{100}});
        CHECK_FALSE(s.length());
        CHECK(s.value(s.peak().value_or(0)) >=
              s.value(first_highest(s, 100)) * (1 - 1e-3));  // exp-range: to the update
    }
    CHECK(triangle(Iterations{20}).peak() == 20u);
    CHECK_FALSE(schedule::cosine_warm_restarts({.max = 1, .period = Iterations{4}}).peak());
    CHECK_FALSE(schedule::constant(1).length());
}

TEST_CASE("a schedule made of others answers with their places in it") {
    const auto cycle = triangle(Epochs{1});
    const auto warm = schedule::warmup(cycle, Iterations{3});
    CHECK(warm.is_cyclical());
    const auto known = warm.with_updates_per_epoch(2);
    CHECK_FALSE(known.cycle_at(2));
    CHECK(cycle_ends(known, 12) == Ends{7, 11, 15});
    CHECK(known.period() == 4u);
    CHECK(known.peak() == 5u);
    CHECK(known.height(1) == 0.0);
    CHECK(known.height(4) == 0.5);

    const auto joined = schedule::join({{Iterations{5}, 0.3}, {Iterations{7}, known}, {triangle(Iterations{4})}});
    CHECK(cycle_ends(joined, 25) == Ends{12, 20, 28});  // 5 + 3 + 4, then from 12 on
    CHECK(joined.peak() == 5u + 5u);
    CHECK_FALSE(joined.has_height());
    const auto stages = joined.stages();
    REQUIRE(stages.size() == 3);
    CHECK(stages[1].begin == 5);
    CHECK(stages[1].end == 12u);
    CHECK(stages[1].schedule.name() == "warmup");
    CHECK_FALSE(stages[2].end);
    CHECK(schedule::clamp(cycle, 0.2, 0.3).with_updates_per_epoch(5).period() == 10u);
    CHECK_FALSE(schedule::warmup(0.1, Iterations{3}).is_cyclical());
}

TEST_CASE("momentum against a rate has its ends where the rate has them") {
    const auto rate = schedule::scale(schedule::warmup(triangle(Iterations{4}), Iterations{2}), 10);
    const auto momentum = schedule::against(rate, 0.8, 0.9);
    for (const std::uint64_t low : {6, 14}) CHECK(momentum.value(low) == 0.8);
    for (const std::uint64_t high : {0, 1, 2, 10}) CHECK(momentum.value(high) == 0.9);
    CHECK(momentum.value(4) == Approx(0.85));
}

// A schedule of one's own may have any name: "linear" without a length read out of bounds once.
TEST_CASE("a user's schedule of every built-in name is what the user made it") {
    std::vector<std::string> names{"cyclic", "cosine_warm_restarts", "keras_time_decay", "triangular_mean", "against"};
    for (const NamedItem& known : schedule::registry().names()) {
        names.push_back(known.name);
        std::string with_underscores = known.name;
        for (char& c : with_underscores)
            if (c == '-') c = '_';
        names.push_back(with_underscores);
    }
    for (const std::string& name : names) {
        INFO(name);
        const auto value = [](std::uint64_t t) { return 1 / static_cast<double>(t + 1); };
        const auto by_function = schedule::function(name, value);
        const auto by_definition =
            Definition(name).rate("start", 1).formula([=](std::uint64_t t, const schedule::Parts&) {
                return value(t);
            });
        const auto with_length =
            Definition(name).length("length", Epochs{500}).formula([=](std::uint64_t t, const schedule::Parts&) {
                return value(t);
            });
        for (const Schedule& s : {by_function, by_definition, with_length.with_updates_per_epoch(1)}) {
            CHECK(test::contains(s.describe(), name + "("));
            CHECK_FALSE(s.is_cyclical());
            CHECK_FALSE(s.has_height());
            CHECK_FALSE(s.cycle_at(3));
            CHECK_FALSE(s.period());
            CHECK_FALSE(s.length());
            CHECK_FALSE(s.peak());
            CHECK(s.stages().empty());
            for (const Schedule& around : {s, schedule::warmup(s, Iterations{2}), schedule::scale(s, 1),
                                           schedule::clamp(s, 0, 1), schedule::join({{Iterations{4}, s}, {s}})}) {
                const auto preview = schedule::preview(name, around, 100, 1);
                CHECK(preview.warnings.empty());
                CHECK(preview.highest == 1);
                CHECK(schedule::samples(around, 100, 10).size() >= 10);
            }
        }
        CHECK(schedule::preview(name, with_length, 100, 10).warnings.size() <= 1);  // of the unit at most
    }
}

TEST_CASE("what a definition says of itself is checked where it is used") {
    const auto one = [](std::uint64_t, const schedule::Parts&) { return 1.0; };
    const auto cycles = Definition("mine")
                            .cycles([](std::uint64_t, const schedule::Parts&) {
                                return std::optional<Cycle>{{.number = 0, .begin = 0, .end = 2}};
                            })
                            .formula(one);
    CHECK(cycles.cycle_at(1)->end == 2);
    CHECK(test::contains(test::error_text([&] { cycles.cycle_at(2); }), "expected a cycle around update 2"));
    const auto stages = Definition("mine")
                            .schedule(0.5)
                            .stages([](const schedule::Parts&) { return std::vector<std::uint64_t>{}; })
                            .formula(one);
    CHECK(test::contains(test::error_text([&] { stages.stages(); }), "one for each of 1 inner schedules"));
    const auto made_for = Definition("mine").length("run", Iterations{7}, Marks::end).formula(one);
    CHECK(made_for.length() == 7u);
    CHECK(schedule::preview("mine", made_for, 3, 1).warnings.size() == 1);
}
