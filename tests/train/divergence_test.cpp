#include <cyclone/autograd/backward.h>
#include <cyclone/data/loader.h>
#include <cyclone/ops/ops.h>
#include <cyclone/train/fit.h>

#include <cmath>
#include <limits>
#include <sstream>
#include <stdexcept>

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
using train::OnDivergence;

namespace {

// Cross-entropy, but infinite in the calls for which `when` says so.
struct FaultyLoss {
    std::function<bool(int)> when;
    std::shared_ptr<int> calls = std::make_shared<int>(0);
    Tensor operator()(const Tensor& output, const Tensor& labels) const {
        const Tensor loss = cross_entropy(output, labels);
        return when((*calls)++) ? loss * Tensor::scalar(std::numeric_limits<double>::infinity()) : loss;
    }
};

}  // namespace

TEST_CASE("a training that diverges names update place rate schedule and the first bad layer") {
    const data::Dataset data = tiny_data(1);
    TinyTraining training(Recipe::sgd);
    Tensor weight = training.model.parameters()[4];
    train::FitOptions options = tiny_options(nullptr);
    options.after_update = [&](const train::UpdateRow& row) {
        if (row.update == 15) weight.mutable_data<float>()[0] = std::numeric_limits<float>::infinity();
        return Control::proceed;
    };
    CHECK_THROWS_WITH(training.fit(data, options),
                      Catch::Contains("the loss is ") && Catch::Contains("at update 16 (batch 5 of 6 in epoch 3)") &&
                          Catch::Contains("learning rate 0.0") && Catch::Contains("lr=cosine_warm_restarts(") &&
                          Catch::Contains("first bad layer: 4.weight is not finite") && Catch::Contains("hint"));
}

TEST_CASE("gradients that are not finite end the training before they reach the weights") {
    const data::Dataset data = tiny_data(1);
    TinyTraining training(Recipe::adam);
    train::FitOptions options = tiny_options(nullptr);
    // sqrt has an infinite slope at 0: the loss is finite, its gradient is not.
    int calls = 0;
    options.loss = [&](const Tensor& output, const Tensor& labels) {
        const Tensor loss = cross_entropy(output, labels);
        return ++calls == 9 ? loss + sum(sqrt(output - output)) : loss;
    };
    std::vector<float> last;
    options.after_update = [&](const train::UpdateRow&) {
        last = test::weights_of(training.model);
        return Control::proceed;
    };
    CHECK_THROWS_WITH(training.fit(data, options), Catch::Contains("the gradient of 4.bias is not finite (nor are ") &&
                                                       Catch::Contains("at update 8 (batch 3 of 6 in epoch 2)") &&
                                                       Catch::Contains("the weights are finite"));
    CHECK(test::weights_of(training.model) == last);
    CHECK(training.optimizer->updates() == 8);
}

TEST_CASE("a bad batch is skipped and counted and leaves no trace in weights and buffers") {
    const data::Dataset data = tiny_data(1);
    const auto is_bad = [](int batch) { return batch == 1 || batch == 2 || batch == 10; };
    train::FitOptions options = tiny_options(nullptr);
    options.epochs = 3;
    options.divergence.action = OnDivergence::skip;
    std::vector<std::string> reports;
    options.report = [&](const std::string& text) { reports.push_back(text); };
    options.loss = FaultyLoss{is_bad};
    TinyTraining training(Recipe::adam, 1, 2, 0);
    const auto history = training.fit(data, options);
    CHECK(history.skipped() == 3);
    REQUIRE(history.updates().size() == 15);
    for (std::size_t i = 0; i < 15; ++i) CHECK(history.updates()[i].update == i);
    REQUIRE(history.epochs().size() == 3);
    CHECK(history.epochs()[0].updates == 4);
    // Batches of 4 but for the last of an epoch, which has 3; the second and third are skipped.
    const auto& rows = history.updates();
    CHECK(history.epochs()[0].train_loss ==
          Approx((4 * (rows[0].loss + rows[1].loss + rows[2].loss) + 3 * rows[3].loss) / 15));
    REQUIRE(reports.size() == 2);  // one for each streak
    CHECK_THAT(reports[0], Catch::Contains("the loss is inf at update 1 (batch 2 of 6 in epoch 1)") &&
                               Catch::Contains("the batch is skipped"));

    // The plain loop that never sees those batches (without dropout they take no random numbers either).
    TinyTraining plain(Recipe::adam, 1, 2, 0);
    data::Loader loader(data, {.batch_size = 4, .seed = 9});
    plain.optimizer->set_updates_per_epoch(6);
    plain.optimizer->set_epochs(3);
    for (int epoch = 0, number = 0; epoch < 3; ++epoch)
        for (const data::Batch& batch : loader) {
            if (is_bad(number++)) continue;
            const Tensor loss = cross_entropy(plain.model(batch.x), batch.y);
            plain.optimizer->zero_grad();
            backward(loss);
            plain.optimizer->step();
        }
    CHECK((bits_of(training, {}) == bits_of(plain, {})));
}

