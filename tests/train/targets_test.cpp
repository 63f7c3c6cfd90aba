// Regression: numbers to predict through fit(), evaluate() and checkpoints.

#include <cyclone/train/evaluate.h>

#include <cmath>
#include <sstream>
#include <string>

#include "support/catch.h"
#include "train/answers.h"

using namespace cyclone;
using test::Job;
using test::run;

namespace {

data::Dataset sides(std::int64_t count, std::uint64_t seed) {
    const data::Dataset all = test::squares(count, seed);
    return data::unlabelled(all.images, all.targets);
}

struct Regression {
    data::Dataset validation = sides(24, 2);

    Job operator()() const {
        Job job{std::make_unique<nn::Sequential>(nn::Conv2d{1, 6, {.padding = nn::same, .activation = relu}},
                                                 nn::MaxPool2d{2}, nn::Flatten{}, nn::Dropout{0.1},
                                                 nn::Linear{96, 24, {.activation = relu}}, nn::Linear{24, 2}),
                {}};
        job.options.epochs = 4;
        job.options.batch_size = 12;
        job.options.slice = 4;
        job.options.validation = &validation;
        return job;
    }
};

}  // namespace

TEST_CASE("a regression learns, and evaluate() gives its mean squared and absolute error") {
    const data::Dataset train = sides(120, 1), validation = sides(24, 2);
    const Regression usual{validation};
    const auto make = [&] {
        Job job = usual();
        job.options.epochs = 12;
        return job;
    };
    const test::Outcome outcome = run(make, train);
    const auto& epochs = outcome.history.epochs();
    CHECK(epochs.back().train_loss < epochs.front().train_loss / 4);
    const train::Evaluation e = train::evaluate(*outcome.model, validation, {.batch_size = 7});
    const Tensor output = [&] {
        const NoGrad guard;
        const nn::Evaluating evaluating;
        return (*outcome.model)(validation.images.tensor());
    }();
    double squares = 0, absolutes = 0;
    for (std::int64_t i = 0; i < 48; ++i) {
        const double d =
            static_cast<double>(output.data<float>()[i]) - static_cast<double>(validation.targets.data<float>()[i]);
        squares += d * d, absolutes += std::abs(d);
    }
    CHECK(e.loss == Approx(squares / 48).epsilon(1e-5));
    CHECK(e.mean_absolute_error.value() == Approx(absolutes / 48).epsilon(1e-5));
    CHECK(e.loss == Approx(epochs.back().validation->loss));
    CHECK(e.samples == 24);
    CHECK(e.classes() == 0);
    CHECK(e.class_names.empty());
    CHECK(std::isnan(e.auc));
    std::ostringstream text;
    text << e;
    CHECK_THAT(text.str(), Catch::StartsWith("24 samples\n") && Catch::Contains("mean absolute error"));
    // The metrics of classes have no values; the last column is the error, to nine digits.
    const std::string csv = outcome.history.csv();
    const std::string last = csv.substr(csv.rfind('\n', csv.size() - 2) + 1);
    CHECK_THAT(csv.substr(0, csv.find('\n')), Catch::EndsWith(",validation_mean_absolute_error"));
    CHECK_THAT(last, Catch::Contains(",,,,,,,,,,,"));
    CHECK(std::stod(last.substr(last.rfind(',') + 1)) == Approx(absolutes / 48).epsilon(1e-5));
    CHECK(csv.find("nan") == std::string::npos);
}

TEST_CASE("a regression has the same bits for any number of threads, and stopped and resumed") {
    const data::Dataset train = sides(40, 1);
    const Regression make;
    const auto expected = run(make, train).bits;
    for (const int threads : {2, 3}) CHECK((run(make, train, threads).bits == expected));
    CHECK((test::run_with_stops(make, train, 3).bits == expected));
    // Each update is the plain loop's.
    const auto explicit_loss = [&] {
        Job job = make();
        job.options.loss = [](const Tensor& output, const Tensor& targets) { return mse_loss(output, targets); };
        job.options.loss_weight = [](const Tensor& targets) { return static_cast<double>(targets.numel()); };
        return job;
    };
    const test::Outcome own = run(explicit_loss, train);
    const test::Outcome usual = run(make, train);
    CHECK(own.history.updates().back().loss == usual.history.updates().back().loss);
    CHECK(own.history.epochs().back().validation->loss == Approx(usual.history.epochs().back().validation->loss));
    CHECK_FALSE(own.history.epochs().back().validation->mean_absolute_error);
}

