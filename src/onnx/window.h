#pragma once
// A window along one axis of images, for import and export.

#include <algorithm>
#include <cstdint>

namespace cyclone::onnx {

/// Padding in pixels, and the size of the result; 0: the window does not fit.
struct Along {
    std::int64_t before, after, out;
};

/// `same`: padding for a result of size / stride, the odd pixel behind. `round_up`: the size is rounded up by padding
/// more, which is what a window beyond the end sees.
inline Along along(std::int64_t size, std::int64_t kernel, std::int64_t stride, std::int64_t dilation, bool same,
                   std::int64_t before, std::int64_t after, bool round_up) {
    const std::int64_t reach = dilation * (kernel - 1) + 1;
    if (same) {
        const std::int64_t out = (size + stride - 1) / stride;
        const std::int64_t total = std::max<std::int64_t>(0, (out - 1) * stride + reach - size);
        return {total / 2, total - total / 2, out};
    }
    const std::int64_t room = size + before + after - reach;
    if (room < 0) return {before, after, 0};
    std::int64_t out = room / stride + 1;
    if (round_up && room % stride != 0 && out * stride < size + before) {
        after = out * stride + reach - size - before;
        ++out;
    }
    return {before, after, out};
}

}  // namespace cyclone::onnx
