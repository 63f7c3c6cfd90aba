#include <cyclone/autograd/backward.h>
#include <cyclone/base/threads.h>
#include <cyclone/data/loader.h>
#include <cyclone/ops/arithmetic.h>
#include <cyclone/ops/loss.h>
#include <cyclone/optim/sgd.h>
#include <cyclone/schedule/cyclic.h>
#include <cyclone/train/fit.h>
#include <cyclone/train/slices.h>

#include <atomic>
#include <cmath>
#include <fstream>
#include <optional>
#include <sstream>
#include <thread>

#include "support/catch.h"
#include "support/shared_files.h"
#include "train/small_model.h"

using namespace cyclone;
using test::small_model;
using test::small_patches;
using test::weights_of;
using train::Control;

namespace {

// The rates of a run of 3 epochs with 6 batches each.
optim::SgdOptions cyclical() {
    return {.lr = schedule::triangular({.base = 0.01, .max = 0.1, .step_size = Epochs{1}}), .momentum = 0.5};
}

std::vector<double> losses(const train::History& history) {
    std::vector<double> all;
    for (const auto& row : history.updates()) all.push_back(row.loss);
    return all;
}

struct Outcome {
    std::vector<float> weights;
    std::vector<double> losses;
    bool operator==(const Outcome&) const = default;
};

Outcome train_once(const data::Dataset& data, std::uint64_t seed, int threads = 1,
                   std::optional<std::int64_t> slice = {}) {
    nn::Sequential model = small_model(seed, threads);
    optim::Sgd sgd{model.parameters(), cyclical()};
    const auto history = train::fit(model, sgd, data, {.epochs = 3, .slice = slice, .seed = seed});
    return {weights_of(model), losses(history)};
}

// The loop on top of fit.h, as a user would write it, or that on top of slices.h.
Outcome train_by_hand(const data::Dataset& data, std::uint64_t seed, bool by_slices) {
    nn::Sequential model = small_model(seed);
    optim::Sgd sgd{model.parameters(), cyclical()};
    Outcome outcome;
    flush_denormals();
    data::Loader loader(data, {.batch_size = 32, .seed = seed});
    sgd.set_updates_per_epoch(static_cast<std::uint64_t>(loader.batches_per_epoch()));
    model.train();
    train::Slices slices(train::slice_options(model, data.image_shape(), 32));
    for (int epoch = 0; epoch < 3; ++epoch)
        for (const data::Batch& batch : loader) {
            sgd.zero_grad();
            const std::int64_t images = batch.x.size(0);
            if (by_slices) {
                outcome.losses.push_back(slices.backward(images, [&](std::int64_t first, std::int64_t count) {
                    const double part = static_cast<double>(count) / static_cast<double>(images);
                    return part * cross_entropy(model(batch.x.rows(first, count)), batch.y.rows(first, count));
                }));
            } else {
                const Tensor loss = cross_entropy(model(batch.x), batch.y);
                backward(loss);
                outcome.losses.push_back(loss.item());
            }
            sgd.step();
        }
    outcome.weights = weights_of(model);
    return outcome;
}

}  // namespace

TEST_CASE("fit gives the bits of the loop written by hand") {
    const auto data = small_patches().train;
    const Outcome fitted = train_once(data, 5);
    REQUIRE(fitted.losses.size() == 18);
    CHECK(fitted == train_by_hand(data, 5, true));
    CHECK(train_once(data, 5, 1, 0) == train_by_hand(data, 5, false));
    // It learns: the second half of the losses lies below the first.
    double first = 0, second = 0;
    for (std::size_t i = 0; i < 9; ++i) first += fitted.losses[i], second += fitted.losses[9 + i];
    CHECK(second < first);
}

TEST_CASE("the same seed gives the same bits twice and another seed does not") {
    const auto data = small_patches().train;
    const Outcome once = train_once(data, 1, 2);
    CHECK(once == train_once(data, 1, 2));
    CHECK(once.losses != train_once(data, 2).losses);
}

TEST_CASE("two trainings in two threads give the bits of one after the other") {
    const auto data = small_patches().train;
    const auto run = [&](std::uint64_t seed, Outcome& outcome) { outcome = train_once(data, seed); };
    Outcome alone[2], together[2];
    for (std::uint64_t i : {0, 1}) std::thread([&] { run(i, alone[i]); }).join();
    std::thread first([&] { run(0, together[0]); }), second([&] { run(1, together[1]); });
    first.join();
    second.join();
    CHECK(together[0] == alone[0]);
    CHECK(together[1] == alone[1]);
    CHECK(alone[0].weights != alone[1].weights);
}

