#pragma once
// Pooling, written plainly. The position of a maximum in its window is kept as oneDNN keeps it: kh * KW + kw.

#include <algorithm>
#include <cstdint>
#include <limits>

#include "kernels/geometry.h"
#include "kernels/parallel.h"
#include "kernels/window.h"

namespace cyclone::kernels::reference {

/// Taps of one axis that lie inside the image and the padding asked for.
inline std::int64_t taps_with_padding(std::int64_t start, std::int64_t kernel, std::int64_t dilation,
                                      std::int64_t end) {
    std::int64_t count = 0;
    for (std::int64_t k = 0; k < kernel; ++k) count += start + k * dilation < end;
    return count;
}

/// What the sum over the window of output (oh, ow) is divided by.
template <class T>
T average_divisor(const Pool2dGeometry& g, bool include_padding, std::int64_t oh, std::int64_t ow) {
    std::int64_t count = 0;
    if (include_padding)
        count = taps_with_padding(oh * g.stride_h - g.top, g.kh, g.dilation_h, g.h + g.bottom) *
                taps_with_padding(ow * g.stride_w - g.left, g.kw, g.dilation_w, g.w + g.right);
    else
        for_each_tap(g, oh, ow, [&](std::int64_t, std::int64_t) { ++count; });
    return static_cast<T>(std::max<std::int64_t>(count, 1));
}

/// f(n, oh, ow) for every output, parallel over images.
template <class F>
void for_each_output(const Pool2dGeometry& g, F&& f) {
    parallel_for(
        g.n,
        [&](std::int64_t begin, std::int64_t end) {
            for (std::int64_t n = begin; n < end; ++n)
                for (std::int64_t oh = 0; oh < g.oh; ++oh)
                    for (std::int64_t ow = 0; ow < g.ow; ++ow) f(n, oh, ow);
        },
        g.oh * g.ow * g.c * g.kh * g.kw);
}

template <class T, class Index>
void max_pool2d_forward_as(const Pool2dGeometry& g, const T* x, T* y, Index* workspace) {
    for_each_output(g, [=](std::int64_t n, std::int64_t oh, std::int64_t ow) {
        const std::int64_t at = ((n * g.oh + oh) * g.ow + ow) * g.c;
        T* out = y + at;
        Index* index = workspace ? workspace + at : nullptr;
        std::fill_n(out, g.c, -std::numeric_limits<T>::infinity());
        if (index) std::fill_n(index, g.c, Index(0));
        bool first = true;
        for_each_tap(g, oh, ow, [&](std::int64_t position, std::int64_t pixel) {
            const T* in = x + (n * g.h * g.w + pixel) * g.c;
            for (std::int64_t c = 0; c < g.c; ++c) {
                if (!(first || in[c] > out[c] || in[c] != in[c])) continue;
                out[c] = in[c];
                if (index) index[c] = static_cast<Index>(position);
            }
            first = false;
        });
    });
}

/// Ties: the first element of the window wins. A NaN wins over every number.
template <class T>
void max_pool2d_forward(const Pool2dGeometry& g, const T* x, T* y, void* workspace) {
    if (small_window(g))
        max_pool2d_forward_as(g, x, y, static_cast<std::uint8_t*>(workspace));
    else
        max_pool2d_forward_as(g, x, y, static_cast<std::int32_t*>(workspace));
}

template <class T, class Index>
void max_pool2d_backward_as(const Pool2dGeometry& g, const T* y_grad, const Index* workspace, T* x_grad) {
    std::fill_n(x_grad, g.n * g.h * g.w * g.c, T(0));
    for_each_output(g, [=](std::int64_t n, std::int64_t oh, std::int64_t ow) {
        const std::int64_t at = ((n * g.oh + oh) * g.ow + ow) * g.c;
        for (std::int64_t c = 0; c < g.c; ++c) {
            const std::int64_t position = workspace[at + c];
            const std::int64_t h = oh * g.stride_h + position / g.kw * g.dilation_h - g.top;
            const std::int64_t w = ow * g.stride_w + position % g.kw * g.dilation_w - g.left;
            if (h < 0 || h >= g.h || w < 0 || w >= g.w) continue;  // a window with no pixel at all
            x_grad[((n * g.h + h) * g.w + w) * g.c + c] += y_grad[at + c];
        }
    });
}

template <class T>
void max_pool2d_backward(const Pool2dGeometry& g, const T* y_grad, const void* workspace, T* x_grad) {
    if (small_window(g))
        max_pool2d_backward_as(g, y_grad, static_cast<const std::uint8_t*>(workspace), x_grad);
    else
        max_pool2d_backward_as(g, y_grad, static_cast<const std::int32_t*>(workspace), x_grad);
}

template <class T>
void avg_pool2d_forward(const Pool2dGeometry& g, bool include_padding, const T* x, T* y) {
    for_each_output(g, [=](std::int64_t n, std::int64_t oh, std::int64_t ow) {
        T* out = y + ((n * g.oh + oh) * g.ow + ow) * g.c;
        std::fill_n(out, g.c, T(0));
        for_each_tap(g, oh, ow, [&](std::int64_t, std::int64_t pixel) {
            const T* in = x + (n * g.h * g.w + pixel) * g.c;
            for (std::int64_t c = 0; c < g.c; ++c) out[c] += in[c];
        });
        const T divisor = average_divisor<T>(g, include_padding, oh, ow);
        for (std::int64_t c = 0; c < g.c; ++c) out[c] /= divisor;
    });
}

template <class T>
void avg_pool2d_backward(const Pool2dGeometry& g, bool include_padding, const T* y_grad, T* x_grad) {
    std::fill_n(x_grad, g.n * g.h * g.w * g.c, T(0));
    for_each_output(g, [=](std::int64_t n, std::int64_t oh, std::int64_t ow) {
        const T* grad = y_grad + ((n * g.oh + oh) * g.ow + ow) * g.c;
        const T divisor = average_divisor<T>(g, include_padding, oh, ow);
        for_each_tap(g, oh, ow, [&](std::int64_t, std::int64_t pixel) {
            T* out = x_grad + (n * g.h * g.w + pixel) * g.c;
            for (std::int64_t c = 0; c < g.c; ++c) out[c] += grad[c] / divisor;
        });
    });
}

}  // namespace cyclone::kernels::reference