TEST_CASE("skipping is given up when it does not help") {
    const data::Dataset data = tiny_data(1);
    train::FitOptions options = tiny_options(nullptr);
    options.divergence = {.action = OnDivergence::skip, .max_skips = 4};
    options.report = [](const std::string&) {};
    options.loss = FaultyLoss{[](int call) { return call >= 20; }};
    TinyTraining always(Recipe::sgd);
    CHECK_THROWS_WITH(always.fit(data, options), Catch::Contains("given up after 4 skipped batches in a row"));
    // One part of each batch is good; a batch is skipped all the same.
    train::FitOptions accumulated = options;
    accumulated.accumulate = 2;
    accumulated.divergence.check_gradients = false;
    accumulated.loss = FaultyLoss{[](int call) { return call >= 20 && call % 2 == 1; }};
    CHECK_THROWS_WITH(TinyTraining(Recipe::sgd).fit(data, accumulated),
                      Catch::Contains("given up after 4 skipped batches in a row"));
    // Weights that are not finite cannot be helped by leaving out batches.
    TinyTraining training(Recipe::sgd);
    Tensor weight = training.model.parameters()[4];
    options.loss = {};
    options.after_update = [&](const train::UpdateRow&) {
        weight.mutable_data<float>()[0] = std::numeric_limits<float>::quiet_NaN();
        return Control::proceed;
    };
    CHECK_THROWS_WITH(training.fit(data, options),
                      Catch::Contains("at update 1 ") && Catch::Contains("4.weight is not finite"));
    // An epoch in which nothing is left.
    options.after_update = {};
    options.divergence.max_skips = 1000;
    options.loss = FaultyLoss{[](int) { return true; }};
    CHECK_THROWS_WITH(TinyTraining(Recipe::sgd).fit(data, options), Catch::Contains("every batch of epoch 1"));
}

TEST_CASE("weights that are not finite behind a relu that hides them are found when the epoch ends") {
    const data::Dataset data = tiny_data(1);
    TinyTraining training(Recipe::sgd);
    Tensor bias = training.model.parameters()[1];
    train::FitOptions options = tiny_options(nullptr);
    options.after_update = [&](const train::UpdateRow& row) {
        if (row.update == 11) bias.mutable_data<float>()[0] = -std::numeric_limits<float>::infinity();
        return Control::proceed;
    };
    CHECK_THROWS_WITH(training.fit(data, options),
                      Catch::Contains("1.bias is not finite after epoch 2 (update 12)") && Catch::Contains("rate"));
}

TEST_CASE("a training rolls back to the last checkpoint and goes on with a lower rate") {
    const data::Dataset data = tiny_data(1);
    const test::TemporaryFolder folder;
    train::FitOptions options = tiny_options(nullptr);
    options.epochs = 10;
    options.divergence = {.action = OnDivergence::roll_back, .factor = 0.25};
    options.checkpoint.folder = folder / "run";
    options.checkpoint.every_updates = 10;
    std::vector<std::string> reports;
    options.report = [&](const std::string& text) { reports.push_back(text); };
    options.loss = FaultyLoss{[](int call) { return call == 27; }};
    TinyTraining training(Recipe::sgd);
    const auto history = training.fit(data, options);
    CHECK(history.roll_backs() == 1);
    REQUIRE(history.updates().size() == 60);
    REQUIRE(reports.size() == 1);
    CHECK_THAT(reports[0],
               Catch::Contains("at update 27") && Catch::Contains("resuming from update 20 with 0.25 times"));
    CHECK(training.optimizer->lr_factor() == 0.25);

    // The same by hand: 20 updates, and the others with a quarter of the rate.
    TinyTraining by_hand(Recipe::sgd);
    train::FitOptions plain = tiny_options(nullptr);
    plain.epochs = 10;
    plain.after_update = [&](const train::UpdateRow& row) {
        if (row.update == 19) by_hand.optimizer->set_lr_factor(0.25);
        return Control::proceed;
    };
    CHECK((bits_of(by_hand, by_hand.fit(data, plain)) == bits_of(training, history)));

    // A training resumed later keeps the lower rate.
    options.checkpoint.resume = true;
    options.epochs = 11;
    plain.epochs = 11;
    TinyTraining resumed(Recipe::sgd);
    const auto longer = resumed.fit(data, options);
    CHECK(longer.roll_backs() == 1);
    TinyTraining whole(Recipe::sgd);
    plain.after_update = [&](const train::UpdateRow& row) {
        if (row.update == 19) whole.optimizer->set_lr_factor(0.25);
        return Control::proceed;
    };
    CHECK((bits_of(whole, whole.fit(data, plain)) == bits_of(resumed, longer)));
}

