// Max pooling: vector loops over channels, and a special case for windows of 2 x 2.

#include "kernels/max_pool2d.h"

#include <algorithm>
#include <bit>
#include <limits>

#include "kernels/multiversion.h"
#include "kernels/parallel.h"
#include "kernels/window.h"

namespace cyclone::kernels {
namespace {

constexpr std::uint8_t kNowhere = 255;  // no window has a position of this number

// No branches and unconditional loads, so that the compiler vectorises the loops.
CYCLONE_MULTIVERSION void keep_larger(const float* x, float* y, std::int64_t n) {
    for (std::int64_t c = 0; c < n; ++c) {
        const float value = x[c], best = y[c];
        y[c] = ((value > best) | (value != value)) ? value : best;
    }
}

CYCLONE_MULTIVERSION void keep_larger_at(const float* x, std::uint8_t position, float* y, std::uint8_t* index,
                                         std::int64_t n) {
    for (std::int64_t c = 0; c < n; ++c) {
        const float value = x[c], best = y[c];
        const std::uint8_t at = index[c];
        const bool wins = (value > best) | (value != value);
        y[c] = wins ? value : best;
        index[c] = wins ? position : at;
    }
}

CYCLONE_MULTIVERSION void drop_where_not_positive(const float* y, std::uint8_t* index, std::int64_t n) {
    for (std::int64_t c = 0; c < n; ++c) {
        const std::uint8_t at = index[c];
        index[c] = y[c] > 0 ? at : kNowhere;
    }
}

CYCLONE_MULTIVERSION void drop_where_not_positive(const Bfloat16* y, std::uint8_t* index, std::int64_t n) {
    for (std::int64_t c = 0; c < n; ++c) {
        const std::uint8_t at = index[c];
        index[c] = y[c] > 0.0F ? at : kNowhere;
    }
}

CYCLONE_MULTIVERSION void add_where(const float* y_grad, const std::uint8_t* index, std::uint8_t position,
                                    float* x_grad, std::int64_t n) {
    for (std::int64_t c = 0; c < n; ++c) {
        const float grad = y_grad[c];
        x_grad[c] += index[c] == position ? grad : 0.0F;
    }
}

// The usual case, windows of 2 x 2 side by side, a row of windows at a time.

// A maximum is one of the elements, so that storing it as bf16 rounds nothing.
[[gnu::always_inline]] inline void store(float value, float& into) { into = value; }
[[gnu::always_inline]] inline void store(float value, Bfloat16& into) {
    into.bits = static_cast<std::uint16_t>(std::bit_cast<std::uint32_t>(value) >> 16);
}

[[gnu::always_inline]] inline void take(float value, std::uint8_t position, float& best, std::uint8_t& at) {
    const bool wins = (value > best) | (value != value);
    best = wins ? value : best;
    at = wins ? position : at;
}

template <bool kIndex, class T>
[[gnu::always_inline]] inline void forward_loop_2x2(const T* __restrict upper, const T* __restrict lower,
                                                    T* __restrict y, std::uint8_t* __restrict index,
                                                    std::int64_t windows, std::int64_t channels) {
    for (std::int64_t w = 0; w < windows; ++w) {
        const T *a = upper + 2 * w * channels, *b = lower + 2 * w * channels;
        for (std::int64_t c = 0; c < channels; ++c) {
            float best = a[c];
            std::uint8_t at = 0;
            take(a[c + channels], 1, best, at);
            take(b[c], 2, best, at);
            take(b[c + channels], 3, best, at);
            store(best, y[w * channels + c]);
            if constexpr (kIndex) index[w * channels + c] = at;
        }
    }
}

CYCLONE_MULTIVERSION void forward_row_2x2(const float* upper, const float* lower, float* y, std::uint8_t* index,
                                          std::int64_t windows, std::int64_t channels) {
    forward_loop_2x2<true>(upper, lower, y, index, windows, channels);
}

CYCLONE_MULTIVERSION void forward_row_2x2(const float* upper, const float* lower, float* y, std::int64_t windows,
                                          std::int64_t channels) {
    forward_loop_2x2<false>(upper, lower, y, nullptr, windows, channels);
}

CYCLONE_MULTIVERSION void forward_row_2x2(const Bfloat16* upper, const Bfloat16* lower, Bfloat16* y,
                                          std::uint8_t* index, std::int64_t windows, std::int64_t channels) {
    forward_loop_2x2<true>(upper, lower, y, index, windows, channels);
}

CYCLONE_MULTIVERSION void forward_row_2x2(const Bfloat16* upper, const Bfloat16* lower, Bfloat16* y,
                                          std::int64_t windows, std::int64_t channels) {
    forward_loop_2x2<false>(upper, lower, y, nullptr, windows, channels);
}

// T: float, or the bits of bf16.
template <class T>
[[gnu::always_inline]] inline void backward_loop_2x2(const T* __restrict y_grad, const std::uint8_t* __restrict index,
                                                     T* __restrict upper, T* __restrict lower, std::int64_t windows,
                                                     std::int64_t channels) {
    for (std::int64_t w = 0; w < windows; ++w) {
        T *a = upper + 2 * w * channels, *b = lower + 2 * w * channels;
        for (std::int64_t c = 0; c < channels; ++c) {
            const T grad = y_grad[w * channels + c];
            const std::uint8_t at = index[w * channels + c];
            a[c] = at == 0 ? grad : T(0);
            a[c + channels] = at == 1 ? grad : T(0);
            b[c] = at == 2 ? grad : T(0);
            b[c + channels] = at == 3 ? grad : T(0);
        }
    }
}

CYCLONE_MULTIVERSION void backward_row_2x2(const float* y_grad, const std::uint8_t* index, float* upper, float* lower,
                                           std::int64_t windows, std::int64_t channels) {
    backward_loop_2x2(y_grad, index, upper, lower, windows, channels);
}

CYCLONE_MULTIVERSION void backward_row_2x2(const std::uint16_t* y_grad, const std::uint8_t* index, std::uint16_t* upper,
                                           std::uint16_t* lower, std::int64_t windows, std::int64_t channels) {
    backward_loop_2x2(y_grad, index, upper, lower, windows, channels);
}

// Calls f(first output element, first input element) for every row of windows.
template <class F>
void for_each_row_2x2(const Pool2dGeometry& g, F f) {
    parallel_for(
        g.n * g.oh,
        [=](std::int64_t begin, std::int64_t end) {
            for (std::int64_t row = begin; row < end; ++row)
                f(row * g.ow * g.c, (row / g.oh * g.h + 2 * (row % g.oh)) * g.w * g.c);
        },
        g.ow * g.c * 4);
}

template <class T>
void forward_2x2(const Pool2dGeometry& g, const T* x, T* y, std::uint8_t* index, bool only_positive) {
    for_each_row_2x2(g, [=](std::int64_t out, std::int64_t in) {
        if (index)
            forward_row_2x2(x + in, x + in + g.w * g.c, y + out, index + out, g.ow, g.c);
        else
            forward_row_2x2(x + in, x + in + g.w * g.c, y + out, g.ow, g.c);
        if (index && only_positive) drop_where_not_positive(y + out, index + out, g.ow * g.c);
    });
}

template <class T>
void backward_2x2(const Pool2dGeometry& g, const T* y_grad, const std::uint8_t* index, T* x_grad) {
    if (2 * g.oh != g.h || 2 * g.ow != g.w) std::fill_n(x_grad, g.n * g.h * g.w * g.c, T(0));  // what no window covers
    for_each_row_2x2(g, [=](std::int64_t out, std::int64_t in) {
        backward_row_2x2(y_grad + out, index + out, x_grad + in, x_grad + in + g.w * g.c, g.ow, g.c);
    });
}

}  // namespace

bool is_2x2(const Pool2dGeometry& g) {
    return g.kh == 2 && g.kw == 2 && g.stride_h == 2 && g.stride_w == 2 && g.dilation_h == 1 && g.dilation_w == 1 &&
           g.top == 0 && g.left == 0 && 2 * g.oh <= g.h && 2 * g.ow <= g.w;
}

void max_pool2x2_forward(const Pool2dGeometry& g, const Bfloat16* x, Bfloat16* y, std::uint8_t* index,
                         bool only_positive) {
    forward_2x2(g, x, y, index, only_positive);
}

void max_pool2x2_backward(const Pool2dGeometry& g, const Bfloat16* y_grad, const std::uint8_t* index,
                          Bfloat16* x_grad) {
    static_assert(sizeof(Bfloat16) == sizeof(std::uint16_t));
    backward_2x2(g, reinterpret_cast<const std::uint16_t*>(y_grad), index, reinterpret_cast<std::uint16_t*>(x_grad));
}

void max_pool2d_forward(const Pool2dGeometry& g, const float* x, float* y, std::uint8_t* index, bool only_positive) {
    if (is_2x2(g)) return forward_2x2(g, x, y, index, only_positive);
    const auto window = [=](std::int64_t n, std::int64_t oh, std::int64_t ow) {
        const std::int64_t at = ((n * g.oh + oh) * g.ow + ow) * g.c;
        std::fill_n(y + at, g.c, -std::numeric_limits<float>::infinity());
        if (index) std::fill_n(index + at, g.c, std::uint8_t{0});
        bool first = true;
        for_each_tap(g, oh, ow, [&](std::int64_t position, std::int64_t pixel) {
            const float* in = x + (n * g.h * g.w + pixel) * g.c;
            if (first) {
                std::copy_n(in, g.c, y + at);
                if (index) std::fill_n(index + at, g.c, static_cast<std::uint8_t>(position));
            } else if (index) {
                keep_larger_at(in, static_cast<std::uint8_t>(position), y + at, index + at, g.c);
            } else {
                keep_larger(in, y + at, g.c);
            }
            first = false;
        });
        if (index && only_positive) drop_where_not_positive(y + at, index + at, g.c);
    };
    parallel_for(
        g.n * g.oh,
        [&](std::int64_t begin, std::int64_t end) {
            for (std::int64_t row = begin; row < end; ++row)
                for (std::int64_t ow = 0; ow < g.ow; ++ow) window(row / g.oh, row % g.oh, ow);
        },
        g.ow * g.c * g.kh * g.kw);
}

void max_pool2d_backward(const Pool2dGeometry& g, const float* y_grad, const std::uint8_t* index, float* x_grad) {
    if (is_2x2(g)) return backward_2x2(g, y_grad, index, x_grad);
    const std::int64_t image = g.h * g.w * g.c;
    parallel_for(
        g.n,
        [=](std::int64_t begin, std::int64_t end) {
            std::fill(x_grad + begin * image, x_grad + end * image, 0.0F);
            for (std::int64_t at = begin * g.oh * g.ow; at < end * g.oh * g.ow; ++at)
                for_each_tap(g, at / g.ow % g.oh, at % g.ow, [=](std::int64_t position, std::int64_t pixel) {
                    add_where(y_grad + at * g.c, index + at * g.c, static_cast<std::uint8_t>(position),
                              x_grad + at / (g.oh * g.ow) * image + pixel * g.c, g.c);
                });
        },
        g.oh * g.ow * g.c * g.kh * g.kw);
}

}  // namespace cyclone::kernels
