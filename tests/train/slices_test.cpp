// Slices: the same bits for any number of threads, the gradient of the whole batch, and what goes wrong.

#include <cyclone/autograd/backward.h>
#include <cyclone/base/threads.h>
#include <cyclone/nn/models.h>
#include <cyclone/nn/nn.h>
#include <cyclone/ops/ops.h>
#include <cyclone/optim/sgd.h>
#include <cyclone/train/evaluate.h>
#include <cyclone/train/fit.h>
#include <cyclone/train/slices.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "support/catch.h"
#include "support/threads.h"
#include "train/small_model.h"
#include "train/training_by_slices.h"

using namespace cyclone;

TEST_CASE("the bits of a training by slices are the same for 1, 2, 3 and 8 threads") {
    for (const test::Network& network : test::networks()) {
        INFO(network.name);
        const std::string one = test::trained(network, 1);
        for (const int threads : {2, 3, 8}) {
            INFO(threads << " threads");
            CHECK(test::trained(network, threads) == one);
        }
    }
}

TEST_CASE("slices add up to the gradient, the loss and the dropout of the whole batch") {
    const test::Threads setting(3);
    constexpr std::int64_t kRows = 30;
    manual_seed(5);
    nn::Sequential model{nn::Conv2d{1, 3, {.activation = relu}}, nn::Flatten{}, nn::Dropout{0.5}, nn::Linear{108, 3}};
    model.to(DType::f64);
    for (Tensor& p : model.parameters()) p.set_requires_grad();
    Tensor x = Tensor::empty({kRows, 8, 8, 1}, DType::f64), y = Tensor::empty({kRows}, DType::i64);
    for (std::int64_t i = 0; i < x.numel(); ++i) x.mutable_data<double>()[i] = std::sin(0.7 * static_cast<double>(i));
    for (std::int64_t i = 0; i < kRows; ++i) y.mutable_data<std::int64_t>()[i] = i * i % 3;
    const Tensor weights = Tensor::from({0.2, 1.0, 3.0}, {3});

    const std::uint64_t position = default_generator().position;
    const Tensor whole = cross_entropy(model(x), y, {.class_weights = weights});
    const std::uint64_t after = default_generator().position;
    backward(whole);
    std::vector<Tensor> expected;
    for (Tensor& p : model.parameters()) expected.push_back(p.grad().clone()), p.clear_grad();

    const auto weight_of = [&](const Tensor& labels) {
        double sum = 0;
        for (const std::int64_t label : labels.values<std::int64_t>()) sum += weights.data<double>()[label];
        return sum;
    };
    for (const auto& [size, sums] :
         std::vector<std::pair<std::int64_t, std::int64_t>>{{4, 32}, {4, 3}, {8, 1}, {16, 32}, {64, 2}}) {
        INFO("slices of " << size << ", " << sums << " sums");
        default_generator().position = position;
        train::Slices slices({.images = size, .sums = sums});
        const double loss = slices.backward(kRows, [&](std::int64_t first, std::int64_t count) {
            const Tensor labels = y.rows(first, count);
            return cross_entropy(model(x.rows(first, count)), labels, {.class_weights = weights}) *
                   (weight_of(labels) / weight_of(y));
        });
        CHECK(loss == Approx(whole.item()).epsilon(1e-12));
        CHECK(default_generator().position == after);
        const auto parameters = model.parameters();
        for (std::size_t i = 0; i < parameters.size(); ++i) {
            Tensor p = parameters[i];
            const auto here = p.grad().values<double>();
            const auto there = expected[i].values<double>();
            for (std::size_t k = 0; k < here.size(); ++k)
                REQUIRE(here[k] == Approx(there[k]).epsilon(1e-9).margin(1e-12));
            p.clear_grad();
        }
    }
}

