#include <cyclone/data/augment.h>
#include <cyclone/data/loader.h>
#include <cyclone/data/synthetic.h>
#include <cyclone/tensor/allocator.h>

#include <algorithm>
#include <cstring>
#include <numeric>

#include "data/prefetcher.h"
#include "support/catch.h"

using namespace cyclone;
using namespace cyclone::data;

namespace {

// Image i is the constant i, of class i % 3.
Dataset numbered(std::int64_t count, std::int64_t channels = 1) {
    Dataset out{Tensor::empty({count, 2, 3, channels}, DType::u16),
                Tensor::empty({count}, DType::i64),
                {"a", "b", "c"},
                "numbered",
                std::nullopt};
    auto* pixel = out.images.tensor().mutable_data<std::uint16_t>();
    for (std::int64_t i = 0; i < out.images.numel(); ++i)
        pixel[i] = static_cast<std::uint16_t>(i / (6 * channels) * channels + i % channels);
    for (std::int64_t i = 0; i < count; ++i) out.labels.mutable_data<std::int64_t>()[i] = i % 3;
    return out;
}

// The images' numbers in the order one loop sees them.
std::vector<std::int64_t> visit(Loader& loader) {
    std::vector<std::int64_t> seen;
    for (const Batch& batch : loader)
        for (std::int64_t k = 0; k < batch.x.size(0); ++k) {
            seen.push_back(static_cast<std::int64_t>(batch.x.data<float>()[k * 6]));
            REQUIRE(batch.y.data<std::int64_t>()[k] == seen.back() % 3);
        }
    return seen;
}

// All bits of one loop.
std::vector<float> bits(Loader& loader) {
    std::vector<float> all;
    for (const Batch& batch : loader) {
        const auto x = batch.x.values<float>();
        all.insert(all.end(), x.begin(), x.end());
    }
    return all;
}

}  // namespace

TEST_CASE("an epoch visits every sample once in the order of seed and epoch") {
    for (const std::int64_t prefetch : {0, 1, 2, 7}) {
        Loader loader(numbered(103), {.batch_size = 10, .seed = 5, .prefetch = prefetch});
        CHECK(loader.batches_per_epoch() == 11);
        for (std::int64_t epoch = 0; epoch < 3; ++epoch) {
            CHECK(loader.position() == LoaderPosition{epoch, 0});
            const auto seen = visit(loader);
            CHECK(seen == epoch_order(103, 5, epoch));
            auto sorted = seen;
            std::sort(sorted.begin(), sorted.end());
            for (std::int64_t i = 0; i < 103; ++i) REQUIRE(sorted[static_cast<std::size_t>(i)] == i);
        }
    }
    CHECK(epoch_order(103, 5, 0) != epoch_order(103, 5, 1));
    CHECK(epoch_order(103, 5, 0) != epoch_order(103, 6, 0));
}

TEST_CASE("without shuffle the order is that of the data and drop_last leaves out the rest") {
    Loader loader(numbered(103), {.batch_size = 10, .shuffle = false, .drop_last = true});
    CHECK(loader.batches_per_epoch() == 10);
    std::vector<std::int64_t> expected(100);
    std::iota(expected.begin(), expected.end(), 0);
    CHECK(visit(loader) == expected);
    std::int64_t index = 0;
    for (const Batch& batch : loader) {
        CHECK(batch.index == index++);
        CHECK(batch.x.shape() == Shape{10, 2, 3, 1});
        CHECK(loader.position() == LoaderPosition{1, index});
    }
    CHECK(loader.position() == LoaderPosition{2, 0});
}

TEST_CASE("skipping into the middle gives the tail of the full epoch") {
    for (const std::int64_t prefetch : {0, 2}) {
        const LoaderOptions options{.batch_size = 8, .seed = 9, .prefetch = prefetch};
        Loader full(numbered(50), options);
        full.set_epoch(4);
        const auto whole = visit(full);
        for (std::int64_t skipped = 0; skipped <= full.batches_per_epoch(); ++skipped) {
            Loader loader(numbered(50), options);
            loader.set_epoch(4);
            loader.skip(skipped);
            CHECK(loader.position() == LoaderPosition{4, skipped});
            const std::vector<std::int64_t> tail(whole.begin() + std::min<std::ptrdiff_t>(skipped * 8, 50),
                                                 whole.end());
            CHECK(visit(loader) == tail);
            CHECK(loader.position() == LoaderPosition{5, 0});
        }
    }
}

