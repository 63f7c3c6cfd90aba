#include <cyclone/analysis/suggest.h>
#include <cyclone/base/random.h>
#include <cyclone/data/loader.h>
#include <cyclone/lab/range_test.h>
#include <cyclone/nn/init.h>
#include <cyclone/ops/class_balance.h>
#include <cyclone/optim/adam.h>
#include <cyclone/schedule/compose.h>
#include <cyclone/train/class_fractions.h>
#include <cyclone/train/fit.h>
#include <cyclone/train/rebalancing.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <thread>

#include "support/catch.h"
#include "train/small_model.h"

using namespace cyclone;

namespace {

/// A batch norm, so that there are buffers, and dropout, so that random draws count.
nn::Sequential model_with_everything(std::uint64_t seed) {
    set_num_threads(1);
    manual_seed(seed);
    return nn::Sequential{nn::Conv2d{1, 4, {.kernel = 3, .padding = nn::same, .activation = relu}},
                          nn::BatchNorm{4},
                          nn::MaxPool2d{2},
                          nn::Flatten{},
                          nn::Dropout{0.3},
                          nn::Linear{4 * 4 * 4, 2}};
}

std::vector<float> values_of(const StateDict& state) {
    std::vector<float> all;
    for (const NamedTensor& named : state) {
        if (named.tensor.dtype() != DType::f32) continue;
        const auto values = named.tensor.values<float>();
        all.insert(all.end(), values.begin(), values.end());
    }
    return all;
}

const lab::RangeTestOptions kShort{.from = 1e-4, .to = 10, .updates = 40, .batch_size = 16, .smoothing = .8};

}  // namespace

TEST_CASE("find then fit equals fit to the bit") {
    const auto data = test::small_patches();
    const auto train_a_bit = [&](bool find, lab::RangeMetric metric) {
        nn::Sequential model = model_with_everything(5);
        optim::Sgd sgd{model.parameters(), {.lr = .05, .momentum = .9}};
        const train::FitOptions fit{.epochs = 1, .batch_size = 16, .seed = 2, .progress = train::ProgressMode::off};
        train::fit(model, sgd, data.train, fit);  // so that there is momentum and a position in the random stream
        if (find) {
            auto options = kShort;
            options.metric = metric;
            options.validation = &data.test;
            const auto before = values_of(model.state_dict()), state = values_of(sgd.state_dict());
            const Generator generator = default_generator();
            const auto factory = [&](const std::vector<Tensor>& parameters) {
                auto optimizer = std::make_unique<optim::Sgd>(parameters, optim::SgdOptions{.lr = .05, .momentum = .9});
                optimizer->load_state_dict(sgd.state_dict());
                return optimizer;
            };
            const auto found = lab::range_test(model, factory, data.train, options);
            CHECK(found.runs.at(0).rate.size() > 5);
            CHECK(values_of(model.state_dict()) == before);
            CHECK(values_of(sgd.state_dict()) == state);
            CHECK(sgd.updates() == 11);
            CHECK(default_generator().seed == generator.seed);
            CHECK(default_generator().position == generator.position);
            CHECK(num_threads() == 1);
            CHECK(model.is_training());
        }
        const auto history = train::fit(model, sgd, data.train, fit);
        auto result = values_of(model.state_dict());
        for (const auto& row : history.updates()) result.push_back(static_cast<float>(row.loss));
        return result;
    };
    const auto plain = train_a_bit(false, {});
    CHECK(train_a_bit(true, lab::RangeMetric::train_loss) == plain);
    CHECK(train_a_bit(true, lab::RangeMetric::balanced_accuracy) == plain);
}

TEST_CASE("find inside an epoch leaves the loader where it was") {
    const auto data = test::small_patches();
    const auto labels_seen = [&](bool find) {
        nn::Sequential model = test::small_model(1);
        data::Loader loader(data.train, {.batch_size = 16, .seed = 3});
        std::vector<std::int64_t> labels;
        for (const data::Batch& batch : loader) {
            if (find && batch.index == 3) lab::range_test(model, lab::sgd(), data.train, kShort);
            const auto y = batch.y.values<std::int64_t>();
            labels.insert(labels.end(), y.begin(), y.end());
        }
        return labels;
    };
    CHECK(labels_seen(true) == labels_seen(false));
}