TEST_CASE("a loss of the program gets the targets, and the validation has it too") {
    const data::Dataset train = sides(24, 1);
    const Regression usual;
    const auto make = [&] {
        Job job = usual();
        job.options.epochs = 1;
        job.options.slice.reset();
        job.options.loss = [](const Tensor& output, const Tensor& targets) { return l1_loss(output, targets); };
        return job;
    };
    const test::Outcome outcome = run(make, train);
    const double loss = outcome.history.epochs().back().validation->loss;
    CHECK(loss == Approx(*train::evaluate(*outcome.model, usual.validation).mean_absolute_error).epsilon(1e-5));
}

TEST_CASE("targets travel with their images") {
    const data::Dataset all = test::squares(50, 1);
    CHECK_THAT(all.describe(), Catch::Contains("with targets of shape (50, 2)"));
    const auto [train, test] = all.split(0.8);
    CHECK(train.size() + test.size() == 50);
    std::vector<float> sums;
    for (const data::Dataset* part : {&train, &test})
        for (std::int64_t i = 0; i < part->size(); ++i) {
            // The number of pixels that are lit says the side of the square.
            const Tensor image = part->image(i);
            std::int64_t lit = 0;
            for (const float p : image.values<float>()) lit += p > 0;
            const auto side = static_cast<std::int64_t>(part->targets[i][0].item());
            CHECK(lit == (part->labels[i].item() == 1 ? side * side : 64 - side * side));
        }
    data::Loader loader(train, {.batch_size = 16, .seed = 4});
    for (const data::Batch& batch : loader) {
        REQUIRE(batch.targets.shape() == Shape{batch.x.size(0), 2});
        CHECK_FALSE(batch.weights.defined());
        for (std::int64_t i = 0; i < batch.x.size(0); ++i) {
            const float light = batch.x[i].reshape({-1}).max(0).item() > 0 ? 1.0F : 0.0F;
            CHECK(light == 1);
        }
    }
    data::Dataset weighted = all, other = all;
    weighted.weights = Tensor::ones({50});
    other.targets = all.targets.clone();
    other.targets.mutable_data<float>()[7] += 1;
    CHECK(weighted.fingerprint() != all.fingerprint());
    CHECK(other.fingerprint() != all.fingerprint());
    CHECK(data::Loader(weighted).begin()->weights.to_vector<float>() == std::vector<float>(32, 1.0F));
}

TEST_CASE("targets and weights that do not fit are refused") {
    const data::Dataset all = test::squares(20, 1);
    CHECK_THROWS_WITH(data::unlabelled(all.images, Tensor::ones({19, 1})),
                      Catch::Contains("targets of f32 with a row for each of the 20 images, got f32 of shape (19, 1)"));
    CHECK_THROWS_WITH(data::unlabelled(all.images, all.labels), Catch::Contains("got i64"));
    CHECK_THROWS_WITH(data::unlabelled(all.images, Tensor::full({20}, NAN)), Catch::Contains("finite numbers"));
    data::Dataset bad = all;
    bad.weights = Tensor::full({20}, -1);
    CHECK_THROWS_WITH(data::Loader(bad), Catch::Contains("weights of at least 0, got -1"));
    CHECK_THROWS_WITH(data::Loader(all, {.augmentation = {.mixup = 0.2}}), Catch::Contains("not targets"));

    const Regression make;
    const auto fit = [&](const data::Dataset& data, const std::function<void(train::FitOptions&)>& change = {}) {
        return run(make, data, 1, change);
    };
    data::Dataset flat = sides(20, 1);
    flat.targets = Tensor::ones({20});
    CHECK_THROWS_WITH(fit(flat), Catch::Contains("the targets' shape (4), the model gave (4, 2)"));
    CHECK_THROWS_WITH(fit(flat), Catch::Contains("target of shape (N, 1)"));
    data::Dataset weighted = sides(20, 1);
    weighted.weights = Tensor::ones({20});
    CHECK_THROWS_WITH(fit(weighted), Catch::Contains("the data have weights, which this loss does not see"));
    const data::Dataset nothing = data::unlabelled(all.images);
    CHECK_THROWS_WITH(fit(sides(20, 1), [&](train::FitOptions& o) { o.validation = &nothing; }),
                      Catch::Contains("validation data with classes or targets, or a batch_loss"));
    nn::Sequential model{nn::Flatten{}, nn::Linear{64, 3}};
    CHECK_THROWS_WITH(train::evaluate(model, nothing), Catch::Contains("two or more classes, or targets"));
    CHECK_THROWS_WITH(train::evaluate(model, sides(20, 1)),
                      Catch::Contains("the targets' shape (20, 2), the model gave (20, 3)"));
}
