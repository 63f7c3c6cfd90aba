// The modes of a model before, during and after fit(), a model shared by threads, and an optimizer of other parameters.

#include <cyclone/nn/parse.h>
#include <cyclone/nn/patterns.h>
#include <cyclone/train/classifier.h>
#include <cyclone/train/evaluate.h>

#include <atomic>
#include <optional>
#include <thread>

#include "support/catch.h"
#include "train/small_model.h"
#include "train/tiny_training.h"

using namespace cyclone;
using test::Recipe;
using test::tiny_data;
using test::tiny_options;
using test::TinyTraining;
using test::weights_of;
using train::Control;

namespace {

struct Norm {
    nn::Sequential model = TinyTraining::make_model(1, 2, 0.25);
    nn::BatchNorm& norm = dynamic_cast<nn::BatchNorm&>(model[2]);
    std::vector<float> running() const { return norm.running_mean.to_vector<float>(); }
    train::History fit(train::FitOptions options, const data::Dataset& data = tiny_data(1)) {
        optim::Sgd sgd{model.parameters(), {.lr = 0.01}};
        return train::fit(model, sgd, data, options);
    }
};

train::FitOptions epochs(std::int64_t n) {
    train::FitOptions options = tiny_options(nullptr);
    options.epochs = n;
    return options;
}

}  // namespace

TEST_CASE("fit leaves a part in evaluation mode alone") {
    Norm n;
    const auto before = n.running();
    n.norm.eval();
    n.fit(epochs(2));
    CHECK(n.running() == before);
    CHECK_FALSE(n.norm.is_training());
    CHECK(n.model[3].is_training());
    // A model that is in evaluation mode as a whole is trained as a whole, but for frozen parts.
    n.model.eval();
    n.model[0].freeze();
    n.fit(epochs(1));
    CHECK(n.running() != before);
    CHECK(n.model.is_training());
    CHECK(n.norm.is_training());
    CHECK_FALSE(n.model[0].is_training());
}

TEST_CASE("ghost batches are those of a training in whatever mode the model comes") {
    const data::Dataset data = data::synthetic_patches({.positives = 64, .negatives = 64, .seed = 1});
    const auto trained = [&](bool training_mode) {
        set_num_threads(1);
        manual_seed(1);
        nn::Sequential model = nn::parse_model(
            "conv:32 batch-norm:ghost=32 relu conv:32 global-avg-pool linear:classes", data.image_shape(), 2);
        model.train(training_mode);
        optim::Sgd sgd{model.parameters(), {.lr = 0.1}};
        train::fit(model, sgd, data, {.epochs = 1, .batch_size = 128});
        return weights_of(model);
    };
    CHECK(trained(false) == trained(true));
}

TEST_CASE("ghost batches count while their norm is frozen: it may be unfrozen on the way") {
    nn::BatchNorm norm(4, {.ghost = 32});
    CHECK(norm.row_group() == 32);
    norm.freeze();
    CHECK(norm.row_group() == 32);
    norm.unfreeze();
    norm.eval();
    CHECK(norm.row_group() == 1);
    const data::Dataset data = data::synthetic_patches({.positives = 64, .negatives = 64, .seed = 1});
    const auto trained = [&](std::optional<std::int64_t> slice) {
        set_num_threads(1);
        manual_seed(1);
        nn::Sequential model = nn::parse_model(
            "conv:32 batch-norm:ghost=32 relu conv:32 global-avg-pool linear:classes", data.image_shape(), 2);
        nn::freeze(model, "1");
        optim::Sgd sgd{model.parameters(), {.lr = 0.1}};
        train::FitOptions options{.epochs = 3, .batch_size = 128, .slice = slice};
        options.after_epoch = [&](const train::EpochRow& row) {
            if (row.epoch == 1) nn::unfreeze(model, "1");
            return Control::proceed;
        };
        train::fit(model, sgd, data, options);
        return model.state_dict().find("1.running_mean")->to_vector<float>();
    };
    CHECK(trained({}) == trained(64));  // two ghost batches
}