TEST_CASE("ghost batches in slices leave the gradients and running values of the whole batch") {
    constexpr std::int64_t kRows = 27;  // the last ghost batch of a size of 4 has 3
    Tensor x = Tensor::empty({kRows, 6, 6, 1}, DType::f64), y = Tensor::empty({kRows}, DType::i64);
    for (std::int64_t i = 0; i < x.numel(); ++i) x.mutable_data<double>()[i] = std::cos(1.3 * static_cast<double>(i));
    for (std::int64_t i = 0; i < kRows; ++i) y.mutable_data<std::int64_t>()[i] = i % 2;
    const auto values = [&](std::int64_t ghost, std::int64_t slice) {
        const test::Threads setting(3);
        manual_seed(5);
        nn::Sequential model{nn::Conv2d{1, 3}, nn::BatchNorm{3, {.ghost = ghost, .activation = relu}}, nn::Flatten{},
                             nn::Linear{48, 4}, nn::BatchNorm{4, {.ghost = ghost}}};
        model.to(DType::f64);
        for (Tensor& p : model.parameters()) p.set_requires_grad();
        if (slice == 0)
            backward(cross_entropy(model(x), y));
        else
            train::Slices({.images = slice, .sums = 2}).backward(kRows, [&](std::int64_t first, std::int64_t count) {
                return cross_entropy(model(x.rows(first, count)), y.rows(first, count)) *
                       (static_cast<double>(count) / static_cast<double>(kRows));
            });
        std::vector<double> all;
        for (const NamedTensor& t : model.state_dict()) {
            const bool buffer = t.name.find("running") != std::string::npos;
            for (const double v : (buffer ? t.tensor : t.tensor.grad()).values<double>()) all.push_back(v);
        }
        return all;
    };
    for (const auto& [ghost, slice] :
         std::vector<std::pair<std::int64_t, std::int64_t>>{{4, 4}, {4, 12}, {8, 8}, {12, 24}, {6, 12}}) {
        INFO("ghost batches of " << ghost << " in slices of " << slice);
        const std::vector<double> whole = values(ghost, 0), sliced = values(ghost, slice);
        REQUIRE(whole.size() == sliced.size());
        for (std::size_t i = 0; i < whole.size(); ++i)
            REQUIRE(sliced[i] == Approx(whole[i]).epsilon(1e-9).margin(1e-12));
    }
    CHECK(values(4, 0) != values(0, 0));
}

TEST_CASE("gradients of slices are added to those that are there") {
    Tensor w = Tensor::from({2.0F}, {1});
    w.set_requires_grad();
    w.set_grad(Tensor::from({100.0F}, {1}));
    train::Slices slices({.images = 4});
    const auto loss = [&](std::int64_t first, std::int64_t count) {
        return sum(w * static_cast<double>(first + count));
    };
    CHECK(slices.backward(10, loss) == 2 * (4 + 8 + 10));
    CHECK(w.grad().item() == 100 + 4 + 8 + 10);
}

TEST_CASE("a slice that fails ends the step with its error, and the next step works") {
    const test::Threads setting(3);
    Tensor w = Tensor::from({2.0F}, {1});
    w.set_requires_grad();
    train::Slices slices({.images = 4});
    for (int round = 0; round < 20; ++round) {
        CHECK_THROWS_WITH(slices.backward(40,
                                          [&](std::int64_t first, std::int64_t) {
                                              check(first != 8, "slice", "no luck at row ", first);
                                              return sum(w);
                                          }),
                          "slice: no luck at row 8");
        CHECK_FALSE(w.grad().defined());
    }
    CHECK(slices.backward(40, [&](std::int64_t, std::int64_t) { return sum(w); }) == 20);
    CHECK(w.grad().item() == 10);
    w.clear_grad();
    const double bad = slices.backward(40, [&](std::int64_t first, std::int64_t) {
        return sum(w) * (first == 16 ? std::numeric_limits<double>::quiet_NaN() : 1.0);
    });
    CHECK(std::isnan(bad));
    CHECK_FALSE(w.grad().defined());
}

