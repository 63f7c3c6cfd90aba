#include <cyclone/base/error.h>
#include <cyclone/nn/patterns.h>
#include <cyclone/train/averages.h>
#include <cyclone/train/unfreezing.h>

#include <cmath>
#include <map>

#include "support/catch.h"
#include "support/shared_files.h"
#include "train/tiny_training.h"

using namespace cyclone;
using test::Recipe;
using test::tiny_data;
using test::tiny_options;
using test::TinyTraining;

namespace {

const std::vector<std::string> kParts = {"head", "2", "*"};  // the last layer, the batch norm, the first layer

std::vector<float> values_below(const nn::Module& model, const std::string& layer) {
    std::vector<float> all;
    for (const NamedTensor& t : model.state_dict().with_prefix(layer + "."))
        if (t.tensor.dtype() == DType::f32)
            for (const float x : t.tensor.values<float>()) all.push_back(x);
    return all;
}

}  // namespace

TEST_CASE("gradual unfreezing trains a part more with each cycle and leaves the others to the bit") {
    const data::Dataset data = tiny_data(1);
    TinyTraining training(Recipe::adam);  // cycles of 70 updates, 300 in all
    train::GradualUnfreezing unfreezing(kParts);
    train::FitOptions options = tiny_options(nullptr);
    options.weight_hooks = {&unfreezing};
    std::map<std::string, std::vector<float>> before;
    for (const char* layer : {"1", "2", "4"}) before[layer] = values_below(training.model, layer);
    options.after_update = [&](const train::UpdateRow& row) {
        const std::uint64_t made = row.update + 1;
        REQUIRE((values_below(training.model, "4") != before["4"]));
        REQUIRE((values_below(training.model, "2") == before["2"]) == (made <= 70));
        REQUIRE((values_below(training.model, "1") == before["1"]) == (made <= 140));
        REQUIRE(unfreezing.stage() == (made < 70 ? 1 : made < 140 ? 2 : 3));
        return train::Control::proceed;
    };
    training.fit(data, options);
    CHECK(training.optimizer->updates() == 300);
    CHECK(training.model.parameters().size() == 6);
}

TEST_CASE("a training that unfreezes resumes to the same bits in every stage") {
    const data::Dataset data = tiny_data(1);
    const auto options_with = [](train::GradualUnfreezing& hook) {
        train::FitOptions options = tiny_options(nullptr);
        options.epochs = 30;
        options.weight_hooks = {&hook};
        return options;
    };
    TinyTraining whole(Recipe::adam);
    train::GradualUnfreezing whole_hook(kParts);
    const auto expected = test::bits_of(whole, whole.fit(data, options_with(whole_hook)));
    for (const std::uint64_t stop : {1u, 69u, 70u, 71u, 139u, 140u, 150u}) {
        INFO(stop);
        const test::TemporaryFolder temporary;
        TinyTraining first(Recipe::adam);
        train::GradualUnfreezing first_hook(kParts);
        train::FitOptions options = options_with(first_hook);
        options.checkpoint.folder = temporary / "checkpoints";
        options.after_update = [&](const train::UpdateRow& row) {
            return row.update + 1 == stop ? train::Control::stop : train::Control::proceed;
        };
        first.fit(data, options);
        TinyTraining second(Recipe::adam, 7);
        train::GradualUnfreezing second_hook(kParts);
        options = options_with(second_hook);
        options.checkpoint.folder = temporary / "checkpoints";
        options.checkpoint.resume = true;
        CHECK(test::bits_of(second, second.fit(data, options)) == expected);
        CHECK(second_hook.stage() == 3);
    }
}

TEST_CASE("a return to a checkpoint takes stages back, and they come again at their time") {
    const data::Dataset data = tiny_data(1);
    const test::TemporaryFolder folder;
    train::FitOptions options = test::roll_back_options(folder / "run", 6, 15);
    train::GradualUnfreezing unfreezing(kParts, {.start = {}, .every = Iterations{10}});
    options.weight_hooks = {&unfreezing};
    TinyTraining training(Recipe::sgd);
    std::map<std::uint64_t, std::size_t> stages;  // after each update, the last time that it was made
    bool broken = false;
    options.after_update = [&](const train::UpdateRow& row) {
        stages[row.update + 1] = unfreezing.stage();
        if (row.update == 21 && !broken) {
            broken = true;
            training.model.parameters()[0].fill(NAN);
        }
        return train::Control::proceed;
    };
    REQUIRE(training.fit(data, options).roll_backs() == 1);
    CHECK(stages[16] == 2);
    CHECK(stages[19] == 2);
    CHECK(stages[20] == 3);
}

