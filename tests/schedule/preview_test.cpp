#include <cyclone/base/error.h>
#include <cyclone/schedule/compose.h>
#include <cyclone/schedule/cyclic.h>
#include <cyclone/schedule/decay.h>
#include <cyclone/schedule/definition.h>
#include <cyclone/schedule/one_cycle.h>
#include <cyclone/schedule/parse.h>
#include <cyclone/schedule/preview.h>
#include <cyclone/schedule/restarts.h>
#include <cyclone/schedule/summary.h>

#include <algorithm>

#include "support/catch.h"

using namespace cyclone;

namespace {

constexpr std::uint64_t kPerEpoch = 2000, kRun = 12 * kPerEpoch;  // the study's run

std::vector<std::string> warnings_of(const Schedule& s, std::uint64_t run = kRun, std::uint64_t per_epoch = kPerEpoch) {
    return schedule::preview("it", s, run, per_epoch).warnings;
}

Schedule triangle(Length step) { return schedule::triangular({.base = 0.002, .max = 0.03, .step_size = step}); }

void check_only_warning(const Schedule& s, const std::vector<std::string>& texts, std::uint64_t run = kRun) {
    INFO(s.describe());
    const auto warnings = warnings_of(s, run);
    REQUIRE(warnings.size() == 1);
    for (const std::string& text : texts) CHECK_THAT(warnings[0], Catch::Contains(text));
}

}  // namespace

TEST_CASE("the numbers of a preview are those of the updates") {
    const auto p = schedule::preview("t", triangle(Epochs{2}), kRun, kPerEpoch);
    CHECK(p.name == "t");
    CHECK(p.updates == kRun);
    CHECK(p.sum == Approx(384).epsilon(1e-9));  // mean of base and max, times the updates
    CHECK(p.mean == Approx(0.016).epsilon(1e-9));
    CHECK(p.lowest == 0.002);
    CHECK(p.highest == 0.03);
    CHECK(p.highest_at == 4000);
    CHECK(p.first == 0.002);
    CHECK(p.last == Approx(0.002 + 0.028 / 4000));
    CHECK(p.warnings.empty());
    CHECK_FALSE(p.schedule.needs_updates_per_epoch());
    CHECK_THROWS_WITH(schedule::preview("t", triangle(Epochs{2}), 0, 1), Catch::Contains("at least one update"));
}

TEST_CASE("schedules that fit their run give no warning") {
    const ScheduleContext context{.updates_per_epoch = kPerEpoch};
    for (const NamedItem& known : schedule::registry().names()) {
        std::string text = known.name;
        if (text == "constant") text += ":mean";
        if (text == "warmup") text += ":1epoch:cosine";
        if (text == "join") text += ":4epochs:triangular+cosine";
        if (text == "scale") text += ":0.5:triangular";
        if (text == "clamp") text += ":0.001:0.02:triangular";
        INFO(text);
        CHECK(warnings_of(parse_schedule(text, context)) == std::vector<std::string>{});
    }
    // Half an epoch of 157 updates is 78.5: rounding is no mistake.
    CHECK(warnings_of(triangle(Epochs{0.5}), 157 * 12, 157).empty());
}

TEST_CASE("a run that ends in the middle of a cycle is told") {
    check_only_warning(triangle(Epochs{4}), {"middle of a cycle", "1.5 cycles of 16000 updates", "0.03"});
    check_only_warning(schedule::triangular2({.base = 0.002, .max = 0.03, .step_size = Epochs{5}}), {"1.2 cycles"});
    check_only_warning(
        schedule::exp_range(
            {.base = 0.002, .max = 0.03, .step_size = Iterations{3000}, .step_size_down = Iterations{6000}}),
        {"2.67 cycles of 9000"});
    check_only_warning(schedule::scale(triangle(Epochs{4}), 0.5), {"middle of a cycle"});
    check_only_warning(schedule::warmup(triangle(Epochs{2}), Epochs{2}), {"middle of a cycle", "2.5 cycles"});
    check_only_warning(schedule::cosine_warm_restarts({.max = 0.1, .period = Epochs{5}}), {"middle of a cycle"});
    CHECK(warnings_of(schedule::cosine_warm_restarts({.max = 0.1, .period = Epochs{4}, .multiplier = 2})).empty());
    CHECK(warnings_of(schedule::cosine_warm_restarts({.max = 0.1, .period = Epochs{4}, .multiplier = 1})).empty());
}

TEST_CASE("a highest rate that the run never reaches is told") {
    check_only_warning(triangle(Epochs{24}), {"0.03, would come at update 48000", "ends after 24000", "0.016"});
    check_only_warning(schedule::one_cycle({.max = 0.1, .length = Epochs{120}}), {"0.1, would come", "24000"});
    check_only_warning(triangle(Epochs{12}), {"would come at update 24000"});
}

TEST_CASE("a decay that the run cuts short or outlives is told") {
    check_only_warning(schedule::one_cycle({.max = 0.1, .length = Epochs{24}}), {"50 % of the way"});
    check_only_warning(schedule::cosine({.start = 0.1, .length = Epochs{150}}), {"8 % of the way"});
    check_only_warning(schedule::linear({.start = 0.1, .length = Epochs{6}}), {"ends after 12000 of 24000"});
    CHECK(warnings_of(schedule::linear({.start = 0.1, .end = 0.05, .length = Epochs{6}})).empty());
    check_only_warning(schedule::step({.base = 0.1, .every = Epochs{30}}), {"every of 30 epochs", "ends before"});
    check_only_warning(schedule::multi_step({.base = 0.1, .milestones = {Epochs{6}, Epochs{12}}}),
                       {"milestone of 12 epochs"});
}

