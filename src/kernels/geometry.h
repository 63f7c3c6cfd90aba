#pragma once
// Plain descriptions of windowed operations, shared by the reference kernels and oneDNN. Also the key of the primitive
// cache, hence comparable.

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

struct Pool2dGeometry {
    std::int64_t n, h, w, c;
    std::int64_t oh, ow;
    std::int64_t kh, kw;
    std::int64_t stride_h, stride_w;
    std::int64_t top, bottom, left, right;  // bottom and right may be larger than asked for (ceil mode)
    std::int64_t dilation_h, dilation_w;
    bool operator==(const Pool2dGeometry&) const = default;
};

}  // namespace cyclone::kernels