TEST_CASE("the rates are those of the sweep") {
    const auto data = test::small_patches();
    nn::Sequential model = test::small_model(1);
    lab::RangeTestOptions options{.from = 1e-6, .to = 1e-2, .updates = 5, .batch_size = 16};
    SECTION("exponential") {
        const auto rates = lab::range_test(model, lab::sgd(), data.train, options).runs.at(0).rate;
        REQUIRE(rates.size() == 5);
        CHECK(rates.front() == 1e-6);
        CHECK(rates[1] == Approx(1e-5));
        CHECK(rates[2] == Approx(1e-4));
        CHECK(rates.back() == 1e-2);
    }
    SECTION("linear") {
        options.sweep = lab::Sweep::linear;
        const auto rates = lab::range_test(model, lab::sgd(), data.train, options).runs.at(0).rate;
        CHECK(rates.front() == 1e-6);
        CHECK(rates[2] == Approx((1e-6 + 1e-2) / 2));
        CHECK(rates.back() == 1e-2);
    }
    SECTION("one update") {
        options.updates = 1;
        const auto found = lab::range_test(model, lab::sgd(), data.train, options);
        CHECK(found.runs.at(0).rate == std::vector<double>{1e-6});
        CHECK(found.runs.at(0).end == lab::SweepEnd::completed);
        CHECK_FALSE(analysis::suggest(found.curve).pair);
    }
}

TEST_CASE("the losses are those of a plain training with these rates") {
    const auto data = test::small_patches();
    const nn::Sequential model = test::small_model(4);
    lab::RangeTestOptions options{.from = 1e-3, .to = .5, .updates = 25, .batch_size = 16, .seeds = {9}};
    options.balance_batches = false;
    const auto run = lab::range_test(model, lab::sgd({.momentum = .5}), data.train, options).runs.at(0);

    nn::Sequential copy = nn::clone(model);
    manual_seed(9);
    const auto rule = schedule::function(
        "sweep", [](std::uint64_t t) { return 1e-3 * std::pow(500.0, static_cast<double>(t) / 24.0); });
    optim::Sgd sgd{copy.parameters(), {.lr = rule, .momentum = .5}};
    std::vector<double> losses;
    const auto collect = [&](const train::UpdateRow& row) {
        losses.push_back(row.loss);
        return losses.size() == 25 ? train::Control::stop : train::Control::proceed;
    };
    train::fit(
        copy, sgd, data.train,
        {.epochs = 3, .batch_size = 16, .seed = 9, .progress = train::ProgressMode::off, .after_update = collect});
    REQUIRE(run.loss.size() == 25);
    for (std::size_t i = 0; i < losses.size(); ++i) CHECK(run.loss[i] == Approx(losses[i]).epsilon(1e-5));

    // The smoothed loss by its definition: a weighted mean with weights beta^age.
    for (const std::size_t i : {std::size_t{0}, std::size_t{1}, std::size_t{24}}) {
        double sum = 0, weights = 0;
        for (std::size_t k = 0; k <= i; ++k) {
            const double weight = std::pow(.9, static_cast<double>(i - k));
            sum += weight * losses[k];
            weights += weight;
        }
        CHECK(run.curve.value[i] == Approx(sum / weights).epsilon(1e-5));
    }
}

TEST_CASE("several seeds give a mean with a band and the same figures for any number of jobs") {
    const auto data = test::small_patches();
    auto options = kShort;
    options.seeds = {1, 2, 3};
    const lab::ModelFactory factory = [] {
        return std::make_unique<nn::Sequential>(model_with_everything(default_generator().seed));
    };
    const auto one = lab::range_test(factory, lab::sgd(), data.train, options);
    options.jobs = 3;
    const auto three = lab::range_test(factory, lab::sgd(), data.train, options);
    CHECK(one.curve.value == three.curve.value);
    REQUIRE(one.runs.size() == 3);
    CHECK(one.runs[0].loss.front() != one.runs[1].loss.front());
    REQUIRE(one.curve.rate.size() == one.low.size());
    REQUIRE(one.curve.rate.size() == one.high.size());
    for (std::size_t i = 0; i < one.low.size(); ++i) {
        const double a = one.runs[0].curve.value[i], b = one.runs[1].curve.value[i], c = one.runs[2].curve.value[i];
        CHECK(one.low[i] == std::min({a, b, c}));
        CHECK(one.high[i] == std::max({a, b, c}));
        CHECK(one.curve.value[i] == Approx((a + b + c) / 3));
    }
}

