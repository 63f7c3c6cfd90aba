#pragma once
// Convolution and linear layers, written plainly: the oracle of the fast kernels, the f64 path and the build without
// oneDNN.

#include <cyclone/tensor/allocator.h>

#include <algorithm>
#include <vector>

#include "kernels/geometry.h"
#include "kernels/parallel.h"

namespace cyclone::kernels::reference {

inline const Conv2dGeometry& as_conv2d(const Conv2dGeometry& g) { return g; }
/// A linear layer is the 1 x 1 convolution of n images of one pixel.
inline Conv2dGeometry as_conv2d(const LinearGeometry& g) {
    Conv2dGeometry conv{};
    conv.n = g.n;
    conv.c = g.i;
    conv.o = g.o;
    conv.h = conv.w = conv.oh = conv.ow = conv.kh = conv.kw = 1;
    conv.stride_h = conv.stride_w = conv.dilation_h = conv.dilation_w = conv.groups = 1;
    return conv;
}

/// y[n,oh,ow,o] = bias[o] + sum over kh,kw,c of x[n, oh*stride+kh*dilation-top, ...] * weight[o,kh,kw,c]; relu
/// optional. Parallel over output rows; the inner loop runs over output channels on a transposed copy of the weight.
template <class T>
void conv2d_forward(const Conv2dGeometry& g, bool relu, const T* x, const T* weight, const T* bias, T* y) {
    const std::int64_t group_c = g.c / g.groups, group_o = g.o / g.groups, taps = g.kh * g.kw * group_c;
    std::vector<T, CachingAllocator<T>> by_output(static_cast<std::size_t>(taps * g.o));
    for (std::int64_t o = 0; o < g.o; ++o)
        for (std::int64_t tap = 0; tap < taps; ++tap)
            by_output[static_cast<std::size_t>(tap * g.o + o)] = weight[o * taps + tap];
    const T* transposed = by_output.data();

    const auto pixel = [=](std::int64_t n, std::int64_t oh, std::int64_t ow, T* out) {
        for (std::int64_t o = 0; o < g.o; ++o) out[o] = bias ? bias[o] : T(0);
        for (std::int64_t kh = 0; kh < g.kh; ++kh)
            for (std::int64_t kw = 0; kw < g.kw; ++kw) {
                const std::int64_t h = oh * g.stride_h + kh * g.dilation_h - g.top;
                const std::int64_t w = ow * g.stride_w + kw * g.dilation_w - g.left;
                if (h < 0 || h >= g.h || w < 0 || w >= g.w) continue;
                const T* in = x + ((n * g.h + h) * g.w + w) * g.c;
                for (std::int64_t group = 0; group < g.groups; ++group)
                    for (std::int64_t c = 0; c < group_c; ++c) {
                        const T value = in[group * group_c + c];
                        const T* row = transposed + ((kh * g.kw + kw) * group_c + c) * g.o;
                        for (std::int64_t o = group * group_o; o < (group + 1) * group_o; ++o) out[o] += value * row[o];
                    }
            }
        if (relu)
            for (std::int64_t o = 0; o < g.o; ++o) out[o] = out[o] < 0 ? T(0) : out[o];  // keeps NaN
    };
    parallel_for(
        g.n * g.oh,
        [&](std::int64_t begin, std::int64_t end) {
            for (std::int64_t row = begin; row < end; ++row)
                for (std::int64_t ow = 0; ow < g.ow; ++ow)
                    pixel(row / g.oh, row % g.oh, ow, y + (row * g.ow + ow) * g.o);
        },
        g.ow * g.o * taps);
}

/// x_grad[n,h,w,c] = sum over all outputs that the pixel contributes to. Parallel over input rows.
template <class T>
void conv2d_backward_data(const Conv2dGeometry& g, const T* y_grad, const T* weight, T* x_grad) {
    const std::int64_t group_c = g.c / g.groups, group_o = g.o / g.groups;
    const auto pixel = [=](std::int64_t n, std::int64_t h, std::int64_t w, T* out) {
        std::fill_n(out, g.c, T(0));
        for (std::int64_t kh = 0; kh < g.kh; ++kh)
            for (std::int64_t kw = 0; kw < g.kw; ++kw) {
                const std::int64_t down = h + g.top - kh * g.dilation_h, across = w + g.left - kw * g.dilation_w;
                if (down < 0 || across < 0 || down % g.stride_h != 0 || across % g.stride_w != 0) continue;
                const std::int64_t oh = down / g.stride_h, ow = across / g.stride_w;
                if (oh >= g.oh || ow >= g.ow) continue;
                const T* grad = y_grad + ((n * g.oh + oh) * g.ow + ow) * g.o;
                for (std::int64_t o = 0; o < g.o; ++o) {
                    const T* row = weight + ((o * g.kh + kh) * g.kw + kw) * group_c;
                    T* part = out + o / group_o * group_c;
                    for (std::int64_t c = 0; c < group_c; ++c) part[c] += grad[o] * row[c];
                }
            }
    };
    parallel_for(
        g.n * g.h,
        [&](std::int64_t begin, std::int64_t end) {
            for (std::int64_t row = begin; row < end; ++row)
                for (std::int64_t w = 0; w < g.w; ++w) pixel(row / g.h, row % g.h, w, x_grad + (row * g.w + w) * g.c);
        },
        g.w * g.o * group_c * g.kh * g.kw);
}

/// weight_grad[o,kh,kw,c] = sum over n,oh,ow of y_grad * x; bias_grad[o] = sum of y_grad (may be null).
/// Parallel over output channels; the inner loop runs over a block of them.
template <class T>
void conv2d_backward_weights(const Conv2dGeometry& g, const T* x, const T* y_grad, T* weight_grad, T* bias_grad) {
    constexpr std::int64_t kBlock = 16;
    const std::int64_t group_c = g.c / g.groups, group_o = g.o / g.groups, taps = g.kh * g.kw * group_c;
    // Channels [first, first + count) of one group; sums has kBlock numbers per tap, of which the last may be unused.
    const auto block = [=](std::int64_t first, std::int64_t count, T* __restrict sums) {
        std::fill_n(sums, taps * kBlock, T(0));
        T bias_sum[kBlock] = {}, grad[kBlock] = {};
        const auto pixel = [&](std::int64_t n, std::int64_t oh, std::int64_t ow) {
            std::copy_n(y_grad + ((n * g.oh + oh) * g.ow + ow) * g.o + first, count, grad);
            for (std::int64_t i = 0; i < kBlock; ++i) bias_sum[i] += grad[i];
            for (std::int64_t kh = 0; kh < g.kh; ++kh)
                for (std::int64_t kw = 0; kw < g.kw; ++kw) {
                    const std::int64_t h = oh * g.stride_h + kh * g.dilation_h - g.top;
                    const std::int64_t w = ow * g.stride_w + kw * g.dilation_w - g.left;
                    if (h < 0 || h >= g.h || w < 0 || w >= g.w) continue;
                    const T* in = x + ((n * g.h + h) * g.w + w) * g.c + first / group_o * group_c;
                    T* sum = sums + (kh * g.kw + kw) * group_c * kBlock;
                    for (std::int64_t c = 0; c < group_c; ++c)
                        for (std::int64_t i = 0; i < kBlock; ++i) sum[c * kBlock + i] += grad[i] * in[c];
                }
        };
        for (std::int64_t n = 0; n < g.n; ++n)
            for (std::int64_t oh = 0; oh < g.oh; ++oh)
                for (std::int64_t ow = 0; ow < g.ow; ++ow) pixel(n, oh, ow);
        for (std::int64_t i = 0; i < count; ++i) {
            for (std::int64_t tap = 0; tap < taps; ++tap)
                weight_grad[(first + i) * taps + tap] = sums[tap * kBlock + i];
            if (bias_grad) bias_grad[first + i] = bias_sum[i];
        }
    };
    parallel_for(
        g.o,
        [&](std::int64_t begin, std::int64_t end) {
            std::vector<T, CachingAllocator<T>> sums(static_cast<std::size_t>(taps * kBlock));
            for (std::int64_t o = begin, next = 0; o < end; o = next) {
                next = std::min({o + kBlock, end, (o / group_o + 1) * group_o});
                block(o, next - o, sums.data());
            }
        },
        g.n * g.oh * g.ow * taps);
}

}  // namespace cyclone::kernels::reference
