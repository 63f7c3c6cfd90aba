#include <cyclone/base/error.h>
#include <cyclone/base/threads.h>
#include <cyclone/data/loader.h>

#include <algorithm>
#include <cmath>

#include "data/augmented.h"
#include "support/catch.h"

using namespace cyclone;
using namespace cyclone::data;

namespace {

Dataset constant_images(std::int64_t count) {
    Dataset out{Tensor::empty({count, 4, 4, 1}), Tensor::empty({count}, DType::i64), {"a", "b"}, "", std::nullopt};
    for (std::int64_t i = 0; i < out.images.numel(); ++i)
        out.images.tensor().mutable_data<float>()[i] = static_cast<float>(i / 16);
    for (std::int64_t i = 0; i < count; ++i) out.labels.mutable_data<std::int64_t>()[i] = i % 2;
    return out;
}

const Augmentation kEverything{.flip_horizontal = true,
                               .flip_vertical = true,
                               .rotate = true,
                               .shift = 1,
                               .contrast = 0.2,
                               .brightness = 0.3,
                               .noise = 0.1,
                               .cutout = 2,
                               .mixup = 0.4};

}  // namespace

TEST_CASE("flips mirror half of the images and keep the channels of a pixel together") {
    const Shape shape{2, 3, 2};
    const Image image = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
    check_uniform(outcomes(image, shape, {.flip_horizontal = true}), {image, {5, 6, 3, 4, 1, 2, 11, 12, 9, 10, 7, 8}});
    check_uniform(outcomes(image, shape, {.flip_vertical = true}), {image, {7, 8, 9, 10, 11, 12, 1, 2, 3, 4, 5, 6}});
    check_uniform(outcomes(image, shape, {.flip_horizontal = true, .flip_vertical = true}),
                  {image,
                   {5, 6, 3, 4, 1, 2, 11, 12, 9, 10, 7, 8},
                   {7, 8, 9, 10, 11, 12, 1, 2, 3, 4, 5, 6},
                   {11, 12, 9, 10, 7, 8, 5, 6, 3, 4, 1, 2}});
}

TEST_CASE("rotations are the four quarter turns and with flips the eight symmetries of the square") {
    const Shape shape{3, 3, 1};
    check_uniform(outcomes(counted(shape), shape, {.rotate = true}), {{1, 2, 3, 4, 5, 6, 7, 8, 9},
                                                                      {3, 6, 9, 2, 5, 8, 1, 4, 7},
                                                                      {9, 8, 7, 6, 5, 4, 3, 2, 1},
                                                                      {7, 4, 1, 8, 5, 2, 9, 6, 3}});
    const auto all = outcomes(counted(shape), shape, {.flip_horizontal = true, .rotate = true});
    CHECK(all.size() == 8);
}

TEST_CASE("shifts move by up to N pixels and repeat the edge") {
    const Shape shape{3, 3, 1};
    std::vector<Image> expected;
    for (int down = -1; down <= 1; ++down)
        for (int right = -1; right <= 1; ++right) {
            Image image;
            for (int r = 0; r < 3; ++r)
                for (int c = 0; c < 3; ++c)
                    image.push_back(
                        static_cast<float>(std::clamp(r - down, 0, 2) * 3 + std::clamp(c - right, 0, 2) + 1));
            expected.push_back(image);
        }
    check_uniform(outcomes(counted(shape), shape, {.shift = 1}), expected);
}

TEST_CASE("contrast keeps the mean and brightness moves it within their bounds") {
    const Shape shape{4, 4, 1};
    const Image image = counted(shape);
    const double mean = 8.5;
    double lowest = 9, highest = 0, low_offset = 9, high_offset = -9;
    for (int place = 0; place < 2000; ++place) {
        const Image changed = augmented(image, shape, {.contrast = 0.3}, place);
        const double factor = (static_cast<double>(changed[15]) - mean) / 7.5;
        for (std::size_t i = 0; i < 16; ++i)
            REQUIRE(changed[i] ==
                    Approx(mean + factor * (static_cast<double>(image[i]) - mean)).epsilon(1e-5).margin(1e-5));
        lowest = std::min(lowest, factor);
        highest = std::max(highest, factor);
        const Image moved = augmented(image, shape, {.brightness = 0.5}, place);
        const double offset = static_cast<double>(moved[0]) - 1;
        for (std::size_t i = 0; i < 16; ++i) REQUIRE(moved[i] - image[i] == Approx(offset).margin(1e-5));
        low_offset = std::min(low_offset, offset);
        high_offset = std::max(high_offset, offset);
    }
    CHECK(lowest == Approx(0.7).margin(0.01));
    CHECK(highest == Approx(1.3).margin(0.01));
    CHECK(low_offset == Approx(-0.5).margin(0.01));
    CHECK(high_offset == Approx(0.5).margin(0.01));
}

