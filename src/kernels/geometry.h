#pragma once
// Sizes of operations, for the reference kernels and oneDNN. They are keys of the primitive cache, hence comparable and
// made of std::int64_t only.

#include <bit>
#include <cstdint>

namespace cyclone::kernels {

struct Conv2dGeometry {
    std::int64_t n, h, w, c;  // input, NHWC
    std::int64_t oh, ow, o;   // output
    std::int64_t kh, kw;      // weight: (o, kh, kw, c / groups)
    std::int64_t stride_h, stride_w;
    std::int64_t top, bottom, left, right;  // padding
    std::int64_t dilation_h, dilation_w;    // 1 = dense
    std::int64_t groups;
    bool operator==(const Conv2dGeometry&) const = default;
};

struct LinearGeometry {
    std::int64_t n, i, o;  // rows, features in, features out
    bool operator==(const LinearGeometry&) const = default;
};

struct Pool2dGeometry {
    std::int64_t n, h, w, c;
    std::int64_t oh, ow;
    std::int64_t kh, kw;
    std::int64_t stride_h, stride_w;
    std::int64_t top, bottom, left, right;   // padding of the options
    std::int64_t extra_bottom, extra_right;  // what ceil mode adds for the last window; never counted in an average
    std::int64_t dilation_h, dilation_w;
    bool operator==(const Pool2dGeometry&) const = default;
};

/// A max pooling remembers the position of each maximum in its window: a byte, or a 32-bit integer for large windows.
inline bool small_window(const Pool2dGeometry& g) { return g.kh * g.kw < 256; }
inline std::int64_t max_pool2d_workspace_bytes(const Pool2dGeometry& g) {
    return g.n * g.oh * g.ow * g.c * (small_window(g) ? 1 : 4);
}

struct BatchNormGeometry {
    std::int64_t n, h, w, c;
    std::int64_t epsilon_bits;
    double epsilon() const { return std::bit_cast<double>(epsilon_bits); }
    bool operator==(const BatchNormGeometry&) const = default;
};

}  // namespace cyclone::kernels
