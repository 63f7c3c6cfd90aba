#pragma once
// Augmented images and what the tests of augmentation compare them with.

#include <cyclone/data/augment.h>
#include <cyclone/data/loader.h>

#include <cmath>
#include <map>
#include <numeric>
#include <vector>

#include "support/catch.h"

namespace cyclone::data {

using Image = std::vector<float>;

// Values 1, 2, ...: every pixel tells where it came from.
inline Image counted(const Shape& shape) {
    Image image(static_cast<std::size_t>(shape.numel()));
    std::iota(image.begin(), image.end(), 1.0F);
    return image;
}

inline Image augmented(const Image& image, const Shape& shape, const Augmentation& what, std::int64_t place,
                       std::int64_t epoch = 0, std::uint64_t seed = 1) {
    Image copy = image, scratch(image.size());
    augment_image(copy, scratch, shape, what, {seed, epoch, place});
    return copy;
}

// How often each outcome occurs in `count` places.
inline std::map<Image, int> outcomes(const Image& image, const Shape& shape, const Augmentation& what,
                                     int count = 4000) {
    std::map<Image, int> found;
    for (int place = 0; place < count; ++place) ++found[augmented(image, shape, what, place)];
    return found;
}

// Each of the expected images, equally often.
inline void check_uniform(const std::map<Image, int>& found, const std::vector<Image>& expected, int count = 4000) {
    CHECK(found.size() == expected.size());
    const double p = 1 / static_cast<double>(expected.size()), sd = std::sqrt(count * p * (1 - p));
    for (const Image& image : expected) {
        const auto at = found.find(image);
        REQUIRE(at != found.end());
        CHECK(std::abs(at->second - count * p) < 4.5 * sd);
    }
}

// All images of an epoch, and how they are mixed.
inline std::vector<float> bits(Loader& loader) {
    std::vector<float> all;
    for (const Batch& batch : loader) {
        const auto x = batch.x.values<float>();
        all.insert(all.end(), x.begin(), x.end());
        all.push_back(static_cast<float>(batch.lambda));
        if (!batch.mixed_y.defined()) continue;
        for (const std::int64_t label : batch.mixed_y.values<std::int64_t>()) all.push_back(static_cast<float>(label));
    }
    return all;
}

}  // namespace cyclone::data