TEST_CASE("a sweep ends where the training diverges") {
    const auto data = test::small_patches();
    nn::Sequential model = test::small_model(2);
    auto options = kShort;
    options.to = 1e6;
    options.updates = 100;
    SECTION("on the way") {
        const auto found = lab::range_test(model, lab::sgd(), data.train, options);
        CHECK(found.runs.at(0).end == lab::SweepEnd::diverged);
        CHECK(found.runs.at(0).rate.size() < 100);
        CHECK(found.runs.at(0).rate.size() > 20);
    }
    SECTION("on the way, without smoothing") {
        options.smoothing = 0;
        const auto found = lab::range_test(model, lab::sgd(), data.train, options);
        const auto& loss = found.runs.at(0).loss;
        CHECK(found.runs.at(0).end == lab::SweepEnd::diverged);
        // The first loss far beyond those before ends it.
        double lowest = loss.at(0);
        for (std::size_t i = 0; i + 1 < loss.size(); ++i) {
            lowest = std::min(lowest, loss[i]);
            CHECK(loss[i] <= 4 * std::max(lowest, loss[0]));
        }
    }
    SECTION("at once: no suggestion and no error") {
        options.from = 1e30;
        options.to = 1e38;
        const auto found = lab::range_test(model, lab::sgd(), data.train, options);
        CHECK(found.runs.at(0).end == lab::SweepEnd::diverged);
        CHECK_FALSE(analysis::suggest(found.curve).pair);
        CHECK_FALSE(analysis::suggest(found.curve).no_pair.empty());
    }
    SECTION("never: the sweep is complete and there is no pair") {
        options.from = 1e-9;
        options.to = 1e-7;
        const auto found = lab::range_test(model, lab::sgd(), data.train, options);
        CHECK(found.runs.at(0).end == lab::SweepEnd::completed);
        CHECK(found.curve.rate.size() == 100);
        CHECK_FALSE(analysis::suggest(found.curve).pair);
    }
    SECTION("one seed at once: the mean ends there too") {
        options.seeds = {1, 2};
        int made = 0;
        const lab::ModelFactory factory = [&]() -> std::unique_ptr<nn::Module> {
            auto copy = std::make_unique<nn::Sequential>(nn::clone(model));
            if (made++ == 1) copy->parameters().back().mutable_data<float>()[0] = INFINITY;
            return copy;
        };
        const auto found = lab::range_test(factory, lab::sgd(), data.train, options);
        CHECK(found.runs.at(1).end == lab::SweepEnd::diverged);
        CHECK(found.runs.at(0).rate.size() > 20);
        CHECK(found.curve.rate.empty());
    }
}

TEST_CASE("the other metrics are measured on the validation set as often as asked") {
    const auto data = test::small_patches();
    const nn::Sequential model = test::small_model(2);
    auto options = kShort;
    options.to = .1;
    options.validation = &data.test;
    options.evaluate_every = 15;
    for (const auto metric :
         {lab::RangeMetric::validation_loss, lab::RangeMetric::accuracy, lab::RangeMetric::balanced_accuracy}) {
        options.metric = metric;
        const auto found = lab::range_test(model, lab::sgd(), data.train, options);
        const auto& run = found.runs.at(0);
        REQUIRE(run.curve.rate == std::vector<double>{run.rate[14], run.rate[29], run.rate[39]});
        CHECK(run.curve.higher_is_better == (metric != lab::RangeMetric::validation_loss));
        for (const double value : run.curve.value) CHECK((value > 0 && value < (run.curve.higher_is_better ? 1 : 3)));
    }
    // A net that hardly moves has the metrics of the untrained one.
    options.from = 1e-12;
    options.to = 1e-11;
    nn::Sequential copy = nn::clone(model);
    const auto untrained = train::evaluate(copy, data.test);
    options.metric = lab::RangeMetric::validation_loss;
    CHECK(lab::range_test(model, lab::sgd(), data.train, options).curve.value.back() == Approx(untrained.loss));
    options.metric = lab::RangeMetric::accuracy;
    CHECK(lab::range_test(model, lab::sgd(), data.train, options).curve.value.back() == untrained.accuracy);
    options.metric = lab::RangeMetric::balanced_accuracy;
    CHECK(lab::range_test(model, lab::sgd(), data.train, options).curve.value.back() == untrained.balanced_accuracy);
}

