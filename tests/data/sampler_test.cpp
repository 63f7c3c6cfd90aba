// Orders of the samplers. Class counts are those that imbalanced-learn 0.14.2 gives (metrics/balance_golden.py).
#include <cyclone/base/error.h>
#include <cyclone/data/loader.h>
#include <cyclone/data/sampler.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>

#include "support/catch.h"

using namespace cyclone;
using namespace cyclone::data;

namespace {

using Indices = std::vector<std::int64_t>;

// The classes are mixed: sample i is of class 1 where i * 101 % n < positives.
Indices mixed_labels(std::int64_t negatives, std::int64_t positives) {
    const std::int64_t n = negatives + positives;
    Indices labels;
    for (std::int64_t i = 0; i < n; ++i) labels.push_back(i * 101 % n < positives);
    return labels;
}

SamplerInput input_of(const Indices& labels, std::uint64_t seed = 1, std::int64_t epoch = 0) {
    return {.labels = labels, .classes = 2, .batch_size = 32, .seed = seed, .epoch = epoch};
}

std::int64_t distinct(const Indices& order) {
    return static_cast<std::int64_t>(std::set<std::int64_t>(order.begin(), order.end()).size());
}

// Image i is the constant i.
Dataset numbered(const Indices& labels) {
    const auto count = static_cast<std::int64_t>(labels.size());
    Dataset out{Tensor::empty({count, 2, 2, 1}), Tensor::from(labels, {count}), {"a", "b"}, "numbered", std::nullopt};
    for (std::int64_t i = 0; i < out.images.numel(); ++i)
        out.images.tensor().mutable_data<float>()[i] = static_cast<float>(i / 4);
    return out;
}

Indices visit(Loader& loader) {
    Indices seen;
    for (const Batch& batch : loader)
        for (std::int64_t k = 0; k < batch.x.size(0); ++k) {
            seen.push_back(static_cast<std::int64_t>(batch.x.data<float>()[k * 4]));
            REQUIRE(batch.y.data<std::int64_t>()[k] ==
                    loader.dataset().labels.data<std::int64_t>()[static_cast<std::size_t>(seen.back())]);
        }
    return seen;
}

std::vector<Sampler> every_sampler() {
    return {Sampler(),
            sampler::balanced(),
            sampler::balanced_batch({.positives = 3}),
            sampler::balanced_batch(),
            sampler::oversample(0.5),
            sampler::undersample(1),
            sampler::undersample(0.3, false)};
}

}  // namespace

TEST_CASE("over- and under-sampling give the class counts of imbalanced-learn") {
    struct Row {
        std::int64_t negatives, positives;
        double ratio;
        Indices over, under;
    };
    const Row rows[] = {{973, 27, 0.5, {973, 486}, {54, 27}},
                        {973, 27, 0.29, {973, 282}, {93, 27}},
                        {100, 10, 1.0, {100, 100}, {10, 10}},
                        {1001, 33, 0.1, {1001, 100}, {330, 33}},
                        {37, 12, 0.7, {37, 25}, {17, 12}}};
    for (const Row& row : rows) {
        const Indices labels = mixed_labels(row.negatives, row.positives);
        CHECK(sampler::class_counts(sampler::oversample(row.ratio), input_of(labels)) == row.over);
        CHECK(sampler::class_counts(sampler::undersample(row.ratio), input_of(labels)) == row.under);
    }
}