TEST_CASE("noise has its standard deviation and no two images share it") {
    const Shape shape{64, 64, 1};
    const Image zero(64 * 64, 0.0F);
    const Image a = augmented(zero, shape, {.noise = 0.5}, 0), b = augmented(zero, shape, {.noise = 0.5}, 1);
    double mean = 0, variance = 0, product = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        mean += static_cast<double>(a[i]) / 4096;
        variance += static_cast<double>(a[i]) * static_cast<double>(a[i]) / 4096;
        product += static_cast<double>(a[i]) * static_cast<double>(b[i]) / 4096;
    }
    CHECK(std::abs(mean) < 4 * 0.5 / 64);
    CHECK(std::sqrt(variance) == Approx(0.5).epsilon(0.05));
    CHECK(std::abs(product) < 4 * 0.25 / 64);
}

TEST_CASE("cutout empties a square that may stick out") {
    const Shape shape{5, 7, 2};
    const Image ones(70, 1.0F);
    int whole = 0, clipped = 0;
    for (int place = 0; place < 500; ++place) {
        const Image cut = augmented(ones, shape, {.cutout = 3}, place);
        std::int64_t top = 9, bottom = -1, left = 9, right = -1, empty = 0;
        for (std::int64_t r = 0; r < 5; ++r)
            for (std::int64_t c = 0; c < 7; ++c) {
                const auto at = static_cast<std::size_t>((r * 7 + c) * 2);
                REQUIRE(cut[at] == cut[at + 1]);
                if (cut[at] != 0) continue;
                ++empty;
                top = std::min(top, r), bottom = std::max(bottom, r);
                left = std::min(left, c), right = std::max(right, c);
            }
        REQUIRE(empty == (bottom - top + 1) * (right - left + 1));
        REQUIRE(empty >= 4);
        REQUIRE(empty <= 9);
        (empty == 9 ? whole : clipped) += 1;
    }
    // 3 x 5 of the 5 x 7 centres leave room for the whole square.
    CHECK(whole == Approx(500 * 15.0 / 35).margin(4 * std::sqrt(500 * 0.43 * 0.57)));
    CHECK(whole + clipped == 500);
}

TEST_CASE("switching one change on does not alter the draws of another") {
    const Shape shape{3, 3, 1};
    for (int place = 0; place < 50; ++place) {
        const Image turned = augmented(counted(shape), shape, {.rotate = true}, place);
        Image brighter = augmented(counted(shape), shape, {.rotate = true, .brightness = 0.4}, place);
        const float offset = brighter[4] - 5;
        for (std::size_t i = 0; i < 9; ++i) CHECK(brighter[i] - offset == Approx(turned[i]).margin(1e-5));
    }
}

TEST_CASE("the loader's augmentation depends on seed and epoch and place alone") {
    const auto options = [](std::int64_t prefetch, std::uint64_t seed = 3) {
        return LoaderOptions{.batch_size = 6, .seed = seed, .prefetch = prefetch, .augmentation = kEverything};
    };
    Loader inline_loader(constant_images(40), options(0));
    inline_loader.set_epoch(2);
    const auto expected = bits(inline_loader);
    const int threads = num_threads();
    for (const int count : {1, 3}) {
        set_num_threads(count);
        Loader loader(constant_images(40), options(3));
        loader.set_epoch(2);
        CHECK(bits(loader) == expected);
        // A resumed run sees the rest of the epoch: 6 images, lambda and 6 labels per batch.
        loader.set_epoch(2);
        loader.skip(4);
        CHECK(bits(loader) == std::vector<float>(expected.begin() + 4 * (6 * 16 + 7), expected.end()));
        CHECK(bits(loader) != expected);
    }
    set_num_threads(threads);
    Loader other(constant_images(40), options(0, 4));
    other.set_epoch(2);
    CHECK(bits(other) != expected);
}

TEST_CASE("without augmentation images and batches are as they were") {
    Loader loader(constant_images(10), {.batch_size = 4, .shuffle = false});
    for (const Batch& batch : loader) {
        CHECK(!batch.mixed_y.defined());
        CHECK(batch.lambda == 1);
        CHECK(batch.x.data<float>()[0] == static_cast<float>(4 * batch.index));
    }
}

TEST_CASE("the same sample twice in an epoch is changed in two ways") {
    const Sampler twice("twice", [](const SamplerInput&) { return std::vector<std::int64_t>{1, 1}; });
    Loader loader(constant_images(2), {.batch_size = 2, .sampler = twice, .augmentation = {.noise = 1}});
    for (const Batch& batch : loader) CHECK(batch.x.data<float>()[0] != batch.x.data<float>()[16]);
}

