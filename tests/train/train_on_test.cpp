// Trainings that go on: a second fit, another batch size, more epochs, part of a batch at a time.

#include <cyclone/io/checkpoint_folder.h>
#include <cyclone/ops/ops.h>
#include <cyclone/schedule/compose.h>
#include <cyclone/schedule/decay.h>
#include <cyclone/schedule/one_cycle.h>
#include <cyclone/train/reduce_on_plateau.h>

#include <algorithm>
#include <cmath>

#include "support/catch.h"
#include "support/shared_files.h"
#include "train/small_model.h"
#include "train/tiny_training.h"

using namespace cyclone;
using test::bits_of;
using test::Recipe;
using test::tiny_data;
using test::tiny_options;
using test::TinyTraining;
using train::Control;

namespace {

train::FitOptions quiet(std::int64_t epochs, std::int64_t batch_size) {
    train::FitOptions options = tiny_options(nullptr);
    options.epochs = epochs;
    options.batch_size = batch_size;
    return options;
}

void append(train::History& all, const train::History& more) {
    for (const train::UpdateRow& row : more.updates()) all.add(row);
    for (const train::EpochRow& row : more.epochs()) all.add(row);
}

}  // namespace

TEST_CASE("n times one epoch give the bits of n epochs") {
    const Recipe recipe = GENERATE(Recipe::adam, Recipe::sgd);
    const data::Dataset data = tiny_data(1), validation = tiny_data(2, 11);
    train::FitOptions options = tiny_options(&validation);
    options.epochs = 5;
    options.sampler = data::sampler::balanced_batch();
    options.augmentation = {.flip_horizontal = true, .shift = 1, .noise = 0.1, .mixup = 0.4};
    TinyTraining whole(recipe);
    const auto expected = bits_of(whole, whole.fit(data, options));
    TinyTraining parts(recipe);
    train::History all;
    for (const std::int64_t epochs : {1, 1, 2, 1}) {
        options.epochs = epochs;
        append(all, parts.fit(data, options));
    }
    CHECK((bits_of(parts, all) == expected));
    CHECK(all.epochs().back().epoch == 5);
    CHECK(parts.optimizer->epochs() == 5);
}

TEST_CASE("a second fit goes on after a stop, a skipped batch and a resume") {
    const data::Dataset data = tiny_data(1);
    train::FitOptions options = quiet(1, 4);
    options.divergence.action = train::OnDivergence::skip;
    options.report = [](const std::string&) {};
    int calls = 0;
    options.loss = [&](const Tensor& output, const Tensor& labels) {
        const Tensor loss = cross_entropy(output, labels);
        return ++calls <= 3 ? loss * Tensor::scalar(std::nan("")) : loss;
    };
    TinyTraining training(Recipe::sgd);
    CHECK(training.fit(data, options).updates().size() == 3);  // the others were skipped: not the place in the data
    CHECK(training.fit(data, options).epochs()[0].epoch == 2);
    // Stopped within an epoch, the next fit begins another.
    options.after_update = [](const train::UpdateRow&) { return Control::stop; };
    CHECK(training.fit(data, options).updates()[0].epoch == 3);
    options.after_update = {};
    // A resumed second fit knows that it is the second.
    const test::TemporaryFolder folder;
    options.epochs = 2;
    options.checkpoint.folder = folder / "run";
    options.after_epoch = [](const train::EpochRow&) { return Control::stop; };
    CHECK(training.fit(data, options).epochs()[0].epoch == 4);
    options.after_epoch = {};
    options.checkpoint.resume = true;
    TinyTraining other(Recipe::sgd, 5);
    const auto resumed = other.fit(data, options);
    REQUIRE(resumed.epochs().size() == 2);
    CHECK(resumed.epochs()[1].epoch == 5);
    CHECK(other.optimizer->epochs() == 5);
}

