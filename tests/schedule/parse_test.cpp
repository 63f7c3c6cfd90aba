#include <cyclone/base/error.h>
#include <cyclone/schedule/parse.h>
#include <cyclone/schedule/summary.h>

#include <set>
#include <string>

#include "schedule/error_text.h"
#include "support/catch.h"

using namespace cyclone;

namespace {

/// The study's run: 24000 updates of batch 32.
constexpr std::uint64_t kUpdatesPerEpoch = 2000;
const ScheduleContext study{};

Schedule parsed(const std::string& text) {
    return parse_schedule(text, study).with_updates_per_epoch(kUpdatesPerEpoch);
}

}  // namespace

TEST_CASE("every name makes the schedule it describes") {
    const struct {
        const char* text;
        const char* description;
    } cases[] = {
        {"time-decay", "keras_time_decay(base=0.002, decay=0.96)"},
        {"time-decay:0.5", "keras_time_decay(base=0.002, decay=0.5)"},
        {"constant:0.004", "constant(0.004)"},
        {"constant:1e-3", "constant(0.001)"},
        {"constant:base", "constant(0.002)"},
        {"constant:max", "constant(0.03)"},
        {"constant:mean", "triangular_mean(base=0.002, max=0.03, step_size=2 epochs, run=12 epochs)"},
        {"triangular", "triangular(base=0.002, max=0.03, step_size=2 epochs)"},
        {"triangular2", "triangular2(base=0.002, max=0.03, step_size=2 epochs)"},
        {"exp-range", "exp_range(base=0.002, max=0.03, step_size=2 epochs, gamma=0.99994)"},
        {"exp-range:gamma=0.5", "exp_range(base=0.002, max=0.03, step_size=2 epochs, gamma=0.5)"},
        {"cosine-restarts:peak-decay=0.5",
         "cosine_warm_restarts(base=0.002, max=0.03, period=4 epochs, multiplier=1, peak_decay=0.5)"},
        {"warmup:1epoch:one-cycle:pct_start=0.1",
         "warmup(from=0, length=1 epoch, one_cycle(max=0.03, length=11 epochs, pct_start=0.1, div_factor=25, "
         "final_div_factor=10000))"},
        {"exp_range:0.5", "exp_range(base=0.002, max=0.03, step_size=2 epochs, gamma=0.5)"},
        {"one-cycle", "one_cycle(max=0.03, length=12 epochs, pct_start=0.3, div_factor=25, final_div_factor=10000)"},
        {"one-cycle-3:0.4",
         "one_cycle(max=0.03, length=12 epochs, pct_start=0.4, phases=3, div_factor=25, final_div_factor=10000)"},
        {"linear", "linear(start=0.03, end=0, length=12 epochs)"},
        {"linear:0.001", "linear(start=0.03, end=0.001, length=12 epochs)"},
        {"polynomial:3", "polynomial(start=0.03, end=0, power=3, length=12 epochs)"},
        {"cosine", "cosine(start=0.03, end=0, length=12 epochs)"},
        {"cosine-restarts:1.5:0.5",
         "cosine_warm_restarts(base=0.002, max=0.03, period=4 epochs, multiplier=1.5, peak_decay=0.5)"},
        {"step", "step(base=0.03, gamma=0.1, every=4 epochs)"},
        {"multi-step:0.2", "multi_step(base=0.03, gamma=0.2, milestone=6 epochs, milestone=9 epochs)"},
        {"exponential:0.01", "exponential(base=0.03, gamma=0.01, every=12 epochs)"},
        {"warmup:1epoch:cosine", "warmup(from=0, length=1 epoch, cosine(start=0.03, end=0, length=11 epochs))"},
        {"join:3epochs:linear+cosine:0.001",
         "join(3 epochs, linear(start=0.03, end=0, length=3 epochs), cosine(start=0.03, end=0.001, length=9 epochs))"},
        {"scale:0.5:triangular", "scale(factor=0.5, triangular(base=0.002, max=0.03, step_size=2 epochs))"},
        {"clamp:0.01:0.02:triangular",
         "clamp(triangular(base=0.002, max=0.03, step_size=2 epochs), low=0.01, high=0.02)"},
    };
    std::set<std::string> tried;
    for (const auto& c : cases) {
        INFO(c.text);
        CHECK(parse_schedule(c.text, study).describe() == c.description);
        const std::string text = c.text;
        tried.insert(text.substr(0, text.find(':')));
    }
    for (const NamedItem& known : schedule::registry().names()) {
        INFO(known.name);
        CHECK(tried.count(known.name) == 1);
        CHECK(known.usage.find(known.name) == 0);
        CHECK(!known.description.empty());
    }
}

