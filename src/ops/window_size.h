#pragma once
// From options to sizes and padding, one axis at a time.

#include <cstdint>
#include <string_view>

#include <cyclone/ops/window.h>

namespace cyclone::ops {

/// One axis of a windowed operation.
struct WindowAxis {
    std::int64_t size;  // of the input
    std::int64_t kernel, stride, dilation;
    std::int64_t before, after;  // explicit padding; replaced in mode `same`
};

struct WindowSize {
    std::int64_t output;
    std::int64_t before, after;
    std::int64_t extra;  // ceil mode: what the last window reaches beyond `after`
};

/// Throws an Error that names `op` and `axis` when nothing fits.
WindowSize window_size(std::string_view op, std::string_view axis, const WindowAxis& window, Padding::Mode mode,
                       bool ceil_mode);

struct WindowSizes {
    WindowSize h, w;
};
/// Both axes of an image of h x w.
WindowSizes window_sizes(std::string_view op, Pair image, Pair kernel, Pair stride, Pair dilation,
                         const Padding& padding, bool ceil_mode);

}  // namespace cyclone::ops
