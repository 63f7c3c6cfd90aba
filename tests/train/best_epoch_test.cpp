// The best epoch is never lost: not by a return to a checkpoint, a stop, an end without success, a metric without a
// value; and a model that cannot be trained for its loss is refused.

#include <cyclone/io/checkpoint_folder.h>
#include <cyclone/io/weights.h>
#include <cyclone/ops/ops.h>
#include <cyclone/train/classifier.h>

#include <cmath>
#include <fstream>

#include "support/catch.h"
#include "support/shared_files.h"
#include "train/small_model.h"
#include "train/tiny_training.h"

using namespace cyclone;
using test::Recipe;
using test::tiny_data;
using test::tiny_options;
using test::TinyTraining;
using train::Control;
namespace fs = std::filesystem;

namespace {

// Scores of its own choice; the loss is NaN at update `fails_at`, `bad` times.
struct Unlucky {
    explicit Unlucky(const fs::path& folder) {
        options = tiny_options(nullptr);
        options.epochs = 6;
        options.divergence = {.action = train::OnDivergence::roll_back};
        options.checkpoint.folder = folder;
        options.checkpoint.keep_best = true;
        options.checkpoint.every_updates = 12;  // after epochs 2 and 4
        options.checkpoint.score = [this](const train::EpochRow&) {
            return ++seen == 3 ? 9.0 : static_cast<double>(seen % 8);
        };
        options.report = [](const std::string&) {};
        options.loss = [this](const Tensor& output, const Tensor& labels) {
            const Tensor loss = cross_entropy(output, labels);
            const bool fails = training.optimizer->updates() == fails_at && bad > 0;
            bad -= fails ? 1 : 0;
            return fails ? loss * Tensor::scalar(std::nan("")) : loss;
        };
        options.after_epoch = [this](const train::EpochRow& row) {
            weights.emplace_back(row.epoch, test::weights_of(training.model));
            return Control::proceed;
        };
    }
    std::size_t seen = 0;  // epochs scored so far, also those that were rolled back; the third is the best
    int bad = 1;
    std::uint64_t fails_at = 20;  // in epoch 4, after the best one and before the checkpoint of 24
    TinyTraining training{Recipe::sgd};
    std::vector<std::pair<std::int64_t, std::vector<float>>> weights;
    train::FitOptions options;
    train::History fit() { return training.fit(tiny_data(1), options); }
};

std::vector<float> weights_in(const fs::path& checkpoint) {
    TinyTraining other(Recipe::sgd, 2);
    io::load(other.model, checkpoint);
    return test::weights_of(other.model);
}

}  // namespace

TEST_CASE("a return to a checkpoint from before the best epoch keeps the best weights and their row") {
    const test::TemporaryFolder folder;
    Unlucky run(folder / "run");
    const train::History history = run.fit();
    CHECK(history.roll_backs() == 1);
    REQUIRE(history.epochs().size() == 6);
    REQUIRE(history.best());
    CHECK(history.best()->epoch == 3);
    CHECK(weights_in(folder / "run" / "best.ckpt") == run.weights[2].second);
    // The third epoch of the history is another one, trained with half the rate.
    CHECK(history.epochs()[2].train_loss != history.best()->train_loss);
    // Resumed, it still knows; and a better epoch replaces it.
    run.options.checkpoint.resume = true;
    run.options.epochs = 7;
    TinyTraining again(Recipe::sgd, 3);
    const auto longer = again.fit(tiny_data(1), run.options);
    CHECK(longer.best()->train_loss == history.best()->train_loss);
    CHECK(weights_in(folder / "run" / "best.ckpt") == run.weights[2].second);
    run.options.checkpoint.score = [](const train::EpochRow&) { return 10.0; };
    run.options.epochs = 8;
    TinyTraining better(Recipe::sgd, 3);
    CHECK(better.fit(tiny_data(1), run.options).best()->epoch == 8);
    CHECK(weights_in(folder / "run" / "best.ckpt") == test::weights_of(better.model));
}

TEST_CASE("a training that gives up has its best epoch in the history and in best.ckpt") {
    const test::TemporaryFolder folder;
    Unlucky run(folder / "run");
    run.bad = 1000;
    run.fails_at = 34;                         // in epoch 6
    run.options.checkpoint.every_updates = 0;  // so that it starts from the beginning every time
    try {
        run.fit();
        FAIL("went on");
    } catch (const train::Diverged& diverged) {
        CHECK_THAT(diverged.what(), Catch::Contains("given up"));
        REQUIRE(diverged.history());
        REQUIRE(diverged.history()->best());
        CHECK(diverged.history()->best()->epoch == 3);
    }
    CHECK(weights_in(folder / "run" / "best.ckpt") == run.weights[2].second);
}