TEST_CASE("a hook that leaves the model in evaluation mode does not turn dropout off") {
    Norm plain, hooked, frozen;
    const auto expected = (manual_seed(5), plain.fit(epochs(3)));
    train::FitOptions options = epochs(3);
    options.after_epoch = [&](const train::EpochRow&) { return hooked.model.eval(), Control::proceed; };
    options.after_update = [&](const train::UpdateRow& row) {
        if (row.update % 4 == 1) hooked.model.eval();
        return Control::proceed;
    };
    manual_seed(5);
    hooked.fit(options);
    CHECK(weights_of(hooked.model) == weights_of(plain.model));
    CHECK(hooked.running() == plain.running());
    // A part that a hook sets to evaluation mode stays there, also when the whole model is afterwards.
    std::vector<float> at_one;
    options.after_update = {};
    options.after_epoch = [&](const train::EpochRow& row) {
        if (row.epoch == 1) frozen.norm.eval(), at_one = frozen.running();
        if (row.epoch == 2) frozen.model.eval();
        return Control::proceed;
    };
    frozen.fit(options);
    CHECK(frozen.running() == at_one);
    CHECK(frozen.model[3].is_training());
    CHECK_FALSE(frozen.norm.is_training());
}

TEST_CASE("threads may predict with one model that is in training mode") {
    const data::Dataset data = tiny_data(1, 40);
    nn::Sequential model = TinyTraining::make_model(1, 2, 0.5);
    const auto expected = train::predict(model, data).to_vector<float>();
    std::atomic<int> wrong{0}, done{0};
    const auto work = [&] {
        set_num_threads(1);
        for (int i = 0; i < 100; ++i)
            if (train::predict(model, data).to_vector<float>() != expected) ++wrong;
        ++done;
    };
    std::thread first(work), second(work);
    bool training = true;
    while (done < 2) training = training && model.is_training() && model[3].is_training();
    first.join();
    second.join();
    CHECK(wrong == 0);
    CHECK(training);
    {
        const nn::Evaluating evaluating;
        CHECK_FALSE(model.is_training());
        bool elsewhere = false;
        std::thread([&] { elsewhere = model.is_training(); }).join();
        CHECK(elsewhere);
    }
    CHECK(model.is_training());
}

TEST_CASE("parameters that no group of the optimizer has are named") {
    const data::Dataset data = tiny_data(1);
    train::FitOptions options = epochs(1);
    std::vector<std::string> reports;
    options.report = [&](const std::string& text) { reports.push_back(text); };
    nn::Sequential model{nn::Flatten{}, nn::Linear{4, 3}, nn::Linear{3, 2}};
    const nn::Linear head{3, 2};
    const auto fit = [&](nn::Sequential& net, const std::vector<Tensor>& parameters) {
        optim::Sgd sgd{parameters, {.lr = 0.01}};
        train::fit(net, sgd, data, options);
    };
    const auto all = model.parameters();
    fit(model, all);
    CHECK(reports.empty());
    // Only the head is trained: fine, and told.
    fit(model, {all[2], all[3]});
    REQUIRE(reports.size() == 1);
    CHECK_THAT(reports[0], Catch::Contains("no group of the optimizer has 1.weight, 1.bias"));
    model[1].freeze();
    fit(model, {all[2], all[3]});
    CHECK(reports.size() == 1);
    model[1].unfreeze();
    Tensor(all[0]).set_requires_grad(false), Tensor(all[1]).set_requires_grad(false);
    fit(model, {all[2], all[3]});
    CHECK(reports.size() == 1);
    Tensor(all[0]).set_requires_grad(), Tensor(all[1]).set_requires_grad();
    // A parameter of the loss besides those of the model.
    std::vector<Tensor> more = all;
    more.push_back(nn::parameter(Tensor::ones({1})));
    fit(model, more);
    CHECK(reports.size() == 1);
    // A head that was replaced, a model that was copied.
    dynamic_cast<nn::Linear&>(model[2]) = head;
    CHECK_THROWS_WITH(fit(model, all), Catch::Contains("2 of the optimizer's 4 parameters are not in this model") &&
                                           Catch::Contains("2.weight, 2.bias"));
    nn::Sequential copy = nn::clone(model);
    CHECK_THROWS_WITH(fit(copy, model.parameters()), Catch::Contains("4 of the optimizer's 4 parameters"));
    copy.freeze();
    CHECK_THROWS_WITH(fit(copy, model.parameters()), Catch::Contains("none of the model's own"));
}