TEST_CASE("the place in epochs stays when the batch size changes between two fits") {
    const data::Dataset data = tiny_data(1, 40);
    const std::vector<Schedule> schedules = {
        schedule::one_cycle({.max = 0.1, .length = Epochs{10}}),
        schedule::triangular({.base = 0.001, .max = 0.1, .step_size = Epochs{5}}),
        schedule::linear({.start = 0.1, .end = 0, .length = Epochs{10}}),
        schedule::cosine_warm_restarts({.max = 0.1, .period = Epochs{4}}),
        schedule::warmup(schedule::step({.base = 0.1, .gamma = 0.5, .every = Epochs{3}}), Epochs{2}),
    };
    for (const Schedule& schedule : schedules) {
        INFO(schedule.describe());
        CHECK(schedule.counts_epochs());
        nn::Sequential model = TinyTraining::make_model(1, 2, 0);
        optim::Sgd sgd{model.parameters(), {.lr = schedule}};
        train::fit(model, sgd, data, quiet(5, 4));
        const auto second = train::fit(model, sgd, data, quiet(5, 8));
        REQUIRE(second.updates().size() == 25);
        const Schedule right = schedule.with_updates_per_epoch(5);
        for (std::uint64_t i = 0; i < 25; ++i) {
            CHECK(second.updates()[i].update == 50 + i);
            CHECK(second.updates()[i].lr == right.value(25 + i));
        }
        // Other data: epochs of one update.
        CHECK(train::fit(model, sgd, tiny_data(3, 16), quiet(1, 16)).updates()[0].lr ==
              schedule.with_updates_per_epoch(1).value(10));
    }
}

TEST_CASE("lengths in updates keep their place in updates") {
    const data::Dataset data = tiny_data(1, 40);
    const Schedule cycles = schedule::triangular({.base = 0.001, .max = 0.1, .step_size = Iterations{20}});
    const Schedule mixed =
        schedule::warmup(schedule::linear({.start = 0.1, .end = 0, .length = Epochs{10}}), Iterations{7});
    const Schedule decaying = schedule::exp_range({.base = 0.001, .max = 0.1, .step_size = Epochs{2}, .gamma = 0.99});
    const Schedule settled =
        schedule::linear({.start = 0.1, .end = 0, .length = Epochs{10}}).with_updates_per_epoch(10);
    for (const Schedule& schedule : {cycles, mixed, decaying, settled}) {
        INFO(schedule.describe());
        nn::Sequential model = TinyTraining::make_model(1, 2, 0);
        optim::Sgd sgd{model.parameters(), {.lr = schedule}};
        train::fit(model, sgd, data, quiet(5, 4));
        const auto second = train::fit(model, sgd, data, quiet(2, 8));
        for (const auto& row : second.updates()) CHECK(row.lr == schedule.with_updates_per_epoch(10).value(row.update));
    }
    CHECK_FALSE(mixed.counts_epochs());
    CHECK_FALSE(decaying.counts_epochs());
}

TEST_CASE("the place in epochs is part of the optimizer's state") {
    const Schedule lr = schedule::one_cycle({.max = 0.1, .length = Epochs{10}});
    const auto make = [&] { return optim::Sgd{{nn::parameter(Tensor::ones({1}))}, {.lr = lr}}; };
    optim::Sgd first = make();
    first.set_updates_per_epoch(10);
    for (int i = 0; i < 50; ++i) {
        first.parameters()[0].set_grad(Tensor::ones({1}));
        first.step();
    }
    first.set_epochs(5);
    first.set_updates_per_epoch(5);
    const StateDict state = first.state_dict().clone();
    const double right = lr.with_updates_per_epoch(5).value(25);
    CHECK(first.lr() == right);
    for (const std::uint64_t n : {0, 5, 10, 20}) {  // before or after the epochs have a length
        optim::Sgd other = make();
        if (n > 0) other.set_updates_per_epoch(n);
        other.load_state_dict(state);
        CHECK(other.epochs() == 5);
        const std::uint64_t now = n == 0 ? 5 : n;
        CHECK(other.lr() == lr.with_updates_per_epoch(now).value(5 * now));
    }
    StateDict damaged = state.clone();
    damaged.set("clock", Tensor::from<std::int64_t>(std::vector<std::int64_t>{5, 5, -51}, {3}));
    optim::Sgd other = make();
    CHECK_THROWS_WITH(other.load_state_dict(damaged), Catch::Contains("'clock' holds numbers out of range"));
    CHECK(other.updates() == 0);
}