TEST_CASE("groups keep the ratio of their rates and any optimizer will do") {
    const auto data = test::small_patches();
    const nn::Sequential model = test::small_model(2);
    std::vector<double> first, second;
    const auto factory = [&](const std::vector<Tensor>& p) {
        auto sgd =
            std::make_unique<optim::Sgd>(std::vector<Tensor>(p.begin(), p.begin() + 2), optim::SgdOptions{.lr = .01});
        sgd->add_group({p.begin() + 2, p.end()}, {.lr = .1});
        sgd->after_update([&](optim::Update& u) {
            first.push_back(u.groups[0]["lr"]);
            second.push_back(u.groups[1]["lr"]);
        });
        return sgd;
    };
    auto options = kShort;
    options.to = .1;
    const auto run = lab::range_test(model, factory, data.train, options).runs.at(0);
    REQUIRE(second.size() == 40);
    for (std::size_t i = 0; i < second.size(); ++i) {
        CHECK(second[i] == Approx(run.rate[i]));
        CHECK(first[i] == Approx(run.rate[i] / 10));
    }
    const auto adam = [](const std::vector<Tensor>& p) { return std::make_unique<optim::AdamW>(p); };
    CHECK(lab::range_test(model, adam, data.train, options).runs.at(0).end != lab::SweepEnd::stopped);
}

TEST_CASE("a balanced subset has the same number of each class and depends on the seed") {
    const auto train = test::small_patches().train;
    const auto subset = lab::balanced_subset(train, 20, 1);
    CHECK(subset.class_counts() == std::vector<std::int64_t>{20, 20});
    CHECK(subset.class_names == train.class_names);
    CHECK(subset.standardization.has_value());
    const auto same = lab::balanced_subset(train, 20, 1), other = lab::balanced_subset(train, 20, 2);
    const auto pixels = [](const data::Dataset& d) {
        const auto bytes = d.images.tensor().values<std::uint16_t>();
        return std::vector<std::uint16_t>(bytes.begin(), bytes.end());
    };
    CHECK(pixels(same) == pixels(subset));
    CHECK(pixels(other) != pixels(subset));
    const auto most = lab::balanced_subset(train, 1'000'000, 1);
    CHECK(most.class_counts() == std::vector<std::int64_t>{48, 48});
    auto options = kShort;
    options.balanced = 20;
    CHECK(lab::range_test(test::small_model(1), lab::sgd(), train, options).runs.at(0).rate.size() > 5);
}

