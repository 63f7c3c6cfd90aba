#pragma once
// A window along one axis of images, for import and export.

#include <algorithm>
#include <cstdint>

namespace cyclone::onnx {

/// Padding in pixels, and the size of the result; 0: the window does not fit.
struct Along {
    std::int64_t before, after, out;
    std::int64_t added = 0;  ///< of a transposed convolution: ONNX's output_padding
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

/// The same of a transposed convolution, whose padding is cut off. `same`: a result of size * stride; where the kernel
/// does not fill it, the rest is added.
inline Along along_transposed(std::int64_t size, std::int64_t kernel, std::int64_t stride, std::int64_t dilation,
                              bool same, std::int64_t before, std::int64_t after, std::int64_t added) {
    const std::int64_t all = (size - 1) * stride + dilation * (kernel - 1) + 1;
    if (!same) return {before, after, all - before - after + added, added};
    const std::int64_t over = all - size * stride;
    return over < 0 ? Along{0, 0, size * stride, -over} : Along{over / 2, over - over / 2, size * stride};
}

}  // namespace cyclone::onnx