TEST_CASE("mixup blends every image with another of its batch and names both labels") {
    Loader loader(constant_images(40), {.batch_size = 8, .shuffle = false, .augmentation = {.mixup = 1}});
    std::vector<double> lambdas;
    for (std::int64_t epoch = 0; epoch < 200; ++epoch)
        for (const Batch& batch : loader) {
            lambdas.push_back(batch.lambda);
            REQUIRE(batch.mixed_y.shape() == batch.y.shape());
            double sum = 0;
            for (std::int64_t i = 0; i < 8; ++i) {
                const double own = static_cast<double>(8 * batch.index + i);
                const double mixed = batch.x.data<float>()[16 * i];
                sum += mixed;
                if (batch.lambda > 0.99) continue;
                const double other = (mixed - batch.lambda * own) / (1 - batch.lambda);
                const auto image = static_cast<std::int64_t>(std::lround(other));
                REQUIRE(other == Approx(static_cast<double>(image)).margin(0.02));
                REQUIRE(image / 8 == batch.index);
                REQUIRE(batch.mixed_y.data<std::int64_t>()[i] == image % 2);
                REQUIRE(batch.y.data<std::int64_t>()[i] == (8 * batch.index + i) % 2);
            }
            REQUIRE(sum == Approx(8 * (8 * static_cast<double>(batch.index) + 3.5)).epsilon(1e-5));
        }
    // Beta(1, 1) is uniform: mean 1/2, variance 1/12, a tenth below .1.
    const auto n = static_cast<double>(lambdas.size());
    double mean = 0, variance = 0, low = 0;
    for (const double s : lambdas) mean += s / n, variance += (s - 0.5) * (s - 0.5) / n, low += s < 0.1;
    CHECK(mean == Approx(0.5).margin(4 * std::sqrt(1.0 / 12 / n)));
    CHECK(variance == Approx(1.0 / 12).epsilon(0.1));
    CHECK(low / n == Approx(0.1).margin(0.04));
}

TEST_CASE("mixup's lambda has the variance of its Beta distribution and is finite for any alpha") {
    for (const double alpha : {0.01, 0.2, 2.0, 8.0}) {
        INFO(alpha);
        Loader loader(constant_images(500), {.batch_size = 1, .augmentation = {.mixup = alpha}});
        double mean = 0, variance = 0;
        for (int epoch = 0; epoch < 4; ++epoch)
            for (const Batch& batch : loader) {
                REQUIRE((batch.lambda >= 0 && batch.lambda <= 1));
                mean += batch.lambda / 2000;
                variance += (batch.lambda - 0.5) * (batch.lambda - 0.5) / 2000;
            }
        CHECK(mean == Approx(0.5).margin(0.05));
        CHECK(variance == Approx(1 / (4 * (2 * alpha + 1))).epsilon(0.12));
    }
}

TEST_CASE("augmentations by name") {
    CHECK(parse_augmentation("none") == Augmentation{});
    CHECK(!parse_augmentation("none").any());
    CHECK(parse_augmentation("none").describe() == "none");
    const auto all = parse_augmentation("flip,rotate,shift:1,contrast:0.2,brightness:0.3,noise:0.1,cutout:2,mixup:0.4");
    CHECK(all == kEverything);
    CHECK(all.any());
    CHECK(all.describe() == "flip, rotate, shift 1, contrast 0.2, brightness 0.3, noise 0.1, cutout 2, mixup 0.4");
    CHECK(parse_augmentation("flip_horizontal").describe() == "flip-horizontal");
    CHECK_THROWS_WITH(parse_augmentation("flip,rotat"), Catch::Contains("did you mean 'rotate'?"));
    for (const char* bad : {"", "flip,", "shift", "shift:1.5", "shift:-1", "noise:x", "rotate:1", "shift:1:2"})
        CHECK_THROWS_AS(parse_augmentation(bad), UsageError);
    for (const char* gap : {"", "flip,", ",flip", "flip,,rotate"})
        CHECK_THROWS_WITH(parse_augmentation(gap),
                          "augmentation: expected names separated by commas, got '" + std::string(gap) + "'");
    CHECK(augmentations().names().size() == 17);
    for (const NamedItem& item : augmentations().names()) {  // a text is described as it was given
        const bool plain = item.usage == item.name;
        const Augmentation a = parse_augmentation(plain ? item.name : item.name + ":1");
        CHECK(a.describe() == (plain ? item.name : item.name + " 1"));
    }
    augmentations().add({"strong", "", "for a test", [](Arguments&, const Augmentation& so_far) {
                             Augmentation a = so_far;
                             a.rotate = true;
                             a.shift = 2;
                             return a;
                         }});
    CHECK(parse_augmentation("flip-vertical,strong").describe() == "flip-vertical, rotate, shift 2");
}

TEST_CASE("augmentations that do not fit the images are refused") {
    const Shape square{8, 8, 1}, wide{8, 10, 3};
    kEverything.validate("test", square);
    CHECK_THROWS_WITH(kEverything.validate("test", wide),
                      "test: expected square images to rotate by 90 degrees, got 8 x 10");
    for (const Augmentation& bad :
         {Augmentation{.shift = -1}, Augmentation{.shift = 8}, Augmentation{.contrast = 1.5},
          Augmentation{.contrast = NAN}, Augmentation{.brightness = -0.1}, Augmentation{.noise = INFINITY},
          Augmentation{.cutout = 9}, Augmentation{.mixup = -1}})
        CHECK_THROWS_AS(bad.validate("test", square), UsageError);
    CHECK_THROWS_AS(Loader(constant_images(4), {.augmentation = {.shift = 4}}), UsageError);
    Image small(3);
    CHECK_THROWS_AS(augment_image(small, small, square, {}, {}), Error);
}
