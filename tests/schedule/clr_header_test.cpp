// clr.hpp stands alone and gives the library's values: two of its translation units, C++17 without exceptions and RTTI,
// are linked into this program beside the library.
#include <cyclone/schedule/compose.h>
#include <cyclone/schedule/cyclic.h>
#include <cyclone/schedule/decay.h>
#include <cyclone/schedule/one_cycle.h>
#include <cyclone/schedule/restarts.h>

#include <map>
#include <string>

#include "schedule/clr_header/loop.h"
#include "support/catch.h"

using namespace cyclone;

TEST_CASE("clr.hpp has the schedules of the library to the last bit but rounding") {
    const Iterations half{70};
    const std::map<std::string, Schedule> rules = {
        {"triangular", schedule::triangular({.base = 0.002, .max = 0.03, .step_size = half})},
        {"triangular, slow fall",
         schedule::triangular({.base = 0.002, .max = 0.03, .step_size = half, .step_size_down = Iterations{130}})},
        {"triangular2", schedule::triangular2({.base = 0.002, .max = 0.03, .step_size = half})},
        {"exp_range", schedule::exp_range({.base = 0.002, .max = 0.03, .step_size = half, .gamma = 0.999})},
        {"one_cycle", schedule::one_cycle({.max = 0.3, .length = Iterations{900}})},
        {"one_cycle, three straight phases", schedule::one_cycle({.max = 0.3,
                                                                  .length = Iterations{900},
                                                                  .pct_start = 0.45,
                                                                  .div_factor = 10,
                                                                  .final_div_factor = 100,
                                                                  .anneal = schedule::Anneal::linear,
                                                                  .three_phase = true})},
        {"linear", schedule::linear({.start = 0.1, .end = 0.001, .length = Iterations{700}})},
        {"polynomial", schedule::polynomial({.start = 0.1, .end = 0.001, .power = 1.7, .length = Iterations{700}})},
        {"cosine", schedule::cosine({.start = 0.1, .end = 0.001, .length = Iterations{700}})},
        {"step", schedule::step({.base = 0.1, .gamma = 0.3, .every = Iterations{300}})},
        {"time_decay", schedule::keras_time_decay({.base = 0.01, .decay = 0.96})},
        {"warm_restarts",
         schedule::cosine_warm_restarts(
             {.base = 0.001, .max = 0.1, .period = Iterations{60}, .multiplier = 1.5, .peak_decay = 0.8})},
        {"momentum", schedule::against(schedule::triangular({.base = 0, .max = 1, .step_size = half}), 0.85, 0.95)},
    };
    for (const auto& [name, rule] : rules)
        for (std::uint64_t t :
             {0, 1, 2, 35, 69, 70, 71, 139, 140, 141, 350, 404, 405, 699, 700, 899, 900, 5000, 1000000}) {
            INFO(name << " at update " << t);
            // Another standard and other flags may contract a product and a sum into one rounding.
            CHECK(clr_header::value(name, t) == Approx(rule.value(t)).epsilon(1e-14).margin(1e-17));
        }
}

TEST_CASE("clr.hpp says what is wrong with numbers and gives NaN, never a rate") {
    const auto problems = clr_header::problems();
    CHECK(problems.size() == 15);
    for (const std::string& problem : problems) CHECK(problem.find("expected") != std::string::npos);
}

TEST_CASE("clr.hpp's range test finds the edge of a valley whose limit is known") {
    // Gradient descent on x^2 is stable up to a rate of 1.
    const auto swept = clr_header::sweep(10, 300);
    CHECK(swept.diverged);
    CHECK(swept.rates.size() == swept.losses.size());
    CHECK(swept.rates.front() == 1e-4);
    REQUIRE(swept.rates.back() > 1);
    INFO(swept.reason);
    REQUIRE(swept.max > 0);
    CHECK(swept.base < swept.max);
    CHECK(swept.max < 1.2);
    CHECK_FALSE(swept.reason.empty());
    SECTION("a sweep that ends before anything broke has no pair and says what to try") {
        const auto low = clr_header::sweep(0.01, 300);
        CHECK_FALSE(low.diverged);
        CHECK(low.rates.size() == 300);
        CHECK(low.rates.back() == 0.01);
        CHECK(low.max == 0);
        CHECK(low.reason.find("higher last rate") != std::string::npos);
    }
    SECTION("numbers that make no sweep make one that is done at once") {
        CHECK(clr_header::sweep(1e-5, 300).rates.empty());
    }
}
