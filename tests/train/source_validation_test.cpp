// Batches that a program makes as validation set of fit(), and in evaluate().

#include <cyclone/data/batch_source.h>
#include <cyclone/train/evaluate.h>

#include <cmath>
#include <numeric>
#include <string>
#include <vector>

#include "support/catch.h"
#include "train/answers.h"

using namespace cyclone;
using test::Job;
using test::run;

namespace {

data::Dataset without_targets(data::Dataset data) {
    data.targets = {};
    return data;
}

/// A dataset in its own order, as batches of a program.
data::BatchSource in_order(const data::Dataset& data) {
    return {.make =
                [&data](const data::BatchRequest& r) {
                    std::vector<std::int64_t> places(static_cast<std::size_t>(r.count));
                    std::iota(places.begin(), places.end(), r.first);
                    const data::Dataset part = data.subset(places);
                    data::Batch batch{.x = part.images.tensor()};
                    if (data.classes() >= 2) batch.y = part.labels;
                    batch.targets = part.targets;
                    return batch;
                },
            .images = data.size(),
            .image_shape = data.image_shape(),
            .class_names = data.classes() >= 2 ? data.class_names : std::vector<std::string>{},
            .name = "squares"};
}

Job network(std::int64_t outputs) {
    Job job{
        std::make_unique<nn::Sequential>(nn::Conv2d{1, 4, {.padding = nn::same, .activation = relu}}, nn::MaxPool2d{2},
                                         nn::Flatten{}, nn::Dropout{0.2}, nn::Linear{64, outputs}),
        {}};
    job.options.epochs = 3;
    job.options.batch_size = 9;
    job.options.slice = 4;
    return job;
}

}  // namespace

TEST_CASE("batches of a program validate to the bits of the dataset that they come from") {
    const auto check_both = [](const data::Dataset& train, const data::Dataset& validation, std::int64_t outputs,
                               const std::function<void(train::FitOptions&)>& change = {}) {
        const data::BatchSource source = in_order(validation);
        const auto by_dataset = [&] {
            Job job = network(outputs);
            if (change) change(job.options);
            job.options.validation = &validation;
            return job;
        };
        const auto by_source = [&] {
            Job job = by_dataset();
            job.options.validation = &source;
            return job;
        };
        auto expected = run(by_dataset, train);
        CHECK(expected.history.epochs().back().validation.has_value());
        CHECK((run(by_source, train).bits == expected.bits));
        CHECK((run(by_source, train, 3).bits == expected.bits));
        CHECK((run(by_source, in_order(train)).history.epochs().back().validation->samples == validation.size()));
        CHECK((test::run_with_stops(by_source, train, 4).bits == expected.bits));
        return expected;
    };
    const data::Dataset train = test::squares(40, 1), other = test::squares(30, 2);
    SECTION("classes") {
        const auto outcome = check_both(without_targets(train), without_targets(other), 2);
        CHECK(outcome.history.epochs().back().validation->class_names.size() == 2);
    }
    SECTION("targets") {
        const auto outcome =
            check_both(data::unlabelled(train.images, train.targets), data::unlabelled(other.images, other.targets), 2);
        CHECK(outcome.history.epochs().back().validation->mean_absolute_error.has_value());
    }
    SECTION("targets, and a loss of the program") {
        check_both(data::unlabelled(train.images, train.targets), data::unlabelled(other.images, other.targets), 2,
                   [](train::FitOptions& o) {
                       o.loss = [](const Tensor& output, const Tensor& targets) { return l1_loss(output, targets); };
                       o.loss_weight = [](const Tensor& targets) { return static_cast<double>(targets.numel()); };
                   });
    }
}

TEST_CASE("evaluate() asks a source for its first epoch each time, in batches of the size given") {
    std::vector<data::BatchRequest> asked;
    const data::BatchSource source{.make =
                                       [&](const data::BatchRequest& r) {
                                           asked.push_back(r);
                                           data::Batch batch{.x = Tensor::full({r.count, 3}, 0.5)};
                                           batch.targets = Tensor::full({r.count, 1}, static_cast<double>(r.index));
                                           return batch;
                                       },
                                   .images = 8,
                                   .image_shape = {3}};
    nn::Sequential model{nn::Linear{3, 1}};
    for (Tensor& p : model.parameters()) p.copy_from(Tensor::zeros(p.shape()));
    for (int time = 0; time < 2; ++time) {
        const train::Evaluation e = train::evaluate(model, source, {.batch_size = 3});
        // Answers of 0 for targets of 0, 1 and 2, of three, three and two images.
        CHECK(e.loss == Approx((3 * 1 + 2 * 4) / 8.0));
        CHECK(e.mean_absolute_error.value() == Approx((3 * 1 + 2 * 2) / 8.0));
        CHECK(e.samples == 8);
        CHECK(std::isnan(e.accuracy));
    }
    REQUIRE(asked.size() == 6);
    for (std::size_t i = 0; i < asked.size(); ++i) {
        CHECK(asked[i].index == static_cast<std::int64_t>(i % 3));
        CHECK(asked[i].first == 3 * asked[i].index);
        CHECK(asked[i].count == (asked[i].index == 2 ? 2 : 3));
        CHECK(asked[i].epoch == 0);
        CHECK(asked[i].seed == 0);
    }
}