TEST_CASE("over-sampling keeps every sample and under-sampling repeats none") {
    const Indices labels = mixed_labels(200, 10);
    const Indices over = sampler::oversample(1).order(input_of(labels));
    CHECK(over.size() == 400);
    CHECK(distinct(over) == 210);
    const Sampler fresh = sampler::undersample(0.5), fixed = sampler::undersample(0.5, false);
    const Indices first = fresh.order(input_of(labels)), second = fresh.order(input_of(labels, 1, 1));
    CHECK(distinct(first) == 30);
    // 20 of 200 negatives each time: about 2 in common.
    Indices both = first;
    both.insert(both.end(), second.begin(), second.end());
    CHECK(distinct(both) > 40);
    both = fixed.order(input_of(labels));
    const Indices later = fixed.order(input_of(labels, 1, 1));
    CHECK(both != later);
    both.insert(both.end(), later.begin(), later.end());
    CHECK(distinct(both) == 30);
    // Over many epochs every negative has its turn.
    std::set<std::int64_t> seen;
    for (std::int64_t epoch = 0; epoch < 100; ++epoch)
        for (const std::int64_t i : fresh.order(input_of(labels, 1, epoch))) seen.insert(i);
    CHECK(seen.size() == 210);
    // What is balanced already stays as it is.
    CHECK(distinct(sampler::oversample(0.5).order(input_of(mixed_labels(30, 20)))) == 50);
    CHECK(sampler::undersample(0.5).order(input_of(mixed_labels(30, 20))).size() == 50);
}

TEST_CASE("several classes are raised or cut one by one") {
    const Indices labels = {0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 2, 2, 2, 2, 2};
    const SamplerInput input{.labels = labels, .classes = 3, .batch_size = 4};
    CHECK(sampler::class_counts(sampler::oversample(0.5), input) == Indices{8, 4, 5});
    CHECK(sampler::class_counts(sampler::undersample(0.5), input) == Indices{4, 2, 4});
    // Batches of 4 for 3 classes: the fourth place goes round.
    const Indices order = sampler::balanced_batch().order(input);
    REQUIRE(order.size() == 16);
    for (std::size_t b = 0; b < 4; ++b) {
        Indices counts(3);
        for (std::size_t k = 0; k < 4; ++k)
            ++counts[static_cast<std::size_t>(labels[static_cast<std::size_t>(order[4 * b + k])])];
        Indices expected = {1, 1, 1};
        ++expected[b % 3];
        CHECK(counts == expected);
    }
}

TEST_CASE("every balanced batch holds its positives and negatives come round evenly") {
    const Indices labels = mixed_labels(700, 20);
    const Indices order = sampler::balanced_batch({.positives = 8}).order(input_of(labels, 4));
    REQUIRE(order.size() == 23 * 32);
    std::vector<int> visits(labels.size());
    bool shuffled_within = false;
    for (std::size_t b = 0; b < 23; ++b) {
        int positives = 0;
        for (std::size_t k = 0; k < 32; ++k) {
            const auto i = static_cast<std::size_t>(order[32 * b + k]);
            positives += labels[i] == 1;
            ++visits[i];
        }
        CHECK(positives == 8);
        shuffled_within = shuffled_within || labels[static_cast<std::size_t>(order[32 * b])] == 1;
    }
    CHECK(shuffled_within);
    for (std::size_t i = 0; i < labels.size(); ++i) {
        // 184 draws from 20 positives are 9 or 10 each, 552 from 700 negatives at most 1.
        if (labels[i] == 1)
            CHECK((visits[i] == 9 || visits[i] == 10));
        else
            CHECK(visits[i] <= 1);
    }
}

TEST_CASE("the balanced sampler draws every class equally often") {
    const Indices labels = mixed_labels(3600, 100);
    const Indices counts = sampler::class_counts(sampler::balanced(), input_of(labels, 2));
    CHECK(counts[0] + counts[1] == 3700);
    CHECK(std::abs(static_cast<double>(counts[1] - 1850)) < 4 * std::sqrt(3700.0) / 2);
}

TEST_CASE("orders are pure functions of seed and epoch and stay inside the dataset") {
    const Indices labels = mixed_labels(90, 12);
    for (const Sampler& sampler : every_sampler()) {
        INFO(sampler.name());
        const Indices order = sampler.order(input_of(labels, 5, 3));
        CHECK(sampler.order(input_of(labels, 5, 3)) == order);
        CHECK(sampler.order(input_of(labels, 5, 4)) != order);
        CHECK(sampler.order(input_of(labels, 6, 3)) != order);
        CHECK(sampler.order(input_of(labels, 6, 4)).size() == order.size());
        for (const std::int64_t i : order) REQUIRE((i >= 0 && i < 102));
    }
}

