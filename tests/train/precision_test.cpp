// Trainings in bf16, real and emulated: weights in f32, the same bits for any number of threads and after a stop, and
// no mixture of precisions.

#include <cyclone/autograd/backward.h>
#include <cyclone/base/half.h>
#include <cyclone/io/checkpoint_folder.h>
#include <cyclone/ops/linear.h>
#include <cyclone/ops/precision.h>
#include <cyclone/optim/sgd.h>
#include <cyclone/train/classifier.h>
#include <cyclone/train/evaluate.h>
#include <cyclone/train/fit.h>

#include <cmath>
#include <filesystem>
#include <vector>

#include "support/catch.h"
#include "support/shared_files.h"
#include "train/small_model.h"
#include "train/training_by_slices.h"

using namespace cyclone;
using train::Control;

namespace {

constexpr Precision kF32 = Precision::f32, kBf16 = Precision::bf16, kEmulated = Precision::bf16_emulated;

train::FitOptions small_options(Precision precision) {
    train::FitOptions options{.epochs = 2, .batch_size = 16, .precision = precision, .seed = 4};
    options.progress = train::ProgressMode::off;
    options.checkpoint.every_minutes = 0;
    options.checkpoint.keep_best = false;
    return options;
}

// With all that a residual network has: batch norms, sums of two kinds, a mean over the image.
nn::Sequential residual_model(std::uint64_t seed, int threads, std::int64_t ghost = 0) {
    set_num_threads(threads);
    manual_seed(seed);
    const nn::BatchNormOptions norm{.ghost = ghost}, norm_relu{.ghost = ghost, .activation = relu};
    const nn::Conv2dOptions same{.padding = nn::same, .bias = false};
    return nn::Sequential{
        nn::Conv2d{1, 16, same},
        nn::BatchNorm{16, norm_relu},
        nn::Residual{nn::Sequential{nn::Conv2d{16, 16, same}, nn::BatchNorm{16, norm}}, {.activation = relu}},
        nn::Residual{nn::Sequential{nn::Conv2d{16, 32, {.stride = 2, .padding = 1}}, nn::BatchNorm{32, norm}},
                     {.shortcut = nn::Subsample{2, 32}, .activation = relu}},
        nn::GlobalAvgPool{},
        nn::Linear{32, 2}};
}

using Make = nn::Sequential (*)();
nn::Sequential small() { return test::small_model(2); }
nn::Sequential residual() { return residual_model(2, 1); }

// The weights after a training from the start or from the checkpoints in the options' folder.
std::vector<float> fitted(const train::FitOptions& options, Make make = small) {
    nn::Sequential model = make();
    optim::Sgd sgd{model.parameters(), {.lr = 0.05, .momentum = 0.9}};
    train::fit(model, sgd, test::small_patches().train, options);
    return test::weights_of(model);
}

test::Network study(Precision precision) {
    return {"study", [] { return nn::study_cnn({.size = 8}); },
            [precision](train::FitOptions& o, const data::Dataset&) { o.precision = precision; }};
}

test::Network with_ghost_norms(Precision precision) {
    return {"residual", [] { return residual_model(7, num_threads(), 8); }, study(precision).change};
}

void check_threads(Precision precision) {
    for (const auto& network : {study, with_ghost_norms}) {
        INFO(network(precision).name);
        const std::string one = test::trained(network(precision), 1);
        for (const int threads : {2, 3, 8}) {
            INFO(threads << " threads");
            CHECK(test::trained(network(precision), threads) == one);
        }
        CHECK(test::trained(network(kF32), 2) != one);
    }
}

}  // namespace

TEST_CASE("the bits of a training in emulated bf16 by slices are the same for 1, 2, 3 and 8 threads") {
    check_threads(kEmulated);
}

TEST_CASE("the bits of a training in bf16 by slices are the same for 1, 2, 3 and 8 threads") {
    if (!why_not_bf16().empty()) CYCLONE_SKIP("bf16 " + why_not_bf16());
    check_threads(kBf16);
}

namespace {

void check_master_weights(Precision precision) {
    const PrecisionScope scope(precision);
    const test::Threads setting(1);
    const Tensor x = Tensor::ones({1, 16});
    Tensor weight = Tensor::ones({1, 16});
    weight.set_requires_grad();
    optim::Sgd sgd{{weight}, {.lr = 0.0001}};
    for (int i = 0; i < 1000; ++i) {
        sgd.zero_grad();
        backward(linear(x, weight), Tensor::ones({1, 1}));
        sgd.step();
    }
    for (const float w : weight.values<float>()) CHECK(w == Approx(0.9).margin(1e-4));
    CHECK(round_to_bfloat16(1.0F - 0.0001F) == 1.0F);  // a weight in bf16 would have stayed
}

}  // namespace

TEST_CASE("1,000 updates of 0.0001 move a weight of 1 by 0.1 under emulated bf16, since it is f32") {
    check_master_weights(kEmulated);
}

TEST_CASE("1,000 updates of 0.0001 move a weight of 1 by 0.1 under bf16, since it is f32") {
    if (!why_not_bf16().empty()) CYCLONE_SKIP("bf16 " + why_not_bf16());
    check_master_weights(kBf16);
}