TEST_CASE("the names give the study's budgets") {
    const auto sum = [](const char* text) { return schedule::sum(parsed(text), 24'000); };
    CHECK(sum("time-decay") == Approx(0.0221).epsilon(2e-3));
    CHECK(sum("constant:base") == Approx(48));
    CHECK(sum("triangular") == Approx(384));
    CHECK(sum("constant:mean") == Approx(384));
    CHECK(sum("triangular2") == Approx(244).epsilon(2e-3));
    CHECK(sum("exp-range") == Approx(225.2).epsilon(5e-4));
    CHECK(parsed("exponential").value(24'000) == Approx(0.002));
    CHECK(parsed("warmup:1epoch:cosine").value(23'999) < 1e-8);
}

TEST_CASE("units may be mixed where the updates per epoch are known") {
    ScheduleContext context;
    CHECK_THROWS_AS(parse_schedule("warmup:500:cosine", context), UsageError);
    context.updates_per_epoch = 100;
    CHECK(parse_schedule("warmup:500:cosine", context).describe() ==
          "warmup(from=0, length=500 updates, cosine(start=0.03, end=0, length=700 updates))");
    context.total = Iterations{1200};
    CHECK(parse_schedule("warmup:5epochs:cosine", context).describe() ==
          "warmup(from=0, length=5 epochs, cosine(start=0.03, end=0, length=700 updates))");
}

TEST_CASE("a text that is no schedule is answered with what was expected") {
    const struct {
        std::string text;
        const char* message;
    } cases[] = {
        {"trianguler", "did you mean 'triangular'?"},
        {"triangular-2", "did you mean 'triangular2'?"},
        {"keras-time-decay", "did you mean 'time-decay'?"},
        {"cosin", "did you mean 'cosine'?"},
        {"xyz", "unknown name 'xyz' (known: time-decay, constant"},
        {"", "unknown name ''"},
        {":", "unknown name ''"},
        {"constant", "got nothing (usage: constant:RATE|base|mean|max)"},
        {"constant:", "got ''"},
        {"constant:often", "expected a number, base, mean or max, got 'often'"},
        {"constant:1x", "got '1x'"},
        {"constant:-1", "expected a finite number >= 0"},
        {"constant:nan", "expected a finite number >= 0"},
        {"constant:1e999", "expected a number"},
        {"constant:1:2", "one too many"},
        {"triangular:1", "one too many"},
        {"exp-range:gama=0.5", "unknown name 'gama', did you mean 'gamma'?"},
        {"exp-range:1.5", "gamma: expected a factor in (0, 1]"},
        {"one-cycle:30", "30 % is 0.3"},
        {"warmup", "got nothing"},
        {"warmup:1epoch", "expected a schedule after the warm-up"},
        {"warmup:12epochs:cosine", "expected less than the run of 12 epochs, got 12 epochs"},
        {"warmup:1epoch:cosinus", "did you mean 'cosine'?"},
        {"join:cosine:linear", "end: expected a number, got 'linear'"},
        {"join:cosine+linear", "expected a positive length such as 2epochs"},
        {std::string(100'000, 'x'), "at most 500 characters"},
    };
    for (const auto& c : cases) {
        const std::string text = test::error_text<UsageError>([&] { parse_schedule(c.text, study); });
        INFO("expected: " << c.message << "\n     got: " << text);
        CHECK(test::contains(text, c.message));
    }
    ScheduleContext swapped;
    swapped.base = 1;
    CHECK_THROWS_AS(parse_schedule("triangular", swapped), UsageError);
}

TEST_CASE("deep nesting ends in a schedule or an error and never in a crash") {
    std::string text;
    while (text.size() + 20 < 500) text += "scale:1:";
    CHECK(parse_schedule(text + "linear", study).with_updates_per_epoch(1).value(0) == Approx(0.03));
    CHECK_THROWS_AS(parse_schedule(text + "lineal", study), UsageError);
}

TEST_CASE("lengths on a command line say their unit or are updates") {
    const struct {
        const char* text;
        const char* description;
    } good[] = {{"2epochs", "2 epochs"},        {"1epoch", "1 epoch"},           {"0.5 epoch", "0.5 epochs"},
                {"4000", "4000 updates"},       {"4000updates", "4000 updates"}, {"1 update", "1 update"},
                {"10iterations", "10 updates"}, {"1e3", "1000 updates"}};
    for (const auto& c : good) {
        INFO(c.text);
        CHECK(parse_length(c.text).describe() == c.description);
    }
    for (const char* bad :
         {"", "epochs", "2 weeks", "-1epoch", "0", "nan", "inf", "infepochs", "2epochs!", "1e20", "2,5epochs"}) {
        INFO(bad);
        CHECK_THROWS_AS(parse_length(bad), UsageError);
    }
}

TEST_CASE("a schedule's text says which parts of its context it does not use") {
    using Names = std::vector<std::string>;
    const ScheduleContext context{.updates_per_epoch = 100};
    const auto unused = [&](const char* text) { return unused_context(text, context); };
    CHECK(unused("triangular") == Names{});
    CHECK(unused("constant:mean") == Names{});
    CHECK(unused("one-cycle") == Names{"base", "step_size"});
    CHECK(unused("constant:0.1") == Names{"base", "max", "step_size"});
    CHECK(unused("constant:base") == Names{"max", "step_size"});
    CHECK(unused("warmup:1epoch:triangular2") == Names{});
    CHECK(unused("cosine") == Names{"base", "step_size"});
}
