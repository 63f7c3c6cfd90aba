#include "kernels/max_pool2d.h"

#include <algorithm>
#include <limits>

#include "kernels/multiversion.h"
#include "kernels/parallel.h"
#include "kernels/window.h"

namespace cyclone::kernels {
namespace {

// No branches, everything loaded in any case: so the compiler makes vector code of it.
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

CYCLONE_MULTIVERSION void add_where(const float* y_grad, const std::uint8_t* index, std::uint8_t position,
                                    float* x_grad, std::int64_t n) {
    for (std::int64_t c = 0; c < n; ++c) {
        const float grad = y_grad[c];
        x_grad[c] += index[c] == position ? grad : 0.0F;
    }
}

}  // namespace

void max_pool2d_forward(const Pool2dGeometry& g, const float* x, float* y, std::uint8_t* index) {
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
