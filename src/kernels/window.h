#pragma once
// The taps of a pooling window.

#include "kernels/geometry.h"

namespace cyclone::kernels {

/// Calls f(position in the window, input pixel) for the taps of output (oh, ow) that lie inside the image.
template <class F>
void for_each_tap(const Pool2dGeometry& g, std::int64_t oh, std::int64_t ow, F&& f) {
    for (std::int64_t kh = 0; kh < g.kh; ++kh) {
        const std::int64_t h = oh * g.stride_h + kh * g.dilation_h - g.top;
        if (h < 0 || h >= g.h) continue;
        for (std::int64_t kw = 0; kw < g.kw; ++kw) {
            const std::int64_t w = ow * g.stride_w + kw * g.dilation_w - g.left;
            if (w >= 0 && w < g.w) f(kh * g.kw + kw, h * g.w + w);
        }
    }
}

}  // namespace cyclone::kernels