TEST_CASE("lengths in the wrong unit are told") {
    // Keras's step_size is in updates, Cyclone's may be in epochs.
    auto warnings = warnings_of(triangle(Epochs{2000}));
    REQUIRE(warnings.size() == 2);
    CHECK_THAT(warnings[0], Catch::Contains("were 2000 updates meant?") && Catch::Contains("step_size of 2000 epochs"));
    CHECK_THAT(warnings[1], Catch::Contains("would come at update"));
    check_only_warning(triangle(Iterations{2}), {"0.1 % of an epoch of 2000", "were 2 epochs meant?"});
    check_only_warning(
        schedule::warmup(schedule::cosine({.start = 0.1, .length = Iterations{kRun - 5}}), Iterations{5}),
        {"were 5 epochs meant?"});
    // Neither a short warm-up that could not be meant in epochs, nor a decay by the update.
    CHECK(warnings_of(schedule::warmup(schedule::constant(0.1), Iterations{100})).empty());
    CHECK(warnings_of(schedule::exponential({.base = 0.1, .gamma = 0.9999})).empty());
    // One update an epoch: the units are the same.
    CHECK(warnings_of(triangle(Iterations{2}), 12, 1).empty());
}

TEST_CASE("a warm-up longer than the run and pieces that never run are told") {
    check_only_warning(schedule::warmup(triangle(Epochs{2}), Epochs{12}),
                       {"warm-up of 24000 updates", "triangular never begins"});
    check_only_warning(
        schedule::join(
            {{Epochs{6}, schedule::constant(0.1)}, {Epochs{6}, schedule::constant(0.01)}, {schedule::constant(0.001)}}),
        {"before piece 3 of 3 (constant)"});
}

TEST_CASE("a budget a thousand times below another is told") {
    const auto preview = [](const char* name, const Schedule& s) {
        return schedule::preview(name, s, kRun, kPerEpoch);
    };
    // The study's mistake: 0.02 against 384.
    const auto decay = preview("fixed", schedule::keras_time_decay({.base = 0.002, .decay = 0.96}));
    const auto cycle = preview("triangular", triangle(Epochs{2}));
    const auto warnings = schedule::budget_warnings({decay, cycle});
    REQUIRE(warnings.size() == 1);
    CHECK_THAT(warnings[0],
               Catch::Contains("fixed") && Catch::Contains("triangular to 384") && Catch::Contains("hardly trains"));
    CHECK(schedule::budget_warnings({cycle, preview("base", 0.002)}).empty());
    CHECK(schedule::budget_warnings({preview("none", 0.), cycle}).size() == 1);
    CHECK(schedule::budget_warnings({preview("none", 0.)}).empty());
    CHECK(schedule::budget_warnings({}).empty());
}

TEST_CASE("samples for drawing keep every extreme and the order") {
    const auto fast = triangle(Iterations{3}).with_updates_per_epoch(1);
    for (const std::uint64_t updates :
         {std::uint64_t{1}, std::uint64_t{7}, std::uint64_t{200}, std::uint64_t{10'007}}) {
        const auto list = schedule::samples(fast, updates, 50);
        REQUIRE(list.size() <= 100);
        double highest = 0;
        for (std::size_t i = 0; i < list.size(); ++i) {
            if (i > 0) REQUIRE(list[i].update > list[i - 1].update);
            REQUIRE(list[i].value == fast.value(list[i].update));
            highest = std::max(highest, list[i].value);
        }
        CHECK(list.front().update <= 6);
        CHECK(highest == schedule::highest(fast, updates));
    }
}

TEST_CASE("a schedule can be looked at from outside") {
    const auto s = schedule::warmup(triangle(Epochs{2}), Iterations{500});
    CHECK(s.name() == "warmup");
    REQUIRE(s.lengths().size() == 1);
    CHECK(s.lengths()[0].name == "length");
    CHECK(s.lengths()[0].updates == 0);  // the inner schedule waits for the length of an epoch
    CHECK_THROWS_AS(s.stages(), Error);
    const auto known = s.with_updates_per_epoch(100);
    CHECK(known.lengths()[0].updates == 500);
    CHECK(known.stages().at(0).schedule.name() == "triangular");
    CHECK(known.stages().at(0).schedule.lengths().at(0).updates == 200);
    CHECK(known.stages().at(0).schedule.lengths().at(0).given.in_epochs());
}

TEST_CASE("an amplitude that is gone before the first peak is named") {
    const auto exp_range = [](double gamma, Length step) {
        return schedule::exp_range({.base = 0.002, .max = 0.03, .step_size = step, .gamma = gamma});
    };
    // t * 0.9^t is largest at t = 9.49: 9 / 4000 * 0.9^9 of the way.
    check_only_warning(exp_range(0.9, Epochs{2}), {"amplitude falls faster", "at update 9, is 0.00202"});
    check_only_warning(exp_range(0.99, Epochs{2}), {"amplitude falls faster", "0.00"});
    CHECK(warnings_of(exp_range(0.99994, Epochs{2})).empty());
    CHECK(warnings_of(exp_range(0.9, Iterations{2}), 40, 10).empty());  // rises in two updates: reaches 0.81
}

TEST_CASE("cycles that are none and rates that no network bears are named") {
    const auto triangular = [](double base, double max) {
        return schedule::triangular({.base = base, .max = max, .step_size = Epochs{2}});
    };
    check_only_warning(triangular(0.02, 0.021), {"from 0.02 to 0.021 is hardly one"});
    check_only_warning(triangular(0.1, 30), {"a rate of 30 is beyond"});
    CHECK(warnings_of(triangular(0.02, 0.06)).empty());
    CHECK(warnings_of(Schedule(0.02)).empty());
    check_only_warning(Schedule(0), {"every rate is 0"});
}