TEST_CASE("a fit that begins where the schedule has ended says so") {
    const data::Dataset data = tiny_data(1, 8);
    TinyTraining training(Recipe::sgd);
    optim::Sgd sgd{training.model.parameters(), {.lr = schedule::one_cycle({.max = 0.1, .length = Epochs{2}})}};
    train::FitOptions options = quiet(2, 4);
    std::vector<std::string> reports;
    options.report = [&](const std::string& text) { reports.push_back(text); };
    train::fit(training.model, sgd, data, options);
    CHECK(reports.empty());
    train::fit(training.model, sgd, data, options);
    REQUIRE(reports.size() == 1);
    CHECK_THAT(reports[0], Catch::Contains("the learning rate stays at 4e-07") && Catch::Contains("ended at update 4"));
}

TEST_CASE("resume compares every group and every layer") {
    const data::Dataset data = tiny_data(1);
    const auto fit = [&](const nn::BatchNormOptions& norm, std::vector<optim::SgdOptions> groups, const auto& change,
                         const std::filesystem::path& folder) {
        manual_seed(1);
        nn::Sequential model{nn::Flatten{}, nn::Linear{4, 5}, nn::BatchNorm{5, norm}, nn::Linear{5, 2}};
        const auto p = model.parameters();
        optim::Sgd sgd{{p[0], p[1], p[2], p[3]}, groups[0]};
        sgd.add_group({p[4], p[5]}, groups[1]);
        train::FitOptions options = quiet(1, 4);
        options.checkpoint.folder = folder;
        options.checkpoint.resume = true;
        change(options);
        train::fit(model, sgd, data, options);
    };
    const test::TemporaryFolder folder;
    const auto as_it_was = [](train::FitOptions&) {};
    const optim::SgdOptions body{.lr = 0.01, .momentum = 0.9}, head{.lr = 0.1, .momentum = 0.9};
    fit({}, {body, head}, as_it_was, folder / "run");
    CHECK_NOTHROW(fit({}, {body, head}, as_it_was, folder / "run"));
    const auto refused = [&](const nn::BatchNormOptions& norm, const optim::SgdOptions& first,
                             const optim::SgdOptions& second, const auto& change, const std::string& what) {
        CHECK_THROWS_WITH(fit(norm, {first, second}, change, folder / "run"), Catch::Contains(what));
    };
    refused({}, body, {.lr = 0.5, .momentum = 0.9}, as_it_was,
            "other groups: the checkpoint has Sgd(lr=0.1, momentum=0.9)");
    refused({}, body, {.lr = 0.1, .momentum = 0.9, .nesterov = true}, as_it_was, "nesterov=1");
    refused({}, {.lr = 0.01, .momentum = 0.9, .dampening = 0.9}, head, as_it_was, "dampening=0.9");
    refused({}, body, {.lr = 0.1, .momentum = 0.9, .weight_decay = 0.01}, as_it_was, "weight_decay=0.01");
    refused({.momentum = 0.9}, body, head, as_it_was, "BatchNorm(5, momentum 0.9)");
    refused({.epsilon = 0.001}, body, head, as_it_was, "BatchNorm(5, epsilon 0.001)");
    refused(
        {}, body, head, [](train::FitOptions& o) { o.accumulate = 2; },
        "accumulate: the checkpoint has 1, this training has 2");
    refused(
        {}, body, head, [](train::FitOptions& o) { o.drop_last = true; }, "drop last: the checkpoint has no");
    refused(
        {}, body, head, [](train::FitOptions& o) { o.checkpoint.score = train::Monitor("min:train_loss"); },
        "best epoch by: the checkpoint has training loss, this training has min:train_loss");
}