TEST_CASE("diverging again goes further back and in the end gives up") {
    const data::Dataset data = tiny_data(1);
    const test::TemporaryFolder folder;
    train::FitOptions options = tiny_options(nullptr);
    options.divergence = {.action = OnDivergence::roll_back, .max_roll_backs = 4};
    options.checkpoint.folder = folder / "run";
    options.checkpoint.every_updates = 10;
    options.checkpoint.keep = 2;
    std::vector<std::string> reports;
    options.report = [&](const std::string& text) { reports.push_back(text); };
    // Every attempt to go beyond update 24 fails; the first checkpoint that is tried twice is given up.
    TinyTraining training(Recipe::sgd);
    options.loss = [&](const Tensor& output, const Tensor& labels) {
        const Tensor loss = cross_entropy(output, labels);
        return training.optimizer->updates() < 24 ? loss : loss * Tensor::scalar(std::nan(""));
    };
    try {
        training.fit(data, options);
        FAIL("went on");
    } catch (const train::Diverged& diverged) {
        CHECK_THAT(diverged.what(), Catch::Contains("given up after 4 returns to a checkpoint"));
        REQUIRE(diverged.history());
        CHECK(diverged.history()->roll_backs() == 4);
    }
    REQUIRE(reports.size() == 4);
    CHECK_THAT(reports[0], Catch::Contains("from update 20 with 0.5 times"));
    CHECK_THAT(reports[1], Catch::Contains("from update 10 with 0.25 times"));
    CHECK_THAT(reports[2], Catch::Contains("from update 20 with 0.125 times"));
    CHECK_THAT(reports[3], Catch::Contains("from update 10 with 0.0625 times"));
    train::FitOptions wrong = options;
    wrong.divergence.factor = 1;
    CHECK_THROWS_AS(training.fit(data, wrong), UsageError);
}

TEST_CASE("what a callback did to the rate after the checkpoint is not done twice") {
    const data::Dataset data = tiny_data(1);
    const test::TemporaryFolder folder;
    train::FitOptions options = test::roll_back_options(folder / "run", 5, 12);
    options.loss = FaultyLoss{[](int call) { return call == 20; }};  // in epoch 4, once
    TinyTraining training(Recipe::sgd);
    std::vector<double> factors;
    options.callbacks = {[&](const train::History& history) {
        if (history.epochs().size() == 3 && history.restored() < 3)
            training.optimizer->set_lr_factor(0.1 * training.optimizer->lr_factor());
        factors.push_back(training.optimizer->lr_factor());
        return Control::proceed;
    }};
    const train::History history = training.fit(data, options);
    CHECK(history.roll_backs() == 1);
    const std::vector<double> expected = {1, 1, 1, 0.1, 0.5 * 0.1, 0.5 * 0.1, 0.5 * 0.1};
    REQUIRE(factors.size() == expected.size());
    for (std::size_t i = 0; i < expected.size(); ++i) CHECK(factors[i] == Approx(expected[i]).epsilon(1e-12));
}

