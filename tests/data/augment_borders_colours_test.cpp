// Borders, alternating flips, colours and cutmix, each against its definition written down plainly.

#include <cyclone/base/error.h>
#include <cyclone/base/threads.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <set>

#include "data/augmented.h"
#include "support/catch.h"

using namespace cyclone;
using namespace cyclone::data;

namespace {

// Pixel (r, c) of an image of the values 1, 2, ... is 1 + r * columns + c.
template <class Padded>
std::vector<Image> all_crops(int rows, int columns, int pad, Padded padded) {
    std::vector<Image> out;
    for (int top = 0; top <= 2 * pad; ++top)
        for (int left = 0; left <= 2 * pad; ++left) {
            Image image;
            for (int r = 0; r < rows; ++r)
                for (int c = 0; c < columns; ++c) image.push_back(static_cast<float>(padded(top + r, left + c)));
            out.push_back(image);
        }
    return out;
}

Dataset coloured(std::int64_t count) {
    Dataset out{Tensor::empty({count, 6, 6, 3}, DType::u8), Tensor::empty({count}, DType::i64), {"a", "b"}, "", {}};
    auto* pixels = out.images.tensor().mutable_data<std::uint8_t>();
    for (std::int64_t i = 0; i < out.images.numel(); ++i) pixels[i] = static_cast<std::uint8_t>(i * 37 % 251);
    for (std::int64_t i = 0; i < count; ++i) out.labels.mutable_data<std::int64_t>()[i] = i % 2;
    out.standardization = Standardization::fit(out.images);
    return out;
}

std::array<double, 3> yuv(double r, double g, double b) {  // ITU-R BT.601
    const double y = 0.299 * r + 0.587 * g + 0.114 * b;
    return {y, 0.436 * (b - y) / 0.886, 0.615 * (r - y) / 0.701};
}

}  // namespace

TEST_CASE("pad-crop takes every crop of the padded image equally often") {
    const Shape shape{4, 5, 1};
    // numpy.pad(image, 2, mode="reflect") written out
    const std::array<int, 8> row = {2, 1, 0, 1, 2, 3, 2, 1};
    const std::array<int, 9> column = {2, 1, 0, 1, 2, 3, 4, 3, 2};
    const auto mirrored = [&](int r, int c) {
        return 1 + row[static_cast<std::size_t>(r)] * 5 + column[static_cast<std::size_t>(c)];
    };
    check_uniform(outcomes(counted(shape), shape, {.pad_crop = 2}), all_crops(4, 5, 2, mirrored));
    const auto zero = [](int r, int c) { return r >= 1 && r < 5 && c >= 1 && c < 6 ? 1 + (r - 1) * 5 + c - 1 : 0; };
    check_uniform(outcomes(counted(shape), shape, {.pad_crop_zero = 1}), all_crops(4, 5, 1, zero));
}

TEST_CASE("borders of images with channels and flips") {
    const Shape shape{2, 2, 3};
    const Image image = counted(shape);
    const auto found = outcomes(image, shape, {.flip_horizontal = true, .pad_crop_zero = 1}, 9000);
    std::set<Image> expected;
    for (const bool flip : {false, true})
        for (int down = -1; down <= 1; ++down)
            for (int right = -1; right <= 1; ++right) {
                Image out;
                for (int r = 0; r < 2; ++r)
                    for (int c = 0; c < 2; ++c)
                        for (int k = 0; k < 3; ++k) {
                            const int from_r = r - down, shifted = c - right;
                            const bool in = from_r >= 0 && from_r < 2 && shifted >= 0 && shifted < 2;
                            const int from_c = flip ? 1 - shifted : shifted;
                            out.push_back(in ? static_cast<float>(1 + (from_r * 2 + from_c) * 3 + k) : 0.0F);
                        }
                expected.insert(out);
            }
    CHECK(found.size() == expected.size());
    for (const auto& [seen, count] : found) CHECK(expected.count(seen) == 1);
}