TEST_CASE("a range test sees what the training sees") {
    const auto data = test::small_patches();
    const nn::Sequential model = test::small_model(4);
    const auto losses = [&](const std::function<void(lab::RangeTestOptions&)>& change) {
        auto options = kShort;
        options.balance_batches = false;
        change(options);
        return lab::range_test(model, lab::sgd(), data.train, options).runs.at(0).loss;
    };
    const auto plain = losses([](auto&) {});
    // By a plain training with the same options: only the rates of later updates could differ.
    const auto first_losses = [&](const std::function<void(train::FitOptions&)>& change) {
        nn::Sequential copy = nn::clone(model);
        manual_seed(1);
        optim::Sgd sgd{copy.parameters(), {.lr = 1e-4}};
        std::vector<double> list;
        train::FitOptions fit{.epochs = 1, .batch_size = 16, .seed = 1, .progress = train::ProgressMode::off};
        fit.after_update = [&](const train::UpdateRow& row) {
            list.push_back(row.loss);
            return list.size() == 3 ? train::Control::stop : train::Control::proceed;
        };
        change(fit);
        train::fit(copy, sgd, data.train, fit);
        return list;
    };
    const auto same = [](const std::vector<double>& sweep, const std::vector<double>& training) {
        for (std::size_t i = 0; i < training.size(); ++i)
            CHECK(sweep.at(i) == Approx(training[i]).epsilon(i == 0 ? 1e-6 : 2e-3));
    };
    const auto sampler = data::sampler::balanced_batch({.positives = 4});
    const auto augmentation = data::parse_augmentation("flip,noise:1");
    const auto sampled = losses([&](auto& o) { o.sampler = sampler; });
    const auto augmented = losses([&](auto& o) { o.augmentation = augmentation; });
    same(plain, first_losses([](auto&) {}));
    same(sampled, first_losses([&](auto& o) { o.sampler = sampler; }));
    same(augmented, first_losses([&](auto& o) { o.augmentation = augmentation; }));
    CHECK(sampled[0] != Approx(plain[0]).epsilon(1e-4));
    CHECK(augmented[0] != Approx(plain[0]).epsilon(1e-4));
}

TEST_CASE("batches are balanced where classes are not and the training does not see to it itself") {
    const auto data = test::small_patches();  // 48 of 176 are positive
    const auto counts = data.train.class_counts();
    const nn::Sequential model = test::small_model(4);
    const auto found = [&](const std::function<void(lab::RangeTestOptions&)>& change) {
        auto options = kShort;
        change(options);
        return lab::range_test(model, lab::sgd(), data.train, options);
    };
    const double entropy = train::loss_of_fractions(counts);
    CHECK(lab::unbalanced(counts));
    const auto automatic = found([](auto&) {});
    CHECK(automatic.balanced_batches);
    CHECK(automatic.curve.fractions_only == Approx(std::log(2)));
    const auto by_hand = found([](auto& o) { o.sampler = data::sampler::balanced_batch(); });
    CHECK_FALSE(by_hand.balanced_batches);
    CHECK(by_hand.runs.at(0).loss == automatic.runs.at(0).loss);
    const auto off = found([](auto& o) { o.balance_batches = false; });
    CHECK_FALSE(off.balanced_batches);
    CHECK(off.curve.fractions_only == Approx(entropy));
    CHECK(found([](auto& o) { o.balanced = 20; }).curve.fractions_only == Approx(std::log(2)));
    const auto weighted = train::parse_rebalancing("weights").for_data(counts, 16).loss;
    CHECK_FALSE(found([&](auto& o) { o.loss = weighted; }).balanced_batches);
    CHECK(found([&](auto& o) { o.loss = weighted; }).curve.fractions_only == Approx(std::log(2)).epsilon(1e-4));
    // A batch that cannot hold every class draws them alike instead.
    CHECK(found([](auto& o) { o.batch_size = 1; }).balanced_batches);
    SECTION("of other metrics the class fractions have what a constant answer has") {
        const auto of = [&](lab::RangeMetric metric) {
            return found([&](auto& o) {
                o.metric = metric;
                o.validation = &data.test;
                o.balance_batches = false;
            });
        };
        const auto validation = data.test.class_counts();
        CHECK(of(lab::RangeMetric::balanced_accuracy).curve.fractions_only == 0.5);
        CHECK(of(lab::RangeMetric::accuracy).curve.fractions_only ==
              static_cast<double>(validation[0]) / static_cast<double>(data.test.size()));
        CHECK(of(lab::RangeMetric::validation_loss).curve.fractions_only ==
              Approx(train::cross_entropy_of_fractions(validation, counts)));
    }
}

TEST_CASE("batches with a few more of a rare class are no divergence") {
    // One positive to 24: many batches of 32 have none, so the smoothed loss is low at first by chance.
    const auto data = data::synthetic_patches({.positives = 10, .negatives = 240, .seed = 3, .size = 8});
    const auto counts = data.class_counts();
    const lab::ModelFactory at_prior = [&] {
        auto model = std::make_unique<nn::Sequential>(test::small_model(1));
        nn::init::prior_bias(class_prior(counts))(model->parameters().back());
        return model;
    };
    lab::RangeTestOptions options{.from = 1e-7, .to = 1e-6, .updates = 60, .batch_size = 32, .seeds = {1, 2, 3}};
    options.balance_batches = false;
    for (const auto& run : lab::range_test(at_prior, lab::sgd(), data, options).runs)
        CHECK(run.end == lab::SweepEnd::completed);
}

