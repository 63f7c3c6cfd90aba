#include <cyclone/analysis/suggest.h>
#include <cyclone/base/random.h>
#include <cyclone/data/splits.h>
#include <cyclone/lab/trial_cycles.h>
#include <cyclone/ops/arithmetic.h>
#include <cyclone/ops/loss.h>
#include <cyclone/schedule/cyclic.h>
#include <cyclone/train/evaluate.h>
#include <cyclone/train/fit.h>
#include <cyclone/train/rebalancing.h>

#include <algorithm>
#include <atomic>
#include <cmath>

#include "support/catch.h"
#include "train/small_model.h"

using namespace cyclone;

namespace {

const lab::RangeTestOptions kShort{.updates = 80, .batch_size = 16, .seeds = {3}};

lab::ModelFactory factory(std::uint64_t seed = 4) {
    return [seed] { return std::make_unique<nn::Sequential>(test::small_model(seed)); };
}

/// Trials whose parts scatter by `noise` around these losses, each in its own way; infinite: diverged.
lab::TrialCycles constructed(const std::vector<double>& losses, double noise) {
    lab::TrialCycles trials{.updates = 10, .fractions_only = 0.7};
    double max = 0.05;
    for (const double loss : losses) {
        lab::TrialCycle trial{.base = max / 4, .max = max, .end = lab::SweepEnd::completed, .loss = loss};
        if (!std::isfinite(loss))
            trial.end = lab::SweepEnd::diverged;
        else
            for (int i = 0; i < 10; ++i)
                trial.losses_of_parts.push_back(
                    loss + noise * ((i / static_cast<int>(trials.cycles.size() + 1)) % 2 == 0 ? 1 : -1));
        trials.cycles.push_back(trial);
        max *= 2;
    }
    return trials;
}

std::optional<double> chosen(lab::TrialCycles trials, double suggested) {
    lab::judge(trials, suggested);
    CHECK(trials.chosen.has_value() != trials.reason.starts_with("the trials were"));
    return trials.chosen ? std::optional(trials.pair().max) : std::nullopt;
}

}  // namespace

TEST_CASE("trials are made at fixed rates around the suggested one") {
    const auto is = [](const std::vector<double>& maxima, std::initializer_list<double> expected) {
        REQUIRE(maxima.size() == expected.size());
        for (std::size_t i = 0; i < maxima.size(); ++i) CHECK(maxima[i] == Approx(expected.begin()[i]));
    };
    is(lab::trial_maxima({.max = 0.1}), {.05, .1, .2, .4});
    is(lab::trial_maxima({.max = 0.097}), {.05, .1, .2, .4});
    is(lab::trial_maxima({.max = 0.139}), {.05, .1, .2, .4});
    is(lab::trial_maxima({.max = 0.145}), {.1, .2, .4, .8});
    is(lab::trial_maxima({.max = 0.00078}), {.1 / 256, .1 / 128, .1 / 64, .1 / 32});
    for (const double wrong : {0.0, -1.0, double{NAN}, double{INFINITY}})
        CHECK_THROWS_AS(lab::trial_maxima({.max = wrong}), Error);
}

TEST_CASE("the error of a difference is that of the paired parts") {
    const lab::TrialCycle a{.losses_of_parts = {1, 2, 3, 4}}, b{.losses_of_parts = {0, 1, 2, 3}};
    CHECK(lab::error_of_difference(a, b) == 0);                // differs by the same everywhere
    const lab::TrialCycle c{.losses_of_parts = {0, 3, 2, 3}};  // a - c: 1, -1, 1, 1; variance 1
    CHECK(lab::error_of_difference(a, c) == Approx(0.5));
    CHECK(std::isnan(lab::error_of_difference(a, {})));
}

TEST_CASE("the best trial wins, a near tie goes to what the sweep suggested") {
    CHECK(chosen(constructed({.5, .4, .3, .35}, 0), .1) == Approx(.2));         // the sweep was wrong: too low
    CHECK(chosen(constructed({.3, .4, .5, INFINITY}, 0), .1) == Approx(.05));   // too high
    CHECK(chosen(constructed({.5, .41, .40, .45}, .5), .1) == Approx(.1));      // not shown to be worse
    CHECK(chosen(constructed({.5, .41, .40, .45}, .001), .1) == Approx(.2));    // shown
    CHECK(chosen(constructed({.5, .4, INFINITY, .39}, .5), .2) != Approx(.2));  // never one that diverged
}