TEST_CASE("alternating flips show each image in both ways in two epochs, half of them mirrored first") {
    const Shape shape{1, 2, 1};
    int mirrored = 0;
    for (std::int64_t sample = 0; sample < 1000; ++sample) {
        Image first, scratch(2);
        for (std::int64_t epoch = 0; epoch < 5; ++epoch) {
            Image image = {1, 2};
            // Its place in the epoch does not matter.
            augment_image(image, scratch, shape, {.flip_alternating = true}, {7, epoch, 100 * epoch + 3, sample});
            if (epoch == 0) first = image;
            REQUIRE((image == first) == (epoch % 2 == 0));
            REQUIRE((image == Image{1, 2} || image == Image{2, 1}));
        }
        mirrored += first[0] == 2;
    }
    CHECK(std::abs(mirrored - 500) < 4.5 * std::sqrt(250.0));
}

TEST_CASE("the loader flips an image by its number in the dataset, wherever the shuffle puts it") {
    Dataset data = coloured(24);
    for (std::int64_t i = 0; i < 24; ++i) {  // the number of the image in its corner, a mark of its side in the next
        auto* pixels = data.images.tensor().mutable_data<std::uint8_t>() + i * 108;
        pixels[0] = static_cast<std::uint8_t>(i);
        pixels[15] = static_cast<std::uint8_t>(100 + i);
    }
    data.standardization.reset();
    Loader loader(data, {.batch_size = 5, .seed = 3, .augmentation = {.flip_alternating = true}});
    std::array<std::set<int>, 2> flipped;
    for (auto& set : flipped)
        for (const Batch& batch : loader)
            for (std::int64_t i = 0; i < batch.x.size(0); ++i) {
                const auto corner = static_cast<int>(batch.x.data<float>()[i * 108]);
                if (corner >= 100) set.insert(corner - 100);
            }
    std::set<int> both = flipped[0];
    both.insert(flipped[1].begin(), flipped[1].end());
    CHECK(flipped[0].size() + flipped[1].size() == 24);
    CHECK(both.size() == 24);
}

TEST_CASE("colours leave a channel that is the same everywhere as it is") {
    const Shape shape{4, 4, 3};
    Image image = counted(shape), scratch(image.size());
    for (std::size_t i = 2; i < image.size(); i += 3) image[i] = 0;  // no blue, as the standardisation has it
    const Standardization s{.mean = {100, 90, 0}, .scale = {20, 30, 1e-7}};
    augment_image(image, scratch, shape, {.saturation = 0.4, .hue = 20}, {1, 0, 3}, &s);
    for (std::size_t i = 2; i < image.size(); i += 3) CHECK(image[i] == 0);
    CHECK(image[0] != 1);
}

TEST_CASE("saturation scales the distance from grey in pixel values") {
    const Shape shape{1, 2, 3};
    const Standardization s{{120, 100, 90}, {50, 60, 70}};
    const std::array<double, 6> pixels = {200, 50, 10, 90, 90, 90};
    Image standardised;
    for (std::size_t i = 0; i < 6; ++i)
        standardised.push_back(static_cast<float>((pixels[i] - s.mean[i % 3]) / s.scale[i % 3]));
    double lowest = 9, highest = 0;
    for (int place = 0; place < 1000; ++place) {
        Image image = standardised, scratch(6);
        augment_image(image, scratch, shape, {.saturation = 0.4}, {1, 0, place}, &s);
        const auto pixel = [&](std::size_t i) {
            return static_cast<double>(image[i]) * s.scale[i % 3] + s.mean[i % 3];
        };
        const double grey = 0.299 * 200 + 0.587 * 50 + 0.114 * 10, factor = (pixel(0) - grey) / (200 - grey);
        for (std::size_t i = 0; i < 3; ++i)
            REQUIRE(pixel(i) == Approx(grey + factor * (pixels[i] - grey)).margin(1e-3));
        for (std::size_t i = 3; i < 6; ++i) REQUIRE(pixel(i) == Approx(90).margin(1e-3));  // grey stays grey
        lowest = std::min(lowest, factor), highest = std::max(highest, factor);
    }
    CHECK(lowest == Approx(0.6).margin(0.01));
    CHECK(highest == Approx(1.4).margin(0.01));
}

