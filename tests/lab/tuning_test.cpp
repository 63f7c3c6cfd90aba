#include <cyclone/base/error.h>
#include <cyclone/data/synthetic.h>
#include <cyclone/lab/tuning.h>
#include <cyclone/nn/nn.h>

#include <atomic>
#include <cmath>

#include "support/catch.h"

using namespace cyclone;

namespace {

lab::ComparisonOptions small_comparison() {
    lab::ComparisonOptions options;
    options.seeds = {1, 2};
    options.epochs = 2;
    // Two layers: one alone stays finite at any rate.
    options.model = [] { return nn::Sequential{nn::Flatten{}, nn::Linear{64, 8}, nn::Linear{8, 2}}; };
    return options;
}

}  // namespace

TEST_CASE("the grid of rates goes from base to twice the maximum in even ratios") {
    const auto grid = lab::tuning_grid(0.01, 0.16);
    const double expected[] = {0.01, 0.02, 0.04, 0.08, 0.16, 0.32};
    REQUIRE(grid.size() == 6);
    for (std::size_t i = 0; i < 6; ++i) CHECK(grid[i] == Approx(expected[i]));
    CHECK(lab::tuning_grid(0, 0.1).front() == Approx(0.001));
    CHECK(lab::tuning_grid(0.1, 0.1).size() == 2);  // 0.1 and 0.2
    const auto twelve = lab::tuning_grid(0.01, 10.24, 12);
    REQUIRE(twelve.size() == 12);
    for (std::size_t i = 0; i < 11; ++i) CHECK(twelve[i] == Approx(0.01 * std::pow(2.0, i)).epsilon(0.05));
    CHECK(twelve.back() == 20.48);
    CHECK_THROWS_AS(lab::tuning_grid(0.01, 0.1, 2), Error);
    CHECK_THROWS_AS(lab::tuning_grid(0.2, 0.1), Error);
    CHECK_THROWS_AS(lab::tuning_grid(0, 0), Error);
}

TEST_CASE("tuning takes the rate with the highest AUC on a part of the training set") {
    const auto train = data::synthetic_patches({.positives = 40, .negatives = 120, .seed = 3, .size = 8});
    const auto split = train.split(0.5);
    auto standardized = split.train;
    const double rates[] = {1e-6, 0.02, 1e30};
    int updates = 0;
    auto options = small_comparison();
    options.on_update = [&] { ++updates; };
    const auto tuning = lab::tune_constant(standardized, rates, options);
    REQUIRE(tuning.trials.size() == 3);
    CHECK(tuning.trials[2].status == lab::RunStatus::diverged);
    CHECK(std::isnan(tuning.trials[2].auc));
    CHECK(tuning.rate == (tuning.trials[0].auc > tuning.trials[1].auc ? 1e-6 : 0.02));
    CHECK(updates >= 2 * lab::updates_per_run(64, options));
    const auto again = lab::tune_constant(standardized, rates, options);
    CHECK(again.trials[1].auc == tuning.trials[1].auc);
}

TEST_CASE("a stop in the middle of tuning and rates that all diverge choose nothing") {
    const auto train =
        data::synthetic_patches({.positives = 40, .negatives = 120, .seed = 3, .size = 8}).split(0.5).train;
    auto options = small_comparison();
    const double absurd[] = {1e30, 1e31};
    CHECK_THROWS_WITH(lab::tune_constant(train, absurd, options), Catch::Contains("no rate gave an AUC"));
    std::atomic<bool> stop{false};
    options.stop = &stop;
    options.on_update = [&] { stop = true; };
    const double rates[] = {0.01, 0.02};
    CHECK_THROWS_WITH(lab::tune_constant(train, rates, options), Catch::Contains("stopped"));
    CHECK_THROWS_AS(lab::tune_constant(train, {}, options), Error);
}
