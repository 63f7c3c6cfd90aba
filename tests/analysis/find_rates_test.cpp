// Sweeps, longer ones where they are needed, and trials, in one call.

#include <cyclone/analysis/find_rates.h>
#include <cyclone/data/synthetic.h>

#include <atomic>
#include <utility>

#include "support/catch.h"
#include "train/small_model.h"

using namespace cyclone;
using analysis::find_rates;

namespace {

std::unique_ptr<nn::Module> model() { return std::make_unique<nn::Sequential>(test::small_model(4)); }

const lab::RangeTestOptions kShort{.updates = 120, .batch_size = 16, .seeds = {3, 4}};

void check_same(const lab::RangeTest& a, const lab::RangeTest& b) {
    CHECK(a.curve.rate == b.curve.rate);
    CHECK(a.curve.value == b.curve.value);
}

}  // namespace

TEST_CASE("rates are found as the parts find them one after the other") {
    const data::Dataset train = test::small_patches().train;
    const auto optimizer = lab::sgd({.momentum = .5});
    const lab::RangeTest sweeps = lab::range_test(model, optimizer, train, kShort);
    const auto of_sweeps = analysis::suggest_of_seeds(sweeps);
    REQUIRE(of_sweeps.pair);
    const lab::TrialCycles trials =
        lab::trial_cycles(model, optimizer, train, {.max = of_sweeps.pair->max, .updates = 30}, kShort);
    REQUIRE(trials.chosen);

    std::vector<std::pair<std::string, std::int64_t>> announced;
    analysis::FindRatesOptions options{.sweep = kShort, .trials = 30};
    options.before = [&](std::string_view what, std::int64_t updates) { announced.emplace_back(what, updates); };
    options.report = [](const std::string& text) { FAIL(text); };
    for (const int jobs : {1, 3}) {
        announced.clear();
        options.sweep.jobs = jobs;
        const analysis::FoundRates found = find_rates(model, optimizer, train, options);
        check_same(found.test, sweeps);
        CHECK(found.updates == 120);
        REQUIRE(found.trials);
        CHECK(found.trials->chosen == trials.chosen);
        REQUIRE(found.pair);
        CHECK(found.pair->base == trials.pair().base);
        CHECK(found.pair->max == trials.pair().max);
        CHECK(found.pair->reason == trials.reason);
        CHECK(found.no_pair.empty());
        CHECK(announced ==
              std::vector<std::pair<std::string, std::int64_t>>{{"sweeps", 240}, {"trials", 30 * (4 + 1)}});
    }
    options.trials = 0;
    const analysis::FoundRates plain = find_rates(model, optimizer, train, options);
    CHECK_FALSE(plain.trials);
    CHECK(plain.pair->max == of_sweeps.pair->max);
    options.trials.reset();  // half of a sweep
    options.report = [](const std::string&) {};
    CHECK(find_rates(model, optimizer, train, options).trials->updates % 60 == 0);
}

TEST_CASE("what learns nothing is made again with twice and four times as many updates, unless it may not") {
    const data::Dataset train = test::small_patches().train;
    std::vector<std::string> told;
    std::int64_t done = 0;
    analysis::FindRatesOptions options{
        .sweep = {.from = 1e-9, .to = 1e-8, .updates = 20, .batch_size = 16, .seeds = {3}}};
    options.report = [&](const std::string& text) { told.push_back(text); };
    options.sweep.on_update = [&] { ++done; };
    const analysis::FoundRates longer = find_rates(model, lab::sgd(), train, options);
    CHECK(longer.updates == 80);
    CHECK(done == 20 + 40 + 80);
    CHECK(told == std::vector<std::string>{"no gain beyond the class fractions within 20 updates: again with 40",
                                           "no gain beyond the class fractions within 40 updates: again with 80"});
    CHECK_FALSE(longer.pair);
    CHECK_FALSE(longer.trials);
    CHECK_THAT(longer.no_pair, Catch::Contains("does not fall"));
    CHECK(longer.test.curve.rate.size() == 80);
    options.lengthen_sweeps = false;
    CHECK(find_rates(model, lab::sgd(), train, options).updates == 20);
    CHECK(told.size() == 2);

    // The same of trials: two updates teach nothing.
    const data::Dataset patches = test::small_patches().train;
    std::int64_t models = 0;
    const auto dying = [&] {  // learns in the sweeps, and not afterwards
        auto made = model();
        if (++models > std::ssize(kShort.seeds))
            for (Tensor& parameter : made->parameters()) parameter.fill(0);
        return made;
    };
    analysis::FindRatesOptions trying{.sweep = kShort};
    std::vector<std::int64_t> tried;
    trying.before = [&](std::string_view what, std::int64_t updates) {
        if (what == "trials") tried.push_back(updates);
    };
    const analysis::FoundRates untold = find_rates(dying, lab::sgd({.momentum = .5}), patches, trying);
    REQUIRE(untold.trials);
    CHECK(tried == std::vector<std::int64_t>{60 * 5, 120 * 5, 240 * 5});
    CHECK(untold.trials->updates == 240);
    CHECK(untold.trials->too_short);
    REQUIRE(untold.pair);  // the sweeps'
    CHECK(untold.pair->max == analysis::suggest_of_seeds(untold.test).pair->max);
    models = 0;
    trying.trials = 30;
    CHECK(find_rates(dying, lab::sgd({.momentum = .5}), patches, trying).trials->updates == 30);
}

TEST_CASE("a search that is stopped ends with what was measured") {
    std::atomic<bool> stop{false};
    std::int64_t done = 0;
    analysis::FindRatesOptions options{
        .sweep = {.from = 1e-9, .to = 1e-8, .updates = 20, .batch_size = 16, .seeds = {3}, .stop = &stop}};
    options.sweep.on_update = [&] { stop = ++done == 5; };
    const analysis::FoundRates found = find_rates(model, lab::sgd(), test::small_patches().train, options);
    CHECK(done == 5);
    CHECK(found.updates == 20);
    CHECK_FALSE(found.pair);
    CHECK_FALSE(found.no_pair.empty());
}