TEST_CASE("the history tells the rates that were used and the mean loss over the images") {
    const auto data = small_patches().train;
    REQUIRE(data.size() == 168);
    nn::Sequential model = small_model(1);
    optim::Sgd sgd{model.parameters(), cyclical()};
    const auto history = train::fit(model, sgd, data, {.epochs = 2, .batch_size = 50});
    REQUIRE(history.updates().size() == 8);
    REQUIRE(history.epochs().size() == 2);
    CHECK_FALSE(history.stopped());
    for (std::uint64_t k = 0; k < 8; ++k) {
        const auto& row = history.updates()[k];
        CHECK(row.update == k);
        CHECK(row.epoch == (k < 4 ? 1 : 2));
        const double height = k <= 4 ? static_cast<double>(k) / 4 : static_cast<double>(8 - k) / 4;
        CHECK(row.lr == Approx(0.01 + 0.09 * height).epsilon(1e-12));
        CHECK(row.images_per_second > 0);
    }
    const auto& rows = history.updates();
    CHECK(history.epochs()[0].train_loss ==
          Approx((50 * (rows[0].loss + rows[1].loss + rows[2].loss) + 18 * rows[3].loss) / 168));
    CHECK(history.epochs()[1].updates == 8);
    // A second fit goes on counting where the optimizer stands.
    CHECK(train::fit(model, sgd, data, {.epochs = 1, .batch_size = 50}).updates().front().update == 8);
}

TEST_CASE("the validation set is evaluated after every epoch without a trace in the training") {
    const auto data = small_patches();
    const auto run = [&](const data::Dataset* validation) {
        nn::Sequential model = small_model(4);
        optim::Sgd sgd{model.parameters(), cyclical()};
        auto history = train::fit(model, sgd, data.train, {.epochs = 2, .validation = validation});
        return std::pair(history, weights_of(model));
    };
    const auto with = run(&data.test), without = run(nullptr);
    CHECK(with.second == without.second);
    REQUIRE(with.first.epochs().size() == 2);
    REQUIRE(with.first.epochs()[1].validation);
    CHECK(with.first.epochs()[1].validation->samples == data.test.size());
    CHECK_FALSE(without.first.epochs()[1].validation);
}

TEST_CASE("a hook or the stop flag ends a training in good order") {
    const auto data = small_patches().train;
    nn::Sequential model = small_model(1);
    optim::Sgd sgd{model.parameters(), {.lr = 0.01}};
    train::FitOptions options{.epochs = 3};

    options.after_update = [](const train::UpdateRow& row) {
        return row.update == 6 ? Control::stop : Control::proceed;
    };
    const auto by_update = train::fit(model, sgd, data, options);
    CHECK(by_update.stopped());
    CHECK(by_update.updates().size() == 7);
    CHECK(by_update.epochs().size() == 1);

    options.after_update = {};
    // The first fit began the second epoch, so this one goes on with the third.
    options.after_epoch = [](const train::EpochRow& row) { return row.epoch == 4 ? Control::stop : Control::proceed; };
    const auto by_epoch = train::fit(model, sgd, data, options);
    CHECK(by_epoch.stopped());
    CHECK(by_epoch.epochs().size() == 2);

    options.after_epoch = {};
    std::atomic<bool> stop{false};
    options.stop = &stop;
    int updates = 0;
    options.after_update = [&](const train::UpdateRow&) {
        stop = ++updates == 3;
        return Control::proceed;
    };
    const auto by_flag = train::fit(model, sgd, data, options);
    CHECK(by_flag.stopped());
    CHECK(by_flag.updates().size() == 3);
    CHECK(train::fit(model, sgd, data, {.epochs = 1, .stop = &stop}).updates().empty());

    // Asking for a stop at the very end changes nothing.
    options.stop = nullptr;
    options.after_update = [](const train::UpdateRow&) { return Control::stop; };
    const auto whole =
        train::fit(model, sgd, data, {.epochs = 1, .batch_size = 1000, .after_update = options.after_update});
    CHECK_FALSE(whole.stopped());
    CHECK(whole.epochs().size() == 1);
}