TEST_CASE("several inputs validate by a loss of the batch") {
    const data::BatchSource pairs{.make =
                                      [](const data::BatchRequest& r) {
                                          data::Batch batch{.x = Tensor::full({r.count, 2}, 1)};
                                          batch.more = {Tensor::full({r.count, 2}, 3)};
                                          return batch;
                                      },
                                  .images = 5,
                                  .image_shape = {2}};
    nn::Sequential model{nn::Linear{2, 2}};
    const train::Evaluation e = train::evaluate(
        model, pairs, {.batch_size = 2, .batch_loss = [](const data::Batch& b) { return (b.more[0] - b.x).mean(); }});
    CHECK(e.loss == Approx(2));
    CHECK_FALSE(e.mean_absolute_error);
}

TEST_CASE("a source that cannot be evaluated is refused") {
    nn::Sequential model{nn::Linear{4, 2}};
    const Tensor x = Tensor::ones({2, 4});
    const auto evaluate = [&](const data::Batch& batch, std::vector<std::string> names = {},
                              const train::EvaluateOptions& options = {}) {
        return train::evaluate(model,
                               data::BatchSource{.make = [batch](const data::BatchRequest&) { return batch; },
                                                 .images = 2,
                                                 .image_shape = {4},
                                                 .class_names = std::move(names)},
                               options);
    };
    const Tensor labels = Tensor::from(std::vector<std::int64_t>{0, 1}, {2}),
                 wrong = Tensor::from(std::vector<std::int64_t>{0, 2}, {2});
    CHECK(evaluate({.x = x, .y = labels}, {"no", "yes"}).class_names.size() == 2);
    CHECK_THROWS_WITH(evaluate({.x = x, .y = labels}),
                      Catch::Contains("batches with targets") && Catch::Contains("BatchSource::class_names"));
    CHECK_THROWS_WITH(evaluate({.x = x}, {"no", "yes"}), Catch::Contains("batches with labels of the 2 classes"));
    CHECK_THROWS_WITH(evaluate({.x = x, .y = wrong}, {"no", "yes"}),
                      Catch::Contains("labels from 0 to 1, got 2 in batch 0"));
    CHECK_THROWS_WITH(evaluate({.x = x, .y = labels}, {"no", "yes"}, {.mirror = true}),
                      Catch::Contains("images (H, W, C), got batches of shape (2, 4)"));
    CHECK_THROWS_WITH(train::evaluate(model, train::DataView{}), Catch::Contains("got nothing"));
    CHECK_THROWS_WITH(train::evaluate(model, data::BatchSource{}), Catch::Contains("a function that makes batches"));

    const data::Dataset train = without_targets(test::squares(12, 1));
    const data::BatchSource none{};
    const auto fit = [&](const data::BatchSource* source) {
        return run([] { return network(2); }, train, 1, [&](train::FitOptions& o) { o.validation = source; });
    };
    CHECK_THROWS_WITH(fit(&none), Catch::Contains("a function that makes batches"));
    CHECK_FALSE(fit(nullptr).history.epochs().back().validation.has_value());
}

TEST_CASE("a training is resumed only with a validation source of the same name and classes") {
    const test::TemporaryFolder folder;
    const data::Dataset train = without_targets(test::squares(12, 1));
    const auto fit = [&](const data::BatchSource& source) {
        return run([] { return network(2); }, train, 1,
                   [&](train::FitOptions& o) {
                       o.validation = &source;
                       o.checkpoint.folder = folder / "run";
                       o.checkpoint.resume = true;
                   });
    };
    data::BatchSource source = in_order(train);
    fit(source);
    CHECK(fit(source).history.epochs().size() == 3);
    source.name = "other squares";
    CHECK_THROWS_WITH(fit(source), Catch::Contains("is of another training") && Catch::Contains("other squares"));
}
