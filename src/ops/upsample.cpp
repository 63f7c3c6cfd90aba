// Larger images.

#include <cyclone/autograd/record.h>
#include <cyclone/ops/reduce.h>
#include <cyclone/ops/shape.h>

#include <array>

#include "kernels/interpolate.h"
#include "kernels/strided.h"
#include "ops/elementwise_op.h"

namespace cyclone {
namespace {

void check_images(const char* op, const Tensor& x, Pair factor) {
    ops::check_defined(op, x);
    check(x.rank() == 4, op, "expected images of shape (N, H, W, C), got ", x.shape());
    constexpr std::int64_t kMost = 1 << 20;
    check(factor.h >= 1 && factor.w >= 1 && factor.h <= kMost && factor.w <= kMost, op, "expected a factor >= 1, got ",
          factor.h, " x ", factor.w);
}

/// Images stretched along the width, then the height; and the way back of a gradient.
struct Bilinear {
    kernels::Stretch across, down;
    Shape before, between, after;

    Bilinear(const Shape& x, Pair factor)
        : across{x[0] * x[1], x[2], factor.w, x[3]},
          down{x[0], x[1], factor.h, across.length() * x[3]},
          before(x),
          between{x[0], x[1], across.length(), x[3]},
          after{x[0], down.length(), across.length(), x[3]} {}

    template <class F>
    static Tensor step(const Tensor& from, const Shape& shape, F f) {
        Tensor to = Tensor::empty(shape, from.dtype());
        visit_floating(from.dtype(), "upsample_bilinear2d", [&](auto zero) {
            using T = decltype(zero);
            if (to.numel() > 0) f(from.data<T>(), to.mutable_data<T>());
        });
        return to;
    }
    Tensor enlarge(const Tensor& x) const {
        const auto wider = step(x, between, [&](auto* from, auto* to) { kernels::stretch(across, from, to); });
        return step(wider, after, [&](auto* from, auto* to) { kernels::stretch(down, from, to); });
    }
    Tensor back(const Tensor& grad) const {
        const auto lower =
            step(grad, between, [&](auto* from, auto* to) { kernels::stretch_backward(down, from, to); });
        return step(lower, before, [&](auto* from, auto* to) { kernels::stretch_backward(across, from, to); });
    }
};

}  // namespace

Tensor upsample_nearest2d(const Tensor& x, Pair factor) {
    const char* op = "upsample_nearest2d";
    check_images(op, x, factor);
    const std::int64_t n = x.size(0), h = x.size(1), w = x.size(2), c = x.size(3);
    const Shape blocks{n, h, factor.h, w, factor.w, c};
    Tensor y = Tensor::empty({n, h * factor.h, w * factor.w, c}, x.dtype());
    const auto to = kernels::dense_strides(blocks);
    kernels::StridedCopy plan;
    const std::array<std::int64_t, 6> from{h * w * c, w * c, 0, c, 0, 1};
    for (std::size_t k = 0; k < from.size(); ++k) plan.add(blocks[static_cast<int>(k)], from[k], to[k]);
    visit_floating(x.dtype(), op, [&](auto zero) {
        using T = decltype(zero);
        plan.run(x.data<T>(), y.mutable_data<T>());
    });
    return autograd::record(op, std::move(y), {x}, [blocks](const Tensor& grad) {
        return Gradients{sum(grad.viewed(blocks), {.axes = {2, 4}})};
    });
}

Tensor upsample_bilinear2d(const Tensor& x, Pair factor) {
    const char* op = "upsample_bilinear2d";
    check_images(op, x, factor);
    const Bilinear bilinear(x.shape(), factor);
    return autograd::record(op, bilinear.enlarge(x), {x},
                            [bilinear](const Tensor& grad) { return Gradients{bilinear.back(grad)}; });
}

}  // namespace cyclone
