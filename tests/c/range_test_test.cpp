#include <cyclone/analysis/find_rates.h>
#include <cyclone/base/threads.h>
#include <cyclone/data/synthetic.h>
#include <cyclone/lab/range_test.h>
#include <cyclone/nn/parse.h>

#include <cmath>
#include <cstdlib>

#include "c/handles.h"

using namespace cyclone;
using namespace cyclone::test;

namespace {

constexpr const char* kModel = "conv:4 relu pool flatten linear:classes";

RangeTestHandle range_test(const TrainingHandle& training) {
    cyclone_range_test* made = nullptr;
    ok(cyclone_range_test_run(training.get(), &made));
    return RangeTestHandle(made);
}

}  // namespace

TEST_CASE("a range test through C has the curve and the rates of the one in C++") {
    set_num_threads(1);
    auto parts = data::synthetic_digits({.count = 200, .seed = 2, .size = 12}).split(0.8);
    const auto trials = GENERATE(as<const char*>{}, "0", "40");
    const analysis::FoundRates all = analysis::find_rates(
        [&] {
            return std::make_unique<nn::Sequential>(nn::parse_model(kModel, {12, 12, 1}, 10));
        },
        lab::sgd({.momentum = 0.9}), parts.train,
        {.sweep = {.updates = 100, .seeds = {1, 2}}, .lengthen_sweeps = false, .trials = std::atoi(trials)});
    const lab::RangeTest& expected = all.test;
    const auto& pair = all.pair;
    REQUIRE(pair);
    CHECK(all.trials.has_value() == (std::string(trials) != "0"));
    const TrainingHandle given = training(parts.train, {{"model", kModel},
                                                        {"optimizer", "sgd:momentum=0.9"},
                                                        {"range-updates", "100"},
                                                        {"range-trials", trials},
                                                        {"range-seeds", "2"},
                                                        {"threads", "1"}});
    const RangeTestHandle test = range_test(given);
    std::size_t count = 0;
    ok(cyclone_range_test_curve(test.get(), nullptr, nullptr, 0, &count));
    REQUIRE(count == expected.curve.rate.size());
    std::vector<double> rates(count), losses(count), alone(count);
    ok(cyclone_range_test_curve(test.get(), rates.data(), losses.data(), count, nullptr));
    CHECK(rates == expected.curve.rate);
    CHECK(losses == expected.curve.value);
    ok(cyclone_range_test_curve(test.get(), nullptr, alone.data(), count, nullptr));
    CHECK(alone == losses);
    fails(cyclone_range_test_curve(test.get(), rates.data(), nullptr, count - 1, nullptr), CYCLONE_BUFFER, "buffer");
    cyclone_rates found{};
    found.struct_size = sizeof found;
    ok(cyclone_range_test_rates(test.get(), &found));
    CHECK(found.found == 1);
    CHECK(found.base_lr == pair->base);
    CHECK(found.max_lr == pair->max);
    CHECK(found.reason == pair->reason);
}

TEST_CASE("a range test that finds nothing says why, and one that is stopped ends") {
    auto parts = data::synthetic_digits({.count = 60, .seed = 2, .size = 12}).split(0.8);
    const TrainingHandle given = training(
        parts.train,
        {{"model", kModel}, {"range-from", "1e-9"}, {"range-to", "1e-8"}, {"range-updates", "40"}, {"threads", "1"}});
    cyclone_rates found{};
    found.struct_size = sizeof found;
    {
        const RangeTestHandle test = range_test(given);
        ok(cyclone_range_test_rates(test.get(), &found));
        CHECK(found.found == 0);
        CHECK(std::isnan(found.max_lr));
        CHECK(std::string(found.reason).size() > 10);
    }
    ok(cyclone_training_stop(given.get()));
    ok(cyclone_training_set(given.get(), "range-trials", "5"));
    fails(cyclone_training_set(given.get(), "range-trials", "-1"), CYCLONE_USAGE, "range-trials");
    const RangeTestHandle stopped = range_test(given);
    std::size_t count = 99;
    ok(cyclone_range_test_curve(stopped.get(), nullptr, nullptr, 0, &count));
    CHECK(count < 40);
    ok(cyclone_training_set(given.get(), "range-to", "1e-10"));
    cyclone_range_test* none = nullptr;
    fails(cyclone_range_test_run(given.get(), &none), CYCLONE_USAGE, "range");
}