TEST_CASE("the loader follows its sampler and resumes in the middle of an epoch") {
    const Indices labels = mixed_labels(90, 12);
    for (const Sampler& sampler : every_sampler())
        for (const std::int64_t prefetch : {0, 2}) {
            INFO(sampler.name());
            const LoaderOptions options{.batch_size = 8, .seed = 5, .prefetch = prefetch, .sampler = sampler};
            SamplerInput input = input_of(labels, 5, 2);
            input.batch_size = 8;
            const Indices order = sampler.order(input);
            const auto samples = static_cast<std::int64_t>(order.size());
            Loader loader(numbered(labels), options);
            CHECK(loader.batches_per_epoch() == (samples + 7) / 8);
            loader.set_epoch(2);
            CHECK(visit(loader) == order);
            loader.set_epoch(2);
            loader.skip(3);
            CHECK(visit(loader) == Indices(order.begin() + 24, order.end()));
            CHECK(loader.position() == LoaderPosition{3, 0});
        }
}

TEST_CASE("a sampler of one's own is a function and is watched") {
    const Indices labels = mixed_labels(9, 3);
    const Sampler last_first("last first", [](const SamplerInput& input) {
        Indices order(input.labels.size());
        std::iota(order.rbegin(), order.rend(), 0);
        return order;
    });
    Loader loader(numbered(labels), {.batch_size = 5, .sampler = last_first});
    CHECK(visit(loader) == Indices{11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0});
    const auto with = [&](Indices order) {
        return Loader(numbered(labels), {.sampler = Sampler("mine", [=](const SamplerInput&) { return order; })});
    };
    CHECK_THROWS_WITH(with({}), "sampler mine: expected at least one sample per epoch, got none");
    CHECK_THROWS_WITH(with({0, 12}), "sampler mine: expected indices from 0 to 11, got 12");
    CHECK_THROWS_AS(with({-1}), Error);
    Loader growing(numbered(labels), {.sampler = Sampler("growing", [](const SamplerInput& input) {
                                          return Indices(static_cast<std::size_t>(input.epoch + 1));
                                      })});
    CHECK(visit(growing).size() == 1);
    CHECK_THROWS_WITH(growing.begin(), "Loader: expected 1 samples from the sampler in each epoch, got 2");
}

TEST_CASE("samplers refuse what they cannot do") {
    const Indices labels = mixed_labels(90, 12), one_class(20, 0);
    const auto order = [&](const Sampler& sampler) { return sampler.order(input_of(labels)); };
    for (const double ratio : {0.0, -1.0, 1.5, std::nan("")}) {
        CHECK_THROWS_AS(sampler::oversample(ratio), UsageError);
        CHECK_THROWS_AS(sampler::undersample(ratio), UsageError);
    }
    for (const std::int64_t positives : {-1, 32, 100})
        CHECK_THROWS_AS(order(sampler::balanced_batch({.positives = positives})), UsageError);
    for (const Sampler& sampler : {sampler::balanced(), sampler::balanced_batch(), sampler::oversample()})
        CHECK_THROWS_WITH(sampler.order(input_of(one_class)), Catch::Contains("class 1 has none"));
    CHECK_THROWS_AS(sampler::balanced_batch().order({.labels = labels, .classes = 2, .batch_size = 1}), UsageError);
    CHECK_THROWS_AS(Loader(numbered(labels), {.shuffle = false, .sampler = sampler::balanced()}), UsageError);
    CHECK_THROWS_AS(Loader(numbered(labels), {.batch_size = 25, .drop_last = true, .sampler = sampler::undersample()}),
                    UsageError);
}
