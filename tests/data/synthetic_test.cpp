#include <cyclone/base/threads.h>
#include <cyclone/data/synthetic.h>

#include <algorithm>
#include <cmath>
#include <cstring>

#include "support/catch.h"

using namespace cyclone;
using namespace cyclone::data;

namespace {

bool same_bits(const PixelStore& first, const PixelStore& second) {
    const Tensor a = first.tensor(), b = second.tensor();
    return a.shape() == b.shape() && a.dtype() == b.dtype() &&
           std::memcmp(a.bytes(), b.bytes(), static_cast<std::size_t>(a.numel()) * size_of(a.dtype())) == 0;
}

// Chance that a positive's brightest pixel is brighter than a negative's (ties count half).
double brightest_pixel_auc(const Dataset& data) {
    std::vector<std::pair<int, bool>> ranked;
    const std::int64_t per_image = data.image_shape().numel();
    for (std::int64_t i = 0; i < data.size(); ++i) {
        const auto* pixel = data.images.tensor().data<std::uint16_t>() + i * per_image;
        ranked.emplace_back(*std::max_element(pixel, pixel + per_image), data.labels.data<std::int64_t>()[i] == 1);
    }
    double wins = 0, pairs = 0;
    for (const auto& positive : ranked)
        for (const auto& negative : ranked)
            if (positive.second && !negative.second) {
                wins += positive.first > negative.first ? 1.0 : positive.first == negative.first ? 0.5 : 0.0;
                ++pairs;
            }
    return wins / pairs;
}

}  // namespace

TEST_CASE("synthetic data are the same bits for any thread count") {
    const int before = num_threads();
    const auto make = [](int threads) {
        set_num_threads(threads);
        return std::pair(synthetic_patches({.positives = 30, .negatives = 70, .seed = 4}),
                         synthetic_digits({.count = 55, .seed = 4}));
    };
    const auto one = make(1), two = make(2), five = make(5);
    set_num_threads(before);
    CHECK(same_bits(one.first.images, two.first.images));
    CHECK(same_bits(one.first.images, five.first.images));
    CHECK(same_bits(one.second.images, two.second.images));
    CHECK(same_bits(one.second.images, five.second.images));
    CHECK_FALSE(same_bits(one.first.images, synthetic_patches({.positives = 30, .negatives = 70, .seed = 5}).images));
}

TEST_CASE("more patches leave the first of each class as they were") {
    const auto few = synthetic_patches({.positives = 3, .negatives = 5});
    const auto many = synthetic_patches({.positives = 8, .negatives = 9});
    CHECK(same_bits(few.images.tensor().rows(0, 3), many.images.tensor().rows(0, 3)));
    CHECK(same_bits(few.images.tensor().rows(3, 5), many.images.tensor().rows(8, 5)));
    CHECK(few.class_counts() == std::vector<std::int64_t>{5, 3});
    CHECK(few.images.dtype() == DType::u16);
    CHECK_NOTHROW(few.validate("synthetic"));
}

TEST_CASE("the brightest pixel separates the patches in part and difficulty makes it harder") {
    const auto data = synthetic_patches({.positives = 400, .negatives = 2'000});
    const double normal = brightest_pixel_auc(data);
    CHECK(normal > 0.88);
    CHECK(normal < 0.96);
    CHECK(brightest_pixel_auc(synthetic_patches({.positives = 400, .negatives = 2'000, .difficulty = 2})) <
          normal - 0.05);
    CHECK(brightest_pixel_auc(synthetic_patches({.positives = 400, .negatives = 2'000, .difficulty = 0.5})) >
          normal + 0.02);
}

TEST_CASE("no pixel of a patch is clipped and other sizes work") {
    const auto data = synthetic_patches({.positives = 500, .negatives = 500, .difficulty = 0.5, .size = 24});
    const auto pixels = data.images.tensor().values<std::uint16_t>();
    const auto [low, high] = std::minmax_element(pixels.begin(), pixels.end());
    CHECK(*low > 0);
    CHECK(*high < 65'535);
    CHECK(data.image_shape() == Shape{24, 24, 1});
}

TEST_CASE("digits of one class look alike more than those of different classes") {
    const auto data = synthetic_digits({.count = 400});
    CHECK(data.class_counts() == std::vector<std::int64_t>(10, 40));
    std::vector<std::vector<double>> mean(10, std::vector<double>(28 * 28));
    const auto* pixel = data.images.tensor().data<std::uint8_t>();
    for (std::size_t i = 0; i < 200; ++i)
        for (std::size_t p = 0; p < 784; ++p) mean[i % 10][p] += pixel[i * 784 + p] / 20.0;
    int right = 0;
    for (std::size_t i = 200; i < 400; ++i) {
        std::size_t nearest = 0;
        double best = 1e18;
        for (std::size_t c = 0; c < 10; ++c) {
            double d = 0;
            for (std::size_t p = 0; p < 784; ++p) d += std::pow(pixel[i * 784 + p] - mean[c][p], 2);
            if (d < best) best = d, nearest = c;
        }
        right += nearest == i % 10;
    }
    CHECK(right > 120);  // the nearest mean is right for most, chance is 20 of 200
    CHECK(right < 200);  // but does not solve it
}

TEST_CASE("the generators refuse what they cannot draw") {
    CHECK_THROWS_AS(synthetic_patches({.positives = 0, .negatives = 0}), UsageError);
    CHECK_THROWS_AS(synthetic_patches({.positives = -1}), UsageError);
    CHECK_THROWS_AS(synthetic_patches({.difficulty = std::nan("")}), UsageError);
    CHECK_THROWS_AS(synthetic_patches({.size = 4}), UsageError);
    CHECK_THROWS_AS(synthetic_digits({.count = 0}), UsageError);
    CHECK_THROWS_AS(synthetic_digits({.size = 2}), UsageError);
}