TEST_CASE("a training that was killed after its best epoch finds the score again") {
    const test::TemporaryFolder folder;
    Unlucky run(folder / "run");
    run.bad = 0;
    run.options.epochs = 3;
    run.options.checkpoint.every_updates = 12;
    run.fit();
    // Killed between best.ckpt (epoch 3) and the next checkpoint: the newest is that of epoch 2.
    fs::remove(folder / "run" / "checkpoint-000000000018.ckpt");
    run.options.checkpoint.resume = true;
    run.options.epochs = 5;
    run.training.optimizer->set_lr_factor(1);
    const auto kept = weights_in(folder / "run" / "best.ckpt");
    TinyTraining other(Recipe::sgd, 3);
    const auto resumed = other.fit(tiny_data(1), run.options);
    CHECK(resumed.epochs().size() == 5);
    CHECK(resumed.best()->epoch == 3);
    CHECK(weights_in(folder / "run" / "best.ckpt") == kept);
    // A best.ckpt that is damaged holds no score to be measured by.
    fs::resize_file(folder / "run" / "best.ckpt", 100);
    run.options.epochs = 6;
    std::vector<std::string> reports;
    run.options.report = [&](const std::string& text) { reports.push_back(text); };
    TinyTraining last(Recipe::sgd, 3);
    CHECK(last.fit(tiny_data(1), run.options).best()->epoch == 6);
    REQUIRE(reports.size() == 1);
    CHECK_THAT(reports[0], Catch::Contains("best.ckpt") && Catch::Contains("starts again"));
}

TEST_CASE("a monitored metric without a value is said once with the reason") {
    const data::Dataset data = tiny_data(1);
    data::Dataset validation = tiny_data(2, 11);
    for (std::int64_t i = 0; i < 11; ++i) validation.labels.mutable_data<std::int64_t>()[i] = 1;
    train::FitOptions options = tiny_options(&validation);
    options.epochs = 5;
    std::vector<std::string> reports;
    options.report = [&](const std::string& text) { reports.push_back(text); };
    const test::TemporaryFolder folder;
    SECTION("chosen by") {
        options.checkpoint.folder = folder / "run";
        options.checkpoint.keep_best = true;
        options.checkpoint.score = train::Monitor("max:val_auc");
    }
    SECTION("stopped by") { options.callbacks = {train::EarlyStopping{.monitor = "max:val_auc", .patience = 2}}; }
    const auto history = TinyTraining(Recipe::sgd).fit(data, options);
    CHECK(history.epochs().size() == 5);
    CHECK_FALSE(history.best());
    CHECK_FALSE(fs::exists(folder / "run" / "best.ckpt"));
    REQUIRE(reports.size() == 1);
    CHECK_THAT(reports[0], Catch::Contains("val_auc has no value after epoch 1") &&
                               Catch::Contains("class 'class 0' has no image there"));
}

TEST_CASE("a checkpoint with the classifier's metadata is a classifier") {
    const data::Dataset data = tiny_data(1);
    const test::TemporaryFolder folder;
    const std::string text = "flatten linear:5 relu linear:classes";
    manual_seed(4);
    nn::Sequential model = nn::parse_model(text, data.image_shape(), 2);
    const Classifier classifier{.model = text,
                                .input = data.image_shape(),
                                .class_names = data.class_names,
                                .standardization = data.standardization,
                                .network = model};
    train::FitOptions options = tiny_options(nullptr);
    options.epochs = 2;
    options.checkpoint.folder = folder / "with";
    options.checkpoint.metadata = classifier.metadata();
    optim::Sgd sgd{model.parameters(), {.lr = 0.01}};
    train::fit(model, sgd, data, options);
    Classifier loaded = Classifier::load(folder / "with" / "checkpoint-000000000012.ckpt");
    const Tensor expected = train::predict(model, data);
    CHECK(loaded.probabilities(data.images.tensor()).to_vector<float>() == expected.to_vector<float>());
    options.checkpoint.folder = folder / "without";
    options.checkpoint.metadata = {};
    train::fit(model, sgd, data, options);
    CHECK_THROWS_WITH(Classifier::load(folder / "without" / "checkpoint-000000000024.ckpt"),
                      Catch::Contains("is a checkpoint of a training and does not say which network") &&
                          Catch::Contains("best.safetensors"));
}