TEST_CASE("the loop can be left early and the next one is the next epoch") {
    Loader loader(numbered(100), {.batch_size = 5, .seed = 2, .prefetch = 3});
    for (const Batch& batch : loader)
        if (batch.index == 2) break;
    CHECK(loader.position() == LoaderPosition{0, 3});
    CHECK(visit(loader) == epoch_order(100, 2, 1));
    for (int round = 0; round < 50; ++round) {
        Loader brief(numbered(100), {.batch_size = 1, .prefetch = 4});
        for (const Batch& batch : brief) {
            CHECK(batch.index == 0);
            break;
        }
    }
    Loader moved(numbered(100), {.batch_size = 5, .seed = 2});
    for (const Batch& batch : moved) {
        CHECK(batch.index == 0);
        break;
    }
    Loader target = std::move(moved);
    CHECK(visit(target) == epoch_order(100, 2, 1));
}

TEST_CASE("set_epoch inside a loop ends it") {
    Loader loader(numbered(40), {.batch_size = 4, .seed = 1});
    int batches = 0;
    for ([[maybe_unused]] const Batch& batch : loader)
        if (++batches == 3) loader.set_epoch(7);
    CHECK(batches == 3);
    CHECK(visit(loader) == epoch_order(40, 1, 7));
}

TEST_CASE("prefetched batches equal those made inline to the bit") {
    const auto [train, test] = synthetic_patches({.positives = 40, .negatives = 200}).split(0.8);
    Loader inline_loader(train, {.seed = 3, .prefetch = 0});
    const auto expected = bits(inline_loader);
    REQUIRE(expected.size() == static_cast<std::size_t>(train.images.numel()));
    for (const std::int64_t prefetch : {1, 2, 16}) {
        Loader loader(train, {.seed = 3, .prefetch = prefetch});
        const auto got = bits(loader);
        REQUIRE(got.size() == expected.size());
        CHECK(std::memcmp(got.data(), expected.data(), got.size() * sizeof(float)) == 0);
    }
}

TEST_CASE("the loader standardises each channel and leaves pixels alone without a standardisation") {
    Dataset data = numbered(20, 3);
    {
        Loader loader(data, {.batch_size = 20, .shuffle = false});
        for (const Batch& batch : loader)
            for (std::int64_t i = 0; i < batch.x.numel(); ++i)
                REQUIRE(batch.x.data<float>()[i] == static_cast<float>(data.images.tensor().data<std::uint16_t>()[i]));
    }
    data.standardization = Standardization{{1.0, 2.0, 3.0}, {0.5, 4.0, 0.3}};
    Loader loader(data, {.batch_size = 20, .shuffle = false});
    for (const Batch& batch : loader)
        for (std::int64_t i = 0; i < batch.x.numel(); ++i) {
            const auto c = static_cast<std::size_t>(i % 3);
            const double pixel = data.images.tensor().data<std::uint16_t>()[i];
            const double expected = (pixel - data.standardization->mean[c]) / data.standardization->scale[c];
            REQUIRE(batch.x.data<float>()[i] == Approx(expected).epsilon(1e-6).margin(1e-6));
        }
}

TEST_CASE("a kept batch is never written again") {
    Loader loader(numbered(64), {.batch_size = 4, .seed = 3});
    std::vector<Batch> kept;
    for (const Batch& batch : loader) kept.push_back(batch);
    const auto order = epoch_order(64, 3, 0);
    for (std::size_t b = 0; b < kept.size(); ++b)
        for (std::size_t k = 0; k < 4; ++k)
            CHECK(kept[b].x.data<float>()[k * 6] == static_cast<float>(order[b * 4 + k]));
}