TEST_CASE("a training that diverges says where and keeps what it has seen") {
    const auto data = small_patches().train;
    const test::TemporaryFolder folder;
    nn::Sequential model = small_model(1);
    optim::Sgd sgd{model.parameters(), {.lr = 1e30}};
    try {
        train::fit(model, sgd, data, {.epochs = 2, .history = folder / "history.csv"});
        FAIL("a rate of 1e30 did not diverge");
    } catch (const train::Diverged& diverged) {
        CHECK_THAT(diverged.what(), Catch::Contains("update") && Catch::Contains("learning rate 1e+30") &&
                                        (Catch::Contains("nan") || Catch::Contains("inf")));
        REQUIRE(diverged.history());
        const auto seen = diverged.history()->updates();
        REQUIRE_FALSE(seen.empty());
        for (const auto& row : seen) CHECK(std::isfinite(row.loss));
        const std::string text = test::whole_file(folder / "history.csv");
        CHECK(text == diverged.history()->csv());
    }
}

TEST_CASE("bad options and a place that cannot be written fail before the first update") {
    const auto data = small_patches().train;
    const test::TemporaryFolder folder;
    nn::Sequential model = small_model(1);
    const auto before = weights_of(model);
    optim::Sgd sgd{model.parameters(), {.lr = 0.1}};
    CHECK_THROWS_AS(train::fit(model, sgd, data, {.epochs = 0}), UsageError);
    CHECK_THROWS_AS(train::fit(model, sgd, data, {.batch_size = 0}), UsageError);
    CHECK_THROWS_WITH(train::fit(model, sgd, data, {.history = folder / "no" / "history.csv"}),
                      Catch::Contains("history.csv"));
    CHECK_THROWS_AS(train::fit(model, sgd, data::Dataset{}, {}), Error);
    const auto no_number = [](const Tensor& output, const Tensor&) { return output; };
    CHECK_THROWS_WITH(train::fit(model, sgd, data, {.loss = no_number}), Catch::Contains("one number"));
    CHECK(weights_of(model) == before);
    CHECK(sgd.updates() == 0);
}

TEST_CASE("a loss of one's own is trained") {
    const auto data = small_patches().train;
    nn::Sequential model = small_model(1);
    optim::Sgd sgd{model.parameters(), {.lr = 0.01}};
    const auto weighted = [](const Tensor& output, const Tensor& labels) {
        return cross_entropy(output, labels, {.class_weights = Tensor::from<float>({1, 5}, {2})});
    };
    const auto history = train::fit(model, sgd, data, {.epochs = 1, .loss = weighted});
    nn::Sequential other = small_model(1);
    optim::Sgd same{other.parameters(), {.lr = 0.01}};
    CHECK(losses(history) != losses(train::fit(other, same, data, {.epochs = 1})));
}

TEST_CASE("fit with mixup and a sampler is the loop a user would write") {
    const auto [data, test] = small_patches();
    const data::Sampler sampler = data::sampler::oversample(1);
    const data::Augmentation augmentation{.flip_horizontal = true, .noise = 0.1, .mixup = 0.4};
    nn::Sequential by_fit = small_model(2), by_hand = small_model(2);
    optim::Sgd fit_sgd{by_fit.parameters(), {.lr = 0.05}};
    const auto history = train::fit(
        by_fit, fit_sgd, data, {.epochs = 2, .slice = 0, .seed = 2, .sampler = sampler, .augmentation = augmentation});

    small_model(2);  // the thread's generator stands where it stood
    optim::Sgd hand_sgd{by_hand.parameters(), {.lr = 0.05}};
    data::Loader loader(data, {.batch_size = 32, .seed = 2, .sampler = sampler, .augmentation = augmentation});
    CHECK(static_cast<std::int64_t>(history.updates().size()) == 2 * loader.batches_per_epoch());
    CHECK(loader.batches_per_epoch() == 8);  // 120 of each class
    hand_sgd.set_updates_per_epoch(static_cast<std::uint64_t>(loader.batches_per_epoch()));
    by_hand.train();
    std::size_t update = 0;
    for (int epoch = 0; epoch < 2; ++epoch)
        for (const data::Batch& batch : loader) {
            const Tensor out = by_hand(batch.x);
            const Tensor loss =
                batch.lambda * cross_entropy(out, batch.y) + (1 - batch.lambda) * cross_entropy(out, batch.mixed_y);
            REQUIRE(history.updates()[update++].loss == loss.item());
            hand_sgd.zero_grad();
            backward(loss);
            hand_sgd.step();
        }
    CHECK(weights_of(by_fit) == weights_of(by_hand));
}