TEST_CASE("classes are unbalanced below four fifths of a fair part") {
    using Counts = std::vector<std::int64_t>;
    CHECK_FALSE(lab::unbalanced(Counts{}));
    CHECK_FALSE(lab::unbalanced(Counts{50, 50}));
    CHECK_FALSE(lab::unbalanced(Counts{40, 60}));
    CHECK(lab::unbalanced(Counts{39, 61}));
    CHECK_FALSE(lab::unbalanced(Counts{0, 100}));  // no sampler can draw what is not there
    CHECK_FALSE(lab::unbalanced(Counts{5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949}));  // MNIST
    CHECK(lab::unbalanced(Counts{100, 100, 60}));
}

TEST_CASE("a stop ends the sweeps in good order") {
    const auto data = test::small_patches();
    std::atomic<bool> stop{false};
    std::atomic<int> updates{0};
    auto options = kShort;
    options.seeds = {1, 2};
    options.stop = &stop;
    options.on_update = [&] { stop = ++updates == 10; };
    const auto found = lab::range_test(test::small_model(1), lab::sgd(), data.train, options);
    CHECK(found.runs[0].end == lab::SweepEnd::stopped);
    CHECK(found.runs[0].rate.size() == 10);
}

TEST_CASE("two range tests in two threads do not disturb each other") {
    const auto data = test::small_patches();
    const nn::Sequential model = test::small_model(1);
    const auto alone = lab::range_test(model, lab::sgd(), data.train, kShort).runs.at(0).loss;
    std::vector<double> a, b;
    std::thread other([&] { a = lab::range_test(model, lab::sgd(), data.train, kShort).runs.at(0).loss; });
    b = lab::range_test(model, lab::sgd(), data.train, kShort).runs.at(0).loss;
    other.join();
    CHECK(a == alone);
    CHECK(b == alone);
}

TEST_CASE("a range test refuses what cannot work") {
    const auto data = test::small_patches();
    const nn::Sequential model = test::small_model(1);
    const auto refuses = [&](const std::function<void(lab::RangeTestOptions&)>& change, const std::string& text) {
        auto options = kShort;
        change(options);
        CHECK_THROWS_AS(lab::range_test(model, lab::sgd(), data.train, options), UsageError);
        CHECK_THROWS_WITH(lab::range_test(model, lab::sgd(), data.train, options), Catch::Contains(text));
    };
    refuses([](auto& o) { o.from = 0; }, "first rate > 0");
    refuses([](auto& o) { o.from = NAN; }, "first rate > 0");
    refuses([](auto& o) { o.to = o.from; }, "last rate above the first");
    refuses([](auto& o) { o.to = INFINITY; }, "last rate above the first");
    refuses([](auto& o) { o.updates = 0; }, "at least one update");
    refuses([](auto& o) { o.batch_size = 0; }, "batch size");
    refuses([](auto& o) { o.seeds.clear(); }, "at least one seed");
    refuses([](auto& o) { o.smoothing = 1; }, "smoothing");
    refuses([](auto& o) { o.stop_factor = 1; }, "stop_factor");
    refuses([](auto& o) { o.metric = lab::RangeMetric::accuracy; }, "validation set");
    refuses([](auto& o) { o.jobs = 0; }, "job");
    const auto wrong = [&](const std::vector<Tensor>&) { return std::make_unique<optim::Sgd>(model.parameters()); };
    CHECK_THROWS_WITH(lab::range_test(model, wrong, data.train, kShort),
                      Catch::Contains("are not in this model") && Catch::Contains("the parameters it is given"));
    CHECK_THROWS_WITH(lab::range_test(lab::ModelFactory([] { return nullptr; }), lab::sgd(), data.train, kShort),
                      Catch::Contains("no model"));
}