TEST_CASE("trials that show nothing choose nothing and say why") {
    const auto reason = [](lab::TrialCycles trials, bool too_short = false) {
        trials.chosen = 0;
        trials.too_short = !too_short;
        lab::judge(trials, .1);
        CHECK_FALSE(trials.chosen);
        CHECK(trials.too_short == too_short);
        CHECK_THROWS_WITH(trials.pair(), Catch::Contains(trials.reason));
        const analysis::RatePair of_sweep{.01, .1, "the sweep says so"};
        CHECK(analysis::after_trials(of_sweep, trials).reason == "the sweep says so");
        return trials.reason;
    };
    CHECK_THAT(reason(constructed({.72, .69, .68, .67}, 0), true), Catch::Contains("class fractions alone give, 0.7"));
    CHECK_THAT(reason(constructed({INFINITY, INFINITY}, 0)), Catch::Contains("diverged"));
    auto stopped = constructed({.5, .4, .3}, 0);
    stopped.cycles[1].end = lab::SweepEnd::stopped;
    CHECK_THAT(reason(stopped), Catch::Contains("stopped"));
    CHECK_FALSE(reason({}).empty());
}

TEST_CASE("a trial that fails with another seed is not chosen, however good it was") {
    auto trials = constructed({.5, .4, .3, .35}, 0);
    trials.cycles[2].fails_with = {7};
    CHECK(chosen(trials, .1) == Approx(.4));
    CHECK_THAT((lab::judge(trials, .1), trials.reason), Catch::Contains("that learn with every seed"));
    trials.cycles[3].fails_with = {8};
    CHECK(chosen(trials, .1) == Approx(.1));
    trials.cycles[0].fails_with = trials.cycles[1].fails_with = {7};
    lab::judge(trials, .1);
    CHECK_FALSE(trials.chosen);
    CHECK(trials.too_short);
    CHECK_THAT(trials.reason, Catch::Contains("with every seed"));
}

TEST_CASE("the trial chosen is made again with the other seeds") {
    const auto data = test::small_patches().train;
    const lab::TrialOptions what{.max = .1, .updates = 30};
    const auto one = lab::trial_cycles(factory(), lab::sgd({.momentum = .5}), data, what, kShort);
    REQUIRE(one.chosen);
    auto options = kShort;
    options.seeds = {3, 4, 5};
    std::int64_t updates = 0;
    options.on_update = [&] { ++updates; };
    const auto three = lab::trial_cycles(factory(), lab::sgd({.momentum = .5}), data, what, options);
    REQUIRE(three.chosen == one.chosen);
    CHECK(three.cycles[*one.chosen].fails_with.empty());
    CHECK(three.cycles[*one.chosen].losses_of_parts == one.cycles[*one.chosen].losses_of_parts);
    CHECK(updates == (4 + 2) * 30);
    // From the fifth model on the network is as good as dead: no other seed confirms what the first one chose.
    int models = 0;
    const auto dying = [&] {
        auto model = factory()();
        if (++models > 4)
            for (Tensor& parameter : model->parameters()) parameter.fill(0);
        return model;
    };
    options.jobs = 1;
    const auto refused = lab::trial_cycles(dying, lab::sgd({.momentum = .5}), data, what, options);
    CHECK_FALSE(refused.chosen);
    CHECK(refused.too_short);
    CHECK(refused.cycles[*one.chosen].fails_with == std::vector<std::uint64_t>{4, 5});
}

TEST_CASE("a trial is a plain training with a triangular cycle, judged on images that it has not seen") {
    const auto data = test::small_patches().train;
    const auto tried =
        lab::trial_cycles(factory(), lab::sgd({.momentum = .5}), data, {.max = .1, .updates = 30}, kShort);
    REQUIRE(tried.cycles.size() == 4);
    CHECK(tried.updates == 30);
    const auto index =
        data::split_indices(data.labels.values<std::int64_t>(), {.validation = 0, .test = .2, .seed = 3});
    CHECK(tried.held_out == std::ssize(index.test));
    CHECK(tried.trained_on == std::ssize(index.train));
    const auto train = data.subset(index.train), held_out = data.subset(index.test);
    for (const lab::TrialCycle& trial : tried.cycles) {
        CHECK(trial.base == Approx(trial.max / 4));
        manual_seed(3);
        nn::Sequential model = test::small_model(4);
        const auto rate = schedule::triangular({.base = trial.base, .max = trial.max, .step_size = Iterations{15}});
        optim::Sgd sgd{model.parameters(), {.lr = rate, .momentum = .5}};
        const auto stop = [](const train::UpdateRow& row) {
            return row.update == 29 ? train::Control::stop : train::Control::proceed;
        };
        train::fit(
            model, sgd, train,
            {.epochs = 9, .batch_size = 16, .seed = 3, .progress = train::ProgressMode::off, .after_update = stop});
        double sum = 0;
        for (const double part : trial.losses_of_parts) sum += part / 10;
        CHECK(trial.loss == Approx(sum));
        // Parts of three and of four images count alike.
        CHECK(trial.loss == Approx(train::evaluate(model, held_out).loss).epsilon(.05));
    }
}

TEST_CASE("trials correct a pair that is wrong, in either direction") {
    const auto data = test::small_patches().train;
    const auto max_after = [&](double suggested) {
        return lab::trial_cycles(factory(), lab::sgd(), data, {.max = suggested, .updates = 80}, kShort).pair().max;
    };
    CHECK(max_after(.01) > .02);  // learns nearly nothing at 0.01
    CHECK(max_after(.8) < .5);    // trains, but worse than half of it
}

