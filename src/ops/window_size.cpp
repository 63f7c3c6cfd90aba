// Output sizes and padding of windows.

#include "ops/window_size.h"

#include <algorithm>

#include <cyclone/base/error.h>

namespace cyclone::ops {
namespace {

constexpr std::int64_t kLargest = std::int64_t{1} << 31;  // keeps every product below within 64 bits

void check_numbers(std::string_view op, std::string_view axis, const WindowAxis& window) {
    const auto positive = [&](std::int64_t value, std::string_view what) {
        check(value >= 1 && value < kLargest, op, "expected a ", what, " of at least 1 along the ", axis, ", got ",
              value);
    };
    positive(window.kernel, "kernel");
    positive(window.stride, "stride");
    positive(window.dilation, "dilation");
    check(window.before >= 0 && window.after >= 0 && window.before < kLargest && window.after < kLargest, op,
          "expected padding of at least 0 along the ", axis, ", got ", window.before, " and ", window.after);
}

}  // namespace

WindowSize window_size(std::string_view op, std::string_view axis, const WindowAxis& window, Padding::Mode mode,
                       bool ceil_mode) {
    check_numbers(op, axis, window);
    const std::int64_t reach = window.dilation * (window.kernel - 1) + 1;
    WindowSize result{0, window.before, window.after, 0};
    if (mode == Padding::Mode::same) {
        result.output = (window.size + window.stride - 1) / window.stride;
        const std::int64_t padding =
            std::max<std::int64_t>((result.output - 1) * window.stride + reach - window.size, 0);
        result.before = padding / 2;
        result.after = padding - result.before;
        return result;
    }
    const std::int64_t slack = window.size + window.before + window.after - reach;
    check(slack >= 0, op, "the kernel reaches over ", reach, " elements along the ", axis,
          ", the padded input has only ", window.size + window.before + window.after,
          " (hint: .padding, a smaller kernel or a larger image)");
    result.output = slack / window.stride + 1;
    if (ceil_mode && slack % window.stride != 0 && result.output * window.stride < window.size + window.before) {
        ++result.output;
        result.extra = window.stride - slack % window.stride;
    }
    return result;
}

WindowSizes window_sizes(std::string_view op, Pair image, Pair kernel, Pair stride, Pair dilation,
                         const Padding& padding, bool ceil_mode) {
    return {window_size(op, "height", {image.h, kernel.h, stride.h, dilation.h, padding.top, padding.bottom},
                        padding.mode, ceil_mode),
            window_size(op, "width", {image.w, kernel.w, stride.w, dilation.w, padding.left, padding.right},
                        padding.mode, ceil_mode)};
}

}  // namespace cyclone::ops