TEST_CASE("hue turns the colour and leaves its luma and strength") {
    const Shape shape{1, 1, 3};
    const Image orange = {200, 120, 30};
    const auto before = yuv(200, 120, 30);
    double lowest = 9, highest = -9;
    for (int place = 0; place < 1000; ++place) {
        const Image turned = augmented(orange, shape, {.hue = 30}, place);
        const auto after =
            yuv(static_cast<double>(turned[0]), static_cast<double>(turned[1]), static_cast<double>(turned[2]));
        REQUIRE(after[0] == Approx(before[0]).epsilon(1e-5));
        REQUIRE(std::hypot(after[1], after[2]) == Approx(std::hypot(before[1], before[2])).epsilon(1e-5));
        double angle = std::atan2(after[1], after[2]) - std::atan2(before[1], before[2]);
        angle = std::remainder(angle, 2 * std::acos(-1.0)) * 180 / std::acos(-1.0);
        lowest = std::min(lowest, angle), highest = std::max(highest, angle);
    }
    CHECK(std::abs(lowest + 30) < 0.5);
    CHECK(std::abs(highest - 30) < 0.5);
}

TEST_CASE("cutmix puts one rectangle of another image in, and lambda is what stays") {
    // Image i has the value i everywhere.
    Dataset data{Tensor::empty({32, 5, 7, 1}), Tensor::empty({32}, DType::i64), {"a", "b", "c"}, "", {}};
    for (std::int64_t i = 0; i < data.images.numel(); ++i)
        data.images.tensor().mutable_data<float>()[i] = static_cast<float>(i / 35);
    for (std::int64_t i = 0; i < 32; ++i) data.labels.mutable_data<std::int64_t>()[i] = i % 3;
    Loader loader(data, {.batch_size = 8, .shuffle = false, .augmentation = {.cutmix = 1}});
    std::set<std::int64_t> areas;
    std::array<int, 35> covered{};
    int batches = 0;
    for (int epoch = 0; epoch < 100; ++epoch)
        for (const Batch& batch : loader) {
            ++batches;
            std::int64_t area = -1;
            for (std::int64_t i = 0; i < 8; ++i) {
                const float own = static_cast<float>(8 * batch.index + i), *x = batch.x.data<float>() + 35 * i;
                std::int64_t count = 0, top = 9, bottom = -1, left = 9, right = -1;
                float other = own;
                for (std::int64_t p = 0; p < 35; ++p) {
                    if (x[p] == own) continue;
                    REQUIRE((other == own || other == x[p]));
                    other = x[p];
                    ++count;
                    if (i == 0) ++covered[static_cast<std::size_t>(p)];
                    top = std::min(top, p / 7), bottom = std::max(bottom, p / 7);
                    left = std::min(left, p % 7), right = std::max(right, p % 7);
                }
                if (count == 0) continue;  // none, or from itself
                REQUIRE(count == (bottom - top + 1) * (right - left + 1));
                REQUIRE((area < 0 || area == count));
                area = count;
                REQUIRE(batch.lambda == Approx(1 - static_cast<double>(count) / 35));
                REQUIRE(batch.mixed_y.data<std::int64_t>()[i] == static_cast<std::int64_t>(other) % 3);
                REQUIRE(static_cast<std::int64_t>(other) / 8 == batch.index);
            }
            areas.insert(area);
        }
    CHECK(areas.size() > 10);
    // The centre is covered more often than the corners, and those are covered, too.
    const double n = batches;
    CHECK(covered[17] / n > 0.3);
    for (const std::size_t corner : {0, 6, 28, 34}) CHECK((covered[corner] > 10 && covered[corner] < covered[17]));
}