TEST_CASE("trials give the same for any number of jobs and leave model and random numbers alone") {
    const auto data = test::small_patches().train;
    auto options = kShort;
    const Generator before = default_generator();
    const auto one = lab::trial_cycles(factory(), lab::sgd(), data, {.max = .1, .updates = 20}, options);
    options.jobs = 3;
    const auto three = lab::trial_cycles(factory(), lab::sgd(), data, {.max = .1, .updates = 20}, options);
    CHECK(default_generator().seed == before.seed);
    CHECK(default_generator().position == before.position);
    CHECK(one.chosen == three.chosen);
    for (std::size_t i = 0; i < one.cycles.size(); ++i)
        CHECK(one.cycles[i].losses_of_parts == three.cycles[i].losses_of_parts);
    options.seeds = {4};
    CHECK(lab::trial_cycles(factory(), lab::sgd(), data, {.max = .1, .updates = 20}, options).cycles[0].loss !=
          one.cycles[0].loss);
}

TEST_CASE("trials judge by what the training minimises") {
    const auto data = test::small_patches().train;  // 48 of 176 are positive
    auto options = kShort;
    const auto fractions = [&] {
        return lab::trial_cycles(factory(), lab::sgd(), data, {.max = .1, .updates = 20}, options).fractions_only;
    };
    const double entropy = -48. / 176 * std::log(48. / 176) - 128. / 176 * std::log(128. / 176);
    CHECK(fractions() == Approx(entropy).epsilon(.03));  // as they are, although a sweep would balance them
    options.sampler = data::sampler::balanced_batch();
    CHECK(fractions() == Approx(std::log(2)));
    SECTION("with the classes as often as the sampler draws them") {
        // Weights that never move: a constant answer costs log 2 on average over the two classes.
        const auto still = lab::trial_cycles(
            [] {
                auto model = factory()();
                for (Tensor& p : model->parameters())
                    std::ranges::fill(p.mutable_data<float>(), p.mutable_data<float>() + p.numel(), 0.F);
                return model;
            },
            lab::sgd(), data, {.max = 1e-9, .updates = 2}, options);
        for (const lab::TrialCycle& trial : still.cycles) CHECK(trial.loss == Approx(std::log(2)).epsilon(1e-4));
    }
    SECTION("with a loss of its own") {
        options.sampler = {};
        options.loss = [](const Tensor& output, const Tensor& labels) { return cross_entropy(output, labels) * 3.0F; };
        const auto tripled = lab::trial_cycles(factory(), lab::sgd(), data, {.max = 1e-9, .updates = 2}, options);
        options.loss = {};
        const auto plain = lab::trial_cycles(factory(), lab::sgd(), data, {.max = 1e-9, .updates = 2}, options);
        REQUIRE(tripled.cycles.size() == plain.cycles.size());
        CHECK(tripled.cycles[0].loss == Approx(3 * plain.cycles[0].loss).epsilon(1e-4));
    }
}

TEST_CASE("a stop ends the trials, and nothing is chosen") {
    const auto data = test::small_patches().train;
    std::atomic<bool> stop{false};
    std::atomic<int> updates{0};
    auto options = kShort;
    options.stop = &stop;
    options.on_update = [&] { stop = ++updates >= 10; };
    const auto tried = lab::trial_cycles(factory(), lab::sgd(), data, {.max = .1, .updates = 20}, options);
    CHECK(updates == 10);
    CHECK(tried.cycles[0].end == lab::SweepEnd::stopped);
    CHECK_FALSE(tried.chosen);
    CHECK(tried.reason == "the trials were stopped");
}

TEST_CASE("too few images are not tried on, and what cannot work is refused") {
    const auto data = test::small_patches().train;
    std::vector<std::int64_t> some(99);
    for (std::size_t i = 0; i < some.size(); ++i) some[i] = static_cast<std::int64_t>(i);
    const auto few = lab::trial_cycles(factory(), lab::sgd(), data.subset(some), {.max = .1}, kShort);
    CHECK(few.cycles.empty());
    CHECK_FALSE(few.chosen);
    CHECK_THAT(few.reason, Catch::Contains("99 training images"));
    CHECK_THROWS_AS(lab::trial_cycles(factory(), lab::sgd(), data, {.max = .1, .updates = -1}, kShort), UsageError);
    CHECK_THROWS_AS(lab::trial_cycles(factory(), lab::sgd(), data, {.max = NAN}, kShort), Error);
    auto options = kShort;
    options.seeds.clear();
    CHECK_THROWS_AS(lab::trial_cycles(factory(), lab::sgd(), data, {.max = .1, .updates = 20}, options), UsageError);
    CHECK(lab::trial_updates(kShort) == 40);
    CHECK(lab::trial_updates({.updates = 1}) == 2);
}