TEST_CASE("the optimizer's state is matched by the names of its parameters") {
    const data::Dataset data = tiny_data(1);
    const test::TemporaryFolder folder;
    train::FitOptions options = quiet(3, 4);
    const auto model = [] {
        manual_seed(1);
        return nn::Sequential{nn::Flatten{}, nn::Linear{4, 4}, nn::Linear{4, 4}, nn::Linear{4, 2}};
    };
    const optim::SgdOptions sgd{.lr = 0.05, .momentum = 0.9};
    nn::Sequential whole = model();
    optim::Sgd straight{whole.parameters(), sgd};
    train::fit(whole, straight, data, options);
    options.checkpoint.folder = folder / "run";
    options.after_epoch = [](const train::EpochRow& row) { return row.epoch == 2 ? Control::stop : Control::proceed; };
    nn::Sequential before = model();
    optim::Sgd first{before.parameters(), sgd};
    train::fit(before, first, data, options);
    options.after_epoch = {};
    options.checkpoint.resume = true;
    nn::Sequential after = model();
    auto p = after.parameters();
    std::swap(p[0], p[2]);  // two of one shape
    std::swap(p[1], p[5]);
    optim::Sgd second{p, sgd};
    train::fit(after, second, data, options);
    CHECK(test::weights_of(after) == test::weights_of(whole));
    // Other parameters, or in another group, are named.
    nn::Sequential fewer = model();
    p = fewer.parameters();
    optim::Sgd third{{p[0], p[1], p[2], p[3]}, sgd};
    third.add_group({p[4], p[5]}, sgd);
    CHECK_THROWS_WITH(
        train::fit(fewer, third, data, options),
        Catch::Contains("only the checkpoint has group 0: 3.bias and 1 more, only this training has group 1"));
}

TEST_CASE("groups that a hook added are resumed once they are made first") {
    const data::Dataset data = tiny_data(1);
    const test::TemporaryFolder folder;
    const auto fit = [&](std::int64_t epochs, bool at_once) {
        manual_seed(1);
        nn::Sequential model{nn::Flatten{}, nn::Linear{4, 3}, nn::Linear{3, 2}};
        const auto p = model.parameters();
        const optim::SgdOptions body{.lr = 0.01, .momentum = 0.9};
        optim::Sgd sgd{{p[2], p[3]}, {.lr = 0.1, .momentum = 0.9}};
        if (at_once) sgd.add_group({p[0], p[1]}, body);
        train::FitOptions options = quiet(epochs, 4);
        options.report = [](const std::string&) {};
        options.checkpoint.folder = folder / "run";
        options.checkpoint.resume = true;
        options.checkpoint.keep_best = true;
        options.checkpoint.score = [](const train::EpochRow& row) { return -static_cast<double>(row.epoch); };
        options.after_epoch = [&](const train::EpochRow& row) {
            if (row.epoch == 2 && !at_once) sgd.add_group({p[0], p[1]}, body);
            return Control::proceed;
        };
        return train::fit(model, sgd, data, options);
    };
    fit(3, false);
    CHECK_THROWS_WITH(fit(4, false), Catch::Contains("only the checkpoint has group 1: 1.bias and 1 more") &&
                                         Catch::Contains("hint: make the groups"));
    const auto resumed = fit(4, true);
    CHECK(resumed.epochs().size() == 4);
    CHECK(resumed.best()->epoch == 1);
}

