#pragma once
// What convolution and pooling windows have in common.

#include <cstdint>

namespace cyclone {

/// A height and a width; one number stands for both.
struct Pair {
    std::int64_t h, w;
    constexpr Pair(std::int64_t both) : h(both), w(both) {}
    constexpr Pair(std::int64_t height, std::int64_t width) : h(height), w(width) {}
    constexpr bool operator==(const Pair&) const = default;
};

/// Padding around an image: none (valid), as much as makes OH = ceil(H / stride) (same; the extra row or column is at
/// the bottom and right, as in TensorFlow), or explicit amounts. `.padding = 1` pads every side by 1.
struct Padding {
    enum class Mode { explicit_amounts, same };
    Mode mode = Mode::explicit_amounts;
    std::int64_t top = 0, bottom = 0, left = 0, right = 0;

    constexpr Padding() = default;
    constexpr Padding(std::int64_t all) : top(all), bottom(all), left(all), right(all) {}
    constexpr Padding(std::int64_t top_, std::int64_t bottom_, std::int64_t left_, std::int64_t right_)
        : top(top_), bottom(bottom_), left(left_), right(right_) {}
    constexpr bool operator==(const Padding&) const = default;

    static constexpr Padding valid() { return {}; }
    static constexpr Padding same() {
        Padding padding;
        padding.mode = Mode::same;
        return padding;
    }
};

}  // namespace cyclone
