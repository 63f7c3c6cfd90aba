// Batches that a program makes, through fit().

#include <cyclone/data/batch_source.h>
#include <cyclone/data/loader.h>

#include <set>
#include <string>
#include <thread>
#include <utility>

#include "support/catch.h"
#include "train/answers.h"

using namespace cyclone;
using test::Job;
using test::run;

namespace {

Job classifier() {
    Job job{std::make_unique<nn::Sequential>(nn::Conv2d{1, 4, {.padding = nn::same, .activation = relu}},
                                             nn::MaxPool2d{2}, nn::Flatten{}, nn::Dropout{0.2}, nn::Linear{64, 2}),
            {}};
    job.options.epochs = 3;
    job.options.batch_size = 9;
    job.options.slice = 4;
    return job;
}

/// What the loader makes of `data`, as batches of a program.
data::BatchSource as_source(const data::Dataset& data) {
    return {.make =
                [&data](const data::BatchRequest& r) {
                    const auto order = data::epoch_order(data.size(), r.seed, r.epoch);
                    const data::Dataset part = data.subset(
                        std::span(order).subspan(static_cast<std::size_t>(r.first), static_cast<std::size_t>(r.count)));
                    return data::Batch{.x = part.images.tensor(), .y = part.labels};
                },
            .images = data.size(),
            .image_shape = data.image_shape(),
            .name = "squares"};
}

/// Pairs of squares, made on the fly: whether both have one side. A siamese network sees them side by side.
data::BatchSource pairs(std::int64_t images) {
    return {.make =
                [](const data::BatchRequest& r) {
                    const auto seed = static_cast<std::uint64_t>(1000 * r.epoch + r.index);
                    const data::Dataset left = test::squares(r.count, seed), right = test::squares(r.count, seed + 500);
                    data::Batch batch{.x = left.images.tensor()};
                    batch.more = {right.images.tensor()};
                    batch.targets = Tensor::empty({r.count, 1});
                    for (std::int64_t i = 0; i < r.count; ++i)
                        batch.targets.mutable_data<float>()[i] =
                            left.targets[i][0].item() == right.targets[i][0].item() ? 1.0F : 0.0F;
                    return batch;
                },
            .images = images,
            .image_shape = {8, 8, 1},
            .name = "pairs of squares"};
}

Job siamese() {
    auto net = std::make_unique<nn::Sequential>(nn::Conv2d{1, 6, {.padding = nn::same, .activation = relu}},
                                                nn::GlobalAvgPool{}, nn::Linear{6, 4});
    Job job{};
    job.options.epochs = 2;
    job.options.batch_size = 16;
    job.options.batch_loss = [&model = *net](const data::Batch& b) {
        const Tensor apart = model(b.x) - model(b.more[0]);
        return binary_cross_entropy(1 - (apart * apart).sum(1, true), b.targets);
    };
    job.options.batch_weight = [](const data::Batch& b) { return static_cast<double>(b.x.size(0)); };
    job.options.slice = 4;
    job.model = std::move(net);
    return job;
}

}  // namespace

TEST_CASE("batches of a program train to the bits of the dataset that they come from") {
    const data::Dataset data = [] {
        data::Dataset out = test::squares(40, 1);
        out.targets = {};
        return out;
    }();
    const auto expected = run(classifier, data).bits;
    CHECK((run(classifier, as_source(data)).bits == expected));
    CHECK((run(classifier, as_source(data), 3).bits == expected));
    CHECK((test::run_with_stops(classifier, as_source(data), 4).bits == expected));
    const auto with = [&](const std::function<void(train::FitOptions&)>& change) {
        return std::pair(run(classifier, data, 1, change).bits, run(classifier, as_source(data), 1, change).bits);
    };
    const auto [a, b] = with([](train::FitOptions& o) { o.drop_last = true; });
    CHECK((a == b));
    const auto [c, d] = with([](train::FitOptions& o) { o.batch_size = 4, o.accumulate = 2; });
    CHECK((c == d));
}

TEST_CASE("several inputs made on the fly train through fit, stopped and resumed to the same bits") {
    const auto whole = run(siamese, pairs(64));
    CHECK((run(siamese, pairs(64), 3).bits == whole.bits));
    CHECK((test::run_with_stops(siamese, pairs(64), 3).bits == whole.bits));
    // Targets alone are answers for a loss of output and answers.
    const auto plain = [] {
        Job job{std::make_unique<nn::Sequential>(nn::Flatten{}, nn::Linear{64, 1}), {}};
        job.options.epochs = 1;
        return job;
    };
    CHECK(run(plain, pairs(64)).history.updates().size() == 2);
}