TEST_CASE("the size of a slice follows from the model, the images and the batch") {
    const nn::Sequential study = nn::study_cnn(), tiny{nn::Flatten{}, nn::Linear{256, 2}};
    const nn::Sequential large = nn::study_cnn({.size = 64}), wide{nn::Flatten{}, nn::Linear{1 << 12, 1 << 12}};
    const auto images = [](const nn::Module& model, std::int64_t side, std::int64_t batch) {
        return train::slice_options(model, {side, side, 1}, batch).images;
    };
    CHECK(images(study, 16, 32) == 16);
    CHECK(images(study, 16, 512) == 16);
    CHECK(images(study, 16, 8) == 4);
    CHECK(images(study, 16, 1) == 4);
    CHECK(images(large, 64, 32) == 8);
    CHECK(images(nn::study_cnn({.width = 4}), 16, 32) == 16);  // 4 would have as much work, and a sum for each
    CHECK(images(tiny, 16, 30) == 32);                         // one slice
    CHECK(images(tiny, 16, 100'000) == 64);
    const auto ghost = [](std::int64_t size) {
        return nn::Sequential{nn::Conv2d{1, 32}, nn::BatchNorm{32, {.ghost = size}},
                              nn::Sequential{nn::Conv2d{32, 32}}};
    };
    CHECK(images(ghost(0), 16, 128) == 52);
    CHECK(images(ghost(32), 16, 128) == 64);  // whole ghost batches
    CHECK(images(ghost(6), 16, 128) == 60);
    nn::Sequential frozen = ghost(32);
    frozen[1].freeze();
    CHECK(images(frozen, 16, 128) == 64);  // it may be unfrozen on the way
    CHECK(train::slice_options(study, {16, 16, 1}, 32).sums == 32);
    CHECK(train::slice_options(wide, {64, 64, 1}, 32).sums == 7);
    CHECK_THROWS_WITH(train::Slices({.images = 6}), Catch::Contains("expected a multiple of 4 images per slice"));
    CHECK_THROWS_AS(train::Slices({.images = 0}), UsageError);
    CHECK_THROWS_AS(train::Slices({.sums = 0}), UsageError);
}

TEST_CASE("slices are refused where they would compute something else") {
    const data::Dataset data = test::small_patches().train;
    const auto fit = [&](nn::Sequential model, train::FitOptions options) {
        optim::Sgd sgd{model.parameters(), {.lr = 0.01}};
        options.epochs = 1;
        train::fit(model, sgd, data, options);
    };
    const auto norm = [] { return nn::Sequential{nn::Flatten{}, nn::BatchNorm{64}, nn::Linear{64, 2}}; };
    const auto plain = [] { return nn::Sequential{nn::Flatten{}, nn::Linear{64, 2}}; };
    const auto loss = [](const Tensor& output, const Tensor& labels) { return cross_entropy(output, labels); };
    CHECK_THROWS_WITH(fit(norm(), {.slice = 8}), Catch::Contains("slices need a model that separates rows"));
    CHECK_THROWS_WITH(fit(plain(), {.slice = 8, .loss = loss}), Catch::Contains("loss_weight"));
    CHECK_THROWS_WITH(fit(plain(), {.slice = 6}), Catch::Contains("multiple of 4"));
    const nn::Sequential ghosts{nn::Flatten{}, nn::BatchNorm{64, {.ghost = 6}}, nn::Linear{64, 2}};
    CHECK_THROWS_WITH(fit(ghosts, {.slice = 8}), Catch::Contains("whole ghost batches, a multiple of 6 images, got 8"));
    CHECK_NOTHROW(fit(ghosts, {.slice = 12}));
    CHECK_NOTHROW(fit(norm(), {}));
    CHECK_NOTHROW(fit(plain(), {.loss = loss}));
    CHECK_NOTHROW(fit(plain(), {.slice = 0}));
}

TEST_CASE("predictions and evaluations have the same bits for any number of threads") {
    const data::Dataset data = test::small_patches().train;
    manual_seed(3);
    nn::Sequential model = test::deeper();
    std::vector<std::string> answers;
    for (const int threads : {1, 2, 5}) {
        const test::Threads setting(threads);
        const Tensor p = train::predict(model, data, {.batch_size = 50});
        const train::Evaluation e = train::evaluate(model, data);
        answers.push_back(std::string(static_cast<const char*>(p.bytes()), static_cast<std::size_t>(p.numel()) * 4) +
                          std::to_string(e.loss) + ' ' + std::to_string(e.auc));
    }
    CHECK(answers[1] == answers[0]);
    CHECK(answers[2] == answers[0]);
    CHECK(model.is_training());
}