TEST_CASE("a training that is killed after a return to a checkpoint resumes with what the return decided") {
    const data::Dataset data = tiny_data(1);
    const test::TemporaryFolder folder;
    train::FitOptions options = tiny_options(nullptr);
    options.epochs = 8;
    options.divergence = {.action = OnDivergence::roll_back, .max_roll_backs = 3};
    options.checkpoint.every_updates = 10;
    options.report = [](const std::string&) {};
    // Update 25 diverges while the rate is the whole one, update 26 while it is half of it.
    const auto fit = [&](TinyTraining& training, const char* name, std::uint64_t stop_at) {
        options.checkpoint.folder = folder / name;
        options.loss = [&](const Tensor& output, const Tensor& labels) {
            const double factor = training.optimizer->lr_factor();
            const bool bad = training.optimizer->updates() == (factor == 1 ? 25 : 26) && factor > 0.25;
            return cross_entropy(output, labels) * Tensor::scalar(bad ? std::nan("") : 1.0);
        };
        options.after_update = [&, stop_at](const train::UpdateRow& row) {
            if (row.update == stop_at && training.optimizer->lr_factor() == 0.5) throw std::runtime_error("killed");
            return Control::proceed;
        };
        return training.fit(data, options);
    };
    TinyTraining whole(Recipe::adam);
    const auto expected = bits_of(whole, fit(whole, "whole", 1000));
    CHECK(whole.optimizer->lr_factor() == 0.25);
    TinyTraining killed(Recipe::adam);
    CHECK_THROWS_WITH(fit(killed, "run", 22), Catch::Contains("killed"));
    options.checkpoint.resume = true;
    TinyTraining resumed(Recipe::adam, 7);
    const auto history = fit(resumed, "run", 1000);
    CHECK(history.roll_backs() == 2);
    CHECK(resumed.optimizer->lr_factor() == 0.25);
    CHECK((bits_of(resumed, history) == expected));
}

TEST_CASE("a training that gave up is not resumed to give up again") {
    const data::Dataset data = tiny_data(1);
    const test::TemporaryFolder folder;
    train::FitOptions options = tiny_options(nullptr);
    options.divergence = {.action = OnDivergence::roll_back, .max_roll_backs = 2};
    options.checkpoint.folder = folder / "run";
    options.checkpoint.every_updates = 10;
    options.report = [](const std::string&) {};
    const auto fit = [&](TinyTraining& training) {
        options.loss = [&](const Tensor& output, const Tensor& labels) {
            const bool bad = training.optimizer->updates() == 24 && training.optimizer->lr_factor() > 0.1;
            return cross_entropy(output, labels) * Tensor::scalar(bad ? std::nan("") : 1.0);
        };
        return training.fit(data, options);
    };
    TinyTraining first(Recipe::sgd);
    CHECK_THROWS_AS(fit(first), train::Diverged);
    options.checkpoint.resume = true;
    TinyTraining again(Recipe::sgd, 3);
    std::uint64_t updates = 0;
    options.after_update = [&](const train::UpdateRow&) { return ++updates, Control::proceed; };
    CHECK_THROWS_WITH(fit(again), Catch::Contains("the training gave up and would do so again") &&
                                      Catch::Contains("at update 24") && Catch::Contains("hint"));
    CHECK(updates == 0);
    // Who allows more returns gets them.
    options.divergence.max_roll_backs = 9;
    TinyTraining more(Recipe::sgd, 3);
    CHECK(fit(more).roll_backs() == 4);
    CHECK(more.optimizer->lr_factor() == 0.0625);
}

TEST_CASE("what is not a number has no sign in messages and files") {
    const double bad = std::copysign(std::nan(""), -1.0);
    try {
        fail("a place", "expected a number, got ", bad, " and ", static_cast<float>(bad), " and ", -1.5);
    } catch (const Error& error) {
        CHECK(std::string(error.what()) == "a place: expected a number, got nan and nan and -1.5");
    }
    std::ostringstream text;
    text << Tensor::from(std::vector<float>{static_cast<float>(bad), -2}, {2});
    CHECK_THAT(text.str(), Catch::EndsWith("[nan, -2]"));
    train::History history;
    history.add(train::UpdateRow{.lr = 0.5, .loss = bad});
    const test::TemporaryFolder folder;
    history.write_csv(folder / "history.csv");
    CHECK_THAT(test::whole_file(folder / "history.csv"), Catch::Contains(",0.5,nan,"));
    // A loss that comes out as one.
    const data::Dataset data = tiny_data(1);
    TinyTraining training(Recipe::sgd);
    train::FitOptions options = tiny_options(nullptr);
    options.loss = [&](const Tensor& output, const Tensor& labels) {
        return cross_entropy(output, labels) * Tensor::scalar(bad);
    };
    CHECK_THROWS_WITH(training.fit(data, options), Catch::Contains("the loss is nan at update 0"));
}