TEST_CASE("a source is asked for each batch by epoch and place, on a thread of its own") {
    std::vector<data::BatchRequest> asked;
    std::set<std::thread::id> threads;
    const data::BatchSource source{
        .make =
            [&](const data::BatchRequest& r) {
                asked.push_back(r);
                threads.insert(std::this_thread::get_id());
                return data::Batch{.x = Tensor::full({r.count, 3}, static_cast<double>(r.epoch))};
            },
        .images = 8,
        .image_shape = {3}};
    data::Loader loader(source, {.batch_size = 3, .seed = 5});
    CHECK(loader.batches_per_epoch() == 3);
    loader.set_epoch(2);
    loader.skip(1);
    std::int64_t index = 1;
    for (const data::Batch& batch : loader) {
        CHECK(batch.index == index++);
        CHECK(batch.x.to_vector<float>() == std::vector<float>(batch.index == 2 ? 6 : 9, 2.0F));
        CHECK_FALSE(batch.y.defined());
    }
    REQUIRE(asked.size() == 2);
    CHECK(asked[1].epoch == 2);
    CHECK(asked[1].index == 2);
    CHECK(asked[1].first == 6);
    CHECK(asked[1].count == 2);
    CHECK(asked[1].seed == 5);
    CHECK(threads.count(std::this_thread::get_id()) == 0);
    threads.clear();
    CHECK(data::Loader(source, {.prefetch = 0}).begin()->x.shape() == Shape{8, 3});
    CHECK(threads.count(std::this_thread::get_id()) == 1);
}

TEST_CASE("a source that gives something else is named") {
    const auto answer = [](data::Batch batch) {
        const data::BatchSource source{.make = [batch](const data::BatchRequest&) { return batch; },
                                       .images = 2,
                                       .image_shape = {4},
                                       .name = "the oven"};
        return run(
            [] {
                Job job{std::make_unique<nn::Sequential>(nn::Linear{4, 2}), {}};
                job.options.epochs = 1;
                return job;
            },
            source);
    };
    const Tensor x = Tensor::ones({2, 4}), y = Tensor::zeros({2}, DType::i64);
    CHECK(answer({.x = x, .y = y}).history.updates().size() == 1);
    CHECK_THROWS_WITH(answer({}),
                      Catch::Contains("f32 and shape (2, 4) from the oven for batch 0 of epoch 0, got none"));
    CHECK_THROWS_WITH(answer({.x = Tensor::ones({3, 4})}), Catch::Contains("got f32 (3, 4)"));
    CHECK_THROWS_WITH(answer({.x = x, .y = Tensor::ones({2})}), Catch::Contains("labels of i64 and shape (2)"));
    CHECK_THROWS_WITH(answer({.x = x, .y = y, .targets = Tensor::ones({3})}), Catch::Contains("targets with 2 rows"));
    CHECK_THROWS_WITH(answer({.x = x}), Catch::Contains("batches with labels or targets"));
    data::Batch more{.x = x, .y = y};
    more.more = {Tensor()};
    CHECK_THROWS_WITH(answer(more), Catch::Contains("further tensors with 2 rows from the oven, got none"));

    const auto bounded = [](const data::BatchSource& data) {
        return run(
            [] {
                Job job{std::make_unique<nn::Sequential>(nn::Flatten{}, nn::Linear{64, 1}, nn::Sigmoid{}), {}};
                job.options.epochs = 1;
                return job;
            },
            data);
    };
    CHECK(bounded(pairs(64)).history.updates().size() == 2);
    const data::Dataset classes = test::squares(8, 1);
    CHECK_THROWS_WITH(bounded(as_source(classes)), Catch::Contains("ends in logits, its last layer is sigmoid"));

    const auto source = [] { return pairs(64); };
    const auto fit = [&](const data::BatchSource& s, const std::function<void(train::FitOptions&)>& change = {}) {
        return run(siamese, s, 1, change);
    };
    data::BatchSource none = source(), empty = source();
    none.make = {};
    empty.images = 0;
    CHECK_THROWS_WITH(fit(none), Catch::Contains("a function that makes batches"));
    CHECK_THROWS_WITH(fit(empty), Catch::Contains("at least one image per epoch of pairs of squares, got 0"));
    CHECK_THROWS_WITH(fit(source(), [](train::FitOptions& o) { o.sampler = data::sampler::balanced(); }),
                      Catch::Contains("no sampler and no augmentation"));
    data::BatchSource broken = source();
    broken.make = [](const data::BatchRequest&) -> data::Batch { throw std::runtime_error("out of squares"); };
    CHECK_THROWS_WITH(fit(broken), Catch::Contains("out of squares"));

    const test::TemporaryFolder folder;
    const auto stored = [&](train::FitOptions& o) {
        o.checkpoint.folder = folder / "run";
        o.checkpoint.resume = true;
    };
    fit(source(), stored);
    data::BatchSource renamed = source();
    renamed.name = "other squares";
    CHECK_THROWS_WITH(fit(renamed, stored),
                      Catch::Contains("is of another training") && Catch::Contains("other squares"));
}