TEST_CASE("a last layer that bounds the logits is refused") {
    const data::Dataset data = tiny_data(1);
    const auto fit = [&](nn::Sequential model, const train::FitOptions& options) {
        optim::Sgd sgd{model.parameters(), {.lr = 0.01}};
        train::fit(model, sgd, data, options);
    };
    train::FitOptions options = tiny_options(nullptr);
    options.epochs = 1;
    const nn::Linear last{4, 2};
    const auto refused = [&](const nn::Sequential& model, const std::string& name) {
        CHECK_THROWS_WITH(fit(model, options), Catch::Contains("ends in logits, its last layer is " + name));
    };
    refused(nn::Sequential{nn::Flatten{}, last, nn::Sigmoid{}}, "sigmoid");
    refused(nn::Sequential{nn::Flatten{}, last, nn::Tanh{}, nn::Dropout{0.1}}, "tanh");
    refused(nn::Sequential{nn::Flatten{}, last, nn::Softmax{}}, "softmax");
    refused(nn::Sequential{nn::Flatten{}, nn::Linear{4, 2, {.activation = relu}}}, "relu");
    refused(nn::Sequential{nn::Flatten{}, nn::Sequential{last, nn::Relu{}}}, "relu");
    refused(nn::Sequential{nn::Conv2d{1, 2, {.kernel = 1, .activation = relu}}, nn::GlobalAvgPool{}}, "relu");
    refused(nn::Sequential{nn::Flatten{}, last, nn::BatchNorm{2, {.activation = cyclone::tanh}}}, "tanh");
    CHECK_NOTHROW(fit(nn::Sequential{nn::Flatten{}, last, nn::LeakyRelu{}}, options));
    CHECK_NOTHROW(
        fit(nn::Sequential{nn::Flatten{}, nn::Linear{4, 3, {.activation = relu}}, nn::Linear{3, 2}}, options));
    // A loss of the program's own may want them.
    options.loss = [](const Tensor& output, const Tensor& labels) { return nll_loss(log(output), labels); };
    CHECK_NOTHROW(fit(nn::Sequential{nn::Flatten{}, last, nn::Softmax{}}, options));
    options.validation = &data;
    refused(nn::Sequential{nn::Flatten{}, last, nn::Softmax{}}, "softmax");
}

TEST_CASE("one logit is that of class 1 of two") {
    const data::Dataset data = tiny_data(1), validation = tiny_data(2, 11);
    train::FitOptions options = tiny_options(&validation);
    options.epochs = 3;
    const auto fit = [&](const train::FitOptions& with) {
        manual_seed(1);
        nn::Sequential model{nn::Flatten{}, nn::Linear{4, 1}};
        optim::Sgd sgd{model.parameters(), {.lr = 0.1}};
        const auto history = train::fit(model, sgd, data, with);
        const Tensor p = train::predict(model, validation);
        REQUIRE(p.shape() == Shape{11, 2});
        for (std::int64_t i = 0; i < 11; ++i) CHECK(p.data<float>()[2 * i] + p.data<float>()[2 * i + 1] == Approx(1));
        return history;
    };
    const auto plain = fit(options);
    options.loss = [](const Tensor& output, const Tensor& labels) {
        return binary_cross_entropy(reshape(output, {-1}), labels.to(DType::f32));
    };
    const auto binary = fit(options);
    for (std::size_t i = 0; i < 3; ++i) {
        CHECK(plain.epochs()[i].train_loss == Approx(binary.epochs()[i].train_loss));
        CHECK(plain.epochs()[i].validation->loss == Approx(binary.epochs()[i].validation->loss));
        CHECK(plain.epochs()[i].validation->auc == binary.epochs()[i].validation->auc);
    }
    const data::Dataset three = tiny_data(1, 23, 3);
    nn::Sequential model{nn::Flatten{}, nn::Linear{4, 1}};
    CHECK_THROWS_WITH(train::predict(model, three), Catch::Contains("at least 3 classes"));
}

TEST_CASE("the confusion matrix of many classes stays in no history and no checkpoint") {
    constexpr int kClasses = 300;
    const data::Dataset data = tiny_data(1, kClasses, kClasses);
    const test::TemporaryFolder folder;
    train::FitOptions options = tiny_options(&data);
    options.epochs = 3;
    options.batch_size = 100;
    options.checkpoint.folder = folder / "run";
    options.checkpoint.keep_best = true;
    int matrices = 0;  // a hook still sees it
    options.after_epoch = [&](const train::EpochRow& row) {
        matrices += row.validation->confusion.has_value() ? 1 : 0;
        return Control::proceed;
    };
    TinyTraining training(Recipe::sgd, 1, kClasses);
    const auto history = training.fit(data, options);
    CHECK(matrices == 3);
    for (const train::EpochRow& row : history.epochs()) {
        CHECK_FALSE(row.validation->confusion);
        CHECK(std::isfinite(row.validation->accuracy));
    }
    // Weights and momentum: 2 x (25 + 5 + 5 x 300 + 300 + ...) floats.
    CHECK(fs::file_size(folder / "run" / "best.ckpt") < 40'000);
}
