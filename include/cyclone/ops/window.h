#pragma once
// What convolution and pooling windows have in common.

#include <cyclone/base/language.h>

#include <cstdint>

namespace cyclone {

/// A height and a width; one number stands for both.
struct Pair {
    std::int64_t h;  ///< along the height
    std::int64_t w;  ///< along the width
    /// @cond
    constexpr Pair(std::int64_t both) : h(both), w(both) {}
    constexpr Pair(std::int64_t height, std::int64_t width) : h(height), w(width) {}
    constexpr bool operator==(const Pair&) const = default;
    /// @endcond
};

/// Padding around an image: none (valid), as much as makes OH = ceil(H / stride) (same; the extra row or column is at
/// the bottom and right, as in TensorFlow), or explicit amounts. `.padding = 1` pads every side by 1.
struct Padding {
    /// Whether the amounts below are used, or follow from the sizes.
    enum class Mode {
        explicit_amounts,  ///< used
        same               ///< as many as make the output ceil(size / stride)
    };
    Mode mode = Mode::explicit_amounts;  ///< explicit_amounts of 0: valid
    std::int64_t top = 0;                ///< pixels
    std::int64_t bottom = 0;             ///< pixels
    std::int64_t left = 0;               ///< pixels
    std::int64_t right = 0;              ///< pixels

    /// @cond
    constexpr Padding() = default;
    constexpr Padding(std::int64_t all) : top(all), bottom(all), left(all), right(all) {}
    constexpr Padding(std::int64_t top_, std::int64_t bottom_, std::int64_t left_, std::int64_t right_)
        : top(top_), bottom(bottom_), left(left_), right(right_) {}
    constexpr bool operator==(const Padding&) const = default;
    /// @endcond

    static constexpr Padding valid() { return {}; }  ///< none
    /// As much as makes the output ceil(size / stride).
    static constexpr Padding same() {
        Padding padding;
        padding.mode = Mode::same;
        return padding;
    }
};

}  // namespace cyclone