TEST_CASE("passes that are accumulated give the gradient of the large batch") {
    const data::Dataset data = tiny_data(1, 22);
    const Tensor weights = Tensor::from(std::vector<double>{0.2, 3}, {2});
    const auto weight_of = [](const Tensor& labels) {
        double sum = 0;
        for (const std::int64_t label : labels.values<std::int64_t>()) sum += label == 0 ? 0.2 : 3;
        return sum;
    };
    const auto fit = [&](train::FitOptions options) {
        manual_seed(3);
        nn::Sequential model{nn::Flatten{}, nn::Linear{4, 6, {.activation = relu}}, nn::Linear{6, 2}};
        optim::Sgd sgd{model.parameters(), {.lr = 0.1, .momentum = 0.9}};
        const auto history = train::fit(model, sgd, data, options);
        CHECK(sgd.updates() == 6);  // two per epoch, the second of 10 images: 3 + 3 + 4
        return std::pair(test::weights_of(model), history);
    };
    const auto compare = [&](train::FitOptions large) {
        large.epochs = 3;
        large.batch_size = 12;
        train::FitOptions small = large;
        small.batch_size = 4;
        small.accumulate = 3;
        const auto [expected, whole] = fit(large);
        const auto [got, parts] = fit(small);
        REQUIRE(got.size() == expected.size());
        for (std::size_t i = 0; i < got.size(); ++i) CHECK(got[i] == Approx(expected[i]).margin(1e-5));
        for (std::size_t i = 0; i < 6; ++i)
            CHECK(parts.updates()[i].loss == Approx(whole.updates()[i].loss).epsilon(1e-5));
        CHECK(parts.epochs()[2].train_loss == Approx(whole.epochs()[2].train_loss).epsilon(1e-5));
    };
    train::FitOptions options = quiet(3, 12);
    compare(options);
    // A mean over the weights of the labels, which differ between the passes.
    options.loss = [&](const Tensor& output, const Tensor& labels) {
        return cross_entropy(output, labels, {.class_weights = weights});
    };
    options.loss_weight = weight_of;
    compare(options);
    options.sampler = data::sampler::balanced_batch();
    options.loss = {};
    options.loss_weight = {};
    compare(options);
    options.accumulate = 0;
    CHECK_THROWS_AS(fit(options), UsageError);
    options.sampler = {};
    options.accumulate = std::numeric_limits<std::int64_t>::max();
    options.batch_size = std::numeric_limits<std::int64_t>::max();
    TinyTraining training(Recipe::sgd);
    options.epochs = 1;
    CHECK(training.fit(data, options).updates().size() == 1);
}

TEST_CASE("a last batch of one image can be left out") {
    const data::Dataset data = tiny_data(1, 13);
    train::FitOptions options = quiet(2, 4);
    CHECK_THROWS_WITH(TinyTraining(Recipe::sgd).fit(data, options), Catch::Contains("drop_last"));
    options.drop_last = true;
    TinyTraining training(Recipe::sgd);
    const auto history = training.fit(data, options);
    CHECK(history.updates().size() == 6);
    options.batch_size = 14;
    CHECK_THROWS_WITH(TinyTraining(Recipe::sgd).fit(data, options), Catch::Contains("larger than the 13 images"));
}

TEST_CASE("the rate falls on a plateau, also across a stop, to the same bits") {
    const data::Dataset data = tiny_data(1), validation = tiny_data(2, 11);
    train::FitOptions options = tiny_options(&validation);
    options.epochs = 30;
    const auto with_plateau = [&](TinyTraining& training, train::FitOptions given) {
        given.callbacks = {
            train::ReduceOnPlateau{.optimizer = *training.optimizer, .patience = 2, .factor = 0.5, .lowest = 0.1}};
        return training.fit(data, given);
    };
    TinyTraining whole(Recipe::sgd);
    const auto history = with_plateau(whole, options);
    const auto expected = bits_of(whole, history);
    // The rule by hand.
    double best = -INFINITY, factor = 1;
    int waited = 0;
    for (const train::EpochRow& row : history.epochs()) {
        if (-row.validation->loss > best)
            best = -row.validation->loss, waited = 0;
        else if (++waited == 2)
            waited = 0, factor = std::max(0.1, factor / 2);
    }
    CHECK(factor < 1);
    CHECK(whole.optimizer->lr_factor() == factor);

    const test::TemporaryFolder folder;
    options.checkpoint.folder = folder / "run";
    options.checkpoint.resume = true;
    for (std::uint64_t stop = 5; stop < 180; stop += 7) {
        options.after_update = [&](const train::UpdateRow& row) {
            return row.update == stop ? Control::stop : Control::proceed;
        };
        TinyTraining part(Recipe::sgd, stop == 5 ? 1 : stop);  // the first one's weights count
        with_plateau(part, options);
    }
    options.after_update = {};
    TinyTraining last(Recipe::sgd, 9);
    CHECK((bits_of(last, with_plateau(last, options)) == expected));
    const train::ReduceOnPlateau wrong{.optimizer = *last.optimizer, .factor = 1};
    CHECK_THROWS_AS(wrong(history), UsageError);
}