TEST_CASE("a second fit during gradual unfreezing continues Lookahead, in either order of the hooks") {
    const data::Dataset data = tiny_data(1);
    for (const bool first : {true, false}) {
        TinyTraining training(Recipe::adam);
        train::GradualUnfreezing unfreezing(kParts, {.start = {}, .every = Iterations{10}});
        train::Lookahead lookahead(5, 0.5);
        train::FitOptions options = tiny_options(nullptr);
        options.epochs = 1;
        options.weight_hooks = first ? std::vector<train::WeightHook*>{&lookahead, &unfreezing}
                                     : std::vector<train::WeightHook*>{&unfreezing, &lookahead};
        for (int again = 0; again < 5; ++again) training.fit(data, options);
        CHECK(unfreezing.stage() == 3);
        CHECK(lookahead.state_dict().size() == 6);
        for (const NamedTensor& slow : lookahead.state_dict())
            CHECK(slow.tensor.to_vector<float>() ==
                  training.model.state_dict().find(slow.name.substr(slow.name.find('.') + 1))->to_vector<float>());
    }
}

TEST_CASE("layers that were frozen before stay so, and wrong patterns change nothing") {
    const data::Dataset data = tiny_data(1);
    TinyTraining training(Recipe::adam);
    nn::freeze(training.model, "1");
    train::GradualUnfreezing unfreezing({"head", "*"}, {.start = {}, .every = Iterations{5}});
    unfreezing.begin(training.model, *training.optimizer);
    CHECK(training.model.parameters().size() == 2);
    train::GradualUnfreezing wrong({"head", "9.*"});
    nn::unfreeze(training.model, "2");
    CHECK_THROWS_WITH(wrong.begin(training.model, *training.optimizer),
                      Catch::Contains("9.*") && Catch::Contains("1.weight"));
    CHECK(training.model.parameters().size() == 4);
    unfreezing.load_state_dict({{"stage", Tensor::from(std::vector<std::int64_t>{2}, {1})}});
    CHECK(training.model.parameters().size() == 4);  // the batch norm and the head
    CHECK_THROWS_WITH(unfreezing.load_state_dict({{"stage", Tensor::from(std::vector<std::int64_t>{3}, {1})}}),
                      Catch::Contains("expected a stage from 1 to 2, got 3"));
    CHECK_THROWS_AS(train::GradualUnfreezing({}), UsageError);
}

TEST_CASE("gradual unfreezing leaves a part in evaluation mode alone") {
    const data::Dataset data = tiny_data(1);
    TinyTraining training(Recipe::adam);
    train::GradualUnfreezing unfreezing(kParts);
    train::FitOptions options = tiny_options(nullptr);
    options.weight_hooks = {&unfreezing};
    training.model.train();
    training.model[2].eval();
    const auto running = [&] { return training.model.state_dict().find("2.running_mean")->to_vector<float>(); };
    const auto before = running();
    training.fit(data, options);
    CHECK(unfreezing.stage() == 3);
    CHECK(running() == before);
    CHECK_FALSE(training.model[2].is_training());
    CHECK(training.model[4].is_training());
}

TEST_CASE("slices that a norm forbids are refused before it is frozen for a while") {
    const data::Dataset data = tiny_data(1);
    TinyTraining training(Recipe::adam);
    train::GradualUnfreezing unfreezing(kParts);
    train::FitOptions options = tiny_options(nullptr);
    options.slice = 4;
    options.weight_hooks = {&unfreezing};
    CHECK_THROWS_WITH(training.fit(data, options), Catch::Contains("slices need a model that separates rows"));
    CHECK(training.optimizer->updates() == 0);
    CHECK(training.model.parameters().size() == 6);
}