TEST_CASE("all augmentations for colour images give the same bits for any threads and after a resume") {
    for (const char* text : {"flip-alternating,pad-crop:2,contrast:0.1,saturation:0.3,hue:20,cutout:2,cutmix:1",
                             "flip-horizontal,pad-crop-zero:2,brightness:0.1,hue:180,noise:0.1,mixup:0.2"}) {
        INFO(text);
        const auto options = [&](std::int64_t prefetch) {
            return LoaderOptions{
                .batch_size = 8, .seed = 5, .prefetch = prefetch, .augmentation = parse_augmentation(text)};
        };
        Loader here(coloured(40), options(0));
        here.set_epoch(3);
        const auto expected = bits(here);
        const int threads = num_threads();
        for (const int count : {1, 2}) {
            set_num_threads(count);
            Loader loader(coloured(40), options(2));
            loader.set_epoch(3);
            CHECK(bits(loader) == expected);
            loader.set_epoch(3);
            loader.skip(2);  // 8 images, lambda and 8 labels per batch
            CHECK(bits(loader) == std::vector<float>(expected.begin() + 2 * (8 * 108 + 9), expected.end()));
            CHECK(bits(loader) != expected);
        }
        set_num_threads(threads);
    }
}

TEST_CASE("a rank makes the rows of its part as the whole batch has them, cutmix included") {
    const auto options = [](std::int64_t begin, std::int64_t end) {
        return LoaderOptions{
            .batch_size = 8,
            .seed = 2,
            .augmentation = parse_augmentation("flip-alternating,pad-crop:1,cutmix:1"),
            .part = [=](std::int64_t rows) { return std::pair(std::min(begin, rows), std::min(end, rows)); }};
    };
    Loader whole(coloured(24), options(0, 8));
    for (const auto& [begin, end] : {std::pair<std::int64_t, std::int64_t>{0, 3}, {3, 8}, {5, 6}}) {
        Loader part(coloured(24), options(begin, end));
        whole.set_epoch(0);
        auto all = whole.begin();
        for (const Batch& batch : part) {
            CHECK(batch.lambda == all->lambda);
            const auto own = [&, first = begin, last = end](const Batch& b) {
                return b.x.rows(first, last - first).to_vector<float>();
            };
            CHECK(own(batch) == own(*all));
            ++all;
        }
    }
}

TEST_CASE("augmentations that contradict each other or need colours are refused in one line") {
    const Shape grey{8, 8, 1}, colour{8, 8, 3};
    const auto refused = [](const char* text, const Shape& shape, const char* why) {
        CHECK_THROWS_WITH(parse_augmentation(text).validate("--augment", shape), Catch::Contains(why));
    };
    refused("mixup:1,cutmix:1", colour, "--augment: expected mixup or cutmix, got both");
    refused("flip,flip-alternating", colour, "expected flip-horizontal or flip-alternating, got both");
    refused("shift:1,pad-crop:1", colour, "expected one of shift, pad-crop and pad-crop-zero");
    refused("hue:10", grey, "expected images of 3 channels, red, green and blue, got 1");
    refused("saturation:0.1", grey, "expected images of 3 channels");
    refused("saturation:1.5", colour, "expected a saturation from 0 to 1, got 1.5");
    refused("hue:181", colour, "expected a hue in degrees from 0 to 180, got 181");
    refused("pad-crop:8", colour, "expected a shift in pixels from 0 to 7, got 8");
    refused("cutmix:-1", colour, "expected a cutmix alpha from 0 to");
    CHECK_THROWS_WITH(parse_augmentation("pad-corp:4"), Catch::Contains("did you mean 'pad-crop'?"));
    parse_augmentation("flip-vertical,flip-alternating,pad-crop:7,saturation:1,hue:180").validate("", colour);
}