namespace {

void check_resume(Precision precision) {
    for (const Make make : {small, residual}) {
        const test::TemporaryFolder folder;
        train::FitOptions options = small_options(precision);
        const std::vector<float> unbroken = fitted(options, make);
        options.checkpoint.folder = folder / "run";
        options.after_update = [](const train::UpdateRow& row) {
            return row.update == 6 ? Control::stop : Control::proceed;
        };
        CHECK(fitted(options, make) != unbroken);
        options.after_update = {};
        options.checkpoint.resume = true;
        CHECK(fitted(options, make) == unbroken);
    }
}

}  // namespace

TEST_CASE("a training in emulated bf16 that is stopped and resumed ends with the same bits") {
    check_resume(kEmulated);
}

TEST_CASE("a training in bf16 that is stopped and resumed ends with the same bits") {
    if (!why_not_bf16().empty()) CYCLONE_SKIP("bf16 " + why_not_bf16());
    check_resume(kBf16);
}

TEST_CASE("a training in emulated bf16 learns what one in f32 learns, and its file of weights is f32") {
    const test::Patches patches = test::small_patches();
    const auto trained = [&](Precision precision, Make make) {
        nn::Sequential model = make();
        optim::Sgd sgd{model.parameters(), {.lr = 0.05, .momentum = 0.9}};
        train::FitOptions options = small_options(precision);
        options.epochs = 8;
        train::fit(model, sgd, patches.train, options);
        for (const NamedTensor& t : model.state_dict()) CHECK(t.tensor.dtype() == DType::f32);
        return train::evaluate(model, patches.test).auc;
    };
    for (const Make make : {small, residual}) {
        const double f32 = trained(kF32, make), emulated = trained(kEmulated, make);
        CHECK(f32 > 0.9);
        CHECK(std::abs(emulated - f32) < 0.05);
    }
}

TEST_CASE("a training is resumed with the precision that it has; one of an earlier version is in f32") {
    const test::TemporaryFolder folder;
    for (const Precision precision : {kF32, kEmulated}) {
        train::FitOptions options = small_options(precision);
        options.epochs = 1;
        options.checkpoint.folder = folder / std::string(name_of(precision));
        fitted(options);
        options.checkpoint.resume = true;
        const Precision other = precision == kF32 ? kEmulated : kF32;
        options.precision = other;
        CHECK_THROWS_WITH(fitted(options),
                          Catch::Contains("precision: the checkpoint has " + std::string(name_of(precision)) +
                                          ", this training has " + std::string(name_of(other))));
    }
    {
        io::CheckpointFolder checkpoints(folder / "f32");
        io::WeightsFile file = checkpoints.load_newest()->content;
        REQUIRE(std::erase_if(file.metadata, [](const auto& entry) { return entry.first == "precision"; }) == 1);
        checkpoints.save(100, file);
    }
    train::FitOptions options = small_options(kF32);
    options.checkpoint.folder = folder / "f32";
    options.checkpoint.resume = true;
    CHECK_NOTHROW(fitted(options));
}

TEST_CASE("predictions have the precision that is asked for, or that of the thread, and the file of weights none") {
    nn::Sequential model = test::small_model(2);
    const data::Dataset data = test::small_patches().test;
    const auto of = [&](const train::EvaluateOptions& options) {
        return train::predict(model, data, options).to_vector<float>();
    };
    const auto f32 = of({}), emulated = of({.precision = kEmulated});
    CHECK(f32 != emulated);
    CHECK(of({.precision = kF32}) == f32);
    for (std::size_t i = 0; i < f32.size(); ++i) REQUIRE(emulated[i] == Approx(f32[i]).margin(0.02));
    {
        const PrecisionScope scope(kEmulated);
        CHECK(of({}) == emulated);
        CHECK(of({.precision = kF32}) == f32);
        const test::Threads two(2);
        CHECK(of({}) == emulated);
    }
    train::Classifier c{.model = "conv:8 relu pool flatten linear:16 relu dropout:0.3 linear:classes",
                        .input = data.image_shape(),
                        .pixels = data.images.dtype(),
                        .class_names = data.class_names,
                        .standardization = data.standardization,
                        .network = model};
    c.precision = kEmulated;
    CHECK(train::predictions(c, data).probabilities[0] == static_cast<double>(emulated[0]));
    CHECK(c.probabilities(data.images.tensor()).to_vector<float>() == emulated);
    for (const auto& [key, value] : c.metadata()) CHECK(value.find("bf16") == std::string::npos);
    c.precision = kF32;
    CHECK(c.probabilities(data.images.tensor()).to_vector<float>() == f32);
}

TEST_CASE("bf16 where it is not possible ends fit, evaluate and a classifier before they begin") {
    if (why_not_bf16().empty()) CYCLONE_SKIP("bf16 is possible here");
    const test::TemporaryFolder folder;
    train::FitOptions options = small_options(kBf16);
    options.checkpoint.folder = folder / "run";
    CHECK_THROWS_WITH(fitted(options), Catch::Contains(why_not_bf16()));
    CHECK_FALSE(std::filesystem::exists(folder / "run"));
    nn::Sequential model = test::small_model(2);
    CHECK_THROWS_AS(train::evaluate(model, test::small_patches().test, {.precision = kBf16}), UsageError);
}