TEST_CASE("memory does not grow from epoch to epoch") {
    Loader loader(numbered(300), {.batch_size = 16});
    for (int epoch = 0; epoch < 3; ++epoch) visit(loader);
    const auto before = allocator_stats().system_allocations;
    // How many batches are alive at once depends on which thread is ahead, so some buffers may come late; one that is
    // lost an epoch would make 40.
    for (int epoch = 0; epoch < 40; ++epoch) visit(loader);
    CHECK(allocator_stats().system_allocations < before + 20);
}

TEST_CASE("an exception in the loader's thread reaches the consumer in its place") {
    Prefetcher prefetcher(
        [](std::int64_t i) {
            check(i < 5, "disk", "gone at ", i);
            return Batch{.x = Tensor(), .y = Tensor(), .index = i};
        },
        2, 10, 3);
    for (std::int64_t i = 2; i < 5; ++i) CHECK(prefetcher.next().index == i);
    CHECK_THROWS_WITH(prefetcher.next(), "disk: gone at 5");
    CHECK_THROWS_AS(prefetcher.next(), Error);
}

TEST_CASE("a part of each batch is as in the whole batch, and the other rows are not made") {
    for (const char* augmentation : {"none", "flip,noise:0.3", "shift:1,mixup:0.4"}) {
        INFO(augmentation);
        LoaderOptions options{
            .batch_size = 10, .seed = 4, .prefetch = 0, .augmentation = parse_augmentation(augmentation)};
        Loader whole(numbered(43), options);
        for (const auto& [first, last] :
             std::vector<std::pair<std::int64_t, std::int64_t>>{{0, 10}, {0, 4}, {3, 7}, {8, 10}, {6, 6}}) {
            INFO("rows " << first << " to " << last);
            options.part = [f = first, l = last](std::int64_t rows) {
                return std::pair(std::min(f, rows), std::min(l, rows));
            };
            Loader part(numbered(43), options);
            whole.set_epoch(1);
            part.set_epoch(1);
            const float left = -77;
            { const Tensor same_memory = Tensor::full({10, 2, 3, 1}, left); }
            auto at = part.begin();
            for (const Batch& batch : whole) {
                const std::int64_t rows = batch.x.size(0);
                const auto x = batch.x.values<float>(), own = at->x.values<float>();
                for (std::int64_t i = 0; i < 6 * rows; ++i) {
                    const auto k = static_cast<std::size_t>(i);
                    if (i >= 6 * first && i < 6 * last) REQUIRE(own[k] == x[k]);
                    if ((i < 6 * first || i >= 6 * last) && batch.index == 0 && options.augmentation.mixup == 0)
                        REQUIRE(own[k] == left);
                }
                CHECK(at->lambda == batch.lambda);
                for (std::int64_t i = 0; i < rows; ++i) {
                    REQUIRE(at->y.data<std::int64_t>()[i] == batch.y.data<std::int64_t>()[i]);
                    if (batch.mixed_y.defined())
                        REQUIRE(at->mixed_y.data<std::int64_t>()[i] == batch.mixed_y.data<std::int64_t>()[i]);
                }
                ++at;
            }
        }
    }
}

TEST_CASE("the loader refuses options that cannot work") {
    CHECK_THROWS_AS(Loader(numbered(3), {.batch_size = 0}), UsageError);
    CHECK_THROWS_AS(Loader(numbered(3), {.prefetch = -1}), UsageError);
    CHECK_THROWS_AS(Loader(numbered(3), {.batch_size = 4, .drop_last = true}), UsageError);
    Dataset bad = numbered(3);
    bad.labels.mutable_data<std::int64_t>()[1] = 3;
    CHECK_THROWS_WITH(Loader(bad), "Loader: label 3 of image 1 is outside the 3 classes (hint: labels count from 0)");
    Loader loader(numbered(30), {.batch_size = 10});
    CHECK_THROWS_AS(loader.set_epoch(-1), UsageError);
    CHECK_THROWS_AS(loader.skip(4), UsageError);
}
