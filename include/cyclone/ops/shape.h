#pragma once
// Ops that reshape, cut and join tensors.

#include <cyclone/ops/window.h>
#include <cyclone/tensor/tensor.h>

#include <optional>
#include <span>
#include <vector>

namespace cyclone {

/// The same elements in another shape; one size may be -1 and is then inferred. Shares storage. Error: a shape of
/// another number of elements.
Tensor reshape(const Tensor& x, std::span<const std::int64_t> sizes);
Tensor reshape(const Tensor& x, std::initializer_list<std::int64_t> sizes);

/// (d0, ..., d[axis-1], rest...) -> (d0 * ... * d[axis-1], product of the rest). The default keeps the batch axis.
Tensor flatten(const Tensor& x, int axis = 1);

/// The indices begin, begin + step, ... before end of an axis, as in Python's begin:end:step: negative ones count from
/// the end of the axis, those beyond it are cut off.
struct Range {
    std::optional<std::int64_t> begin = {};  ///< default: the first, with a negative step the last
    std::optional<std::int64_t> end = {};    ///< default: behind the last, with a negative step before the first
    std::int64_t step = 1;                   ///< not 0
};

/// A copy of a part of x, of any dtype: `slice(x, {{}, {.step = 2}, {.begin = 1, .end = -1}})` is NumPy's x[:, ::2,
/// 1:-1]. Axes without a range are whole. Errors: more ranges than axes, a step of 0.
Tensor slice(const Tensor& x, std::span<const Range> ranges);
Tensor slice(const Tensor& x, std::initializer_list<Range> ranges);

/// `count` elements of `axis` (negative: from the end) from `begin`. Error when it does not have them.
Tensor narrow(const Tensor& x, int axis, std::int64_t begin, std::int64_t count);
/// Element `index` of `axis`, which the result lacks; negative ones count from the end. Error when there is none.
Tensor select(const Tensor& x, int axis, std::int64_t index);
/// Parts of these sizes along `axis`, which they fill.
std::vector<Tensor> split(const Tensor& x, std::span<const std::int64_t> sizes, int axis);
std::vector<Tensor> split(const Tensor& x, std::initializer_list<std::int64_t> sizes, int axis);

/// The axes in another order: axis k of the result is axes[k] of x, of any dtype. Error unless each is named once.
Tensor permute(const Tensor& x, std::span<const int> axes);
Tensor permute(const Tensor& x, std::initializer_list<int> axes);
/// x with two axes exchanged.
Tensor transpose(const Tensor& x, int a = -2, int b = -1);

/// Each pixel of images (N, H, W, C) as a block of `factor`: (N, H factor.h, W factor.w, C), f32 or f64. Error: a
/// factor < 1.
Tensor upsample_nearest2d(const Tensor& x, Pair factor = 2);
/// The same size with each pixel between the four around its centre, those beyond the border as the border: bilinear
/// interpolation at half-pixel centres (PyTorch's align_corners=False, ONNX's half_pixel).
Tensor upsample_bilinear2d(const Tensor& x, Pair factor = 2);

/// How much is added to an axis on both sides.
struct PadAmount {
    std::int64_t before = 0;  ///< >= 0
    std::int64_t after = 0;   ///< >= 0
};

/// x with a border of `value`: `pad(x, {{}, {1, 1}, {1, 1}, {}})` for images. Error unless each axis has its amount.
Tensor pad(const Tensor& x, std::span<const PadAmount> amounts, double value = 0);
Tensor pad(const Tensor& x, std::initializer_list<PadAmount> amounts, double value = 0);

/// Joins tensors along `axis` (negative: from the end); all other sizes and the dtype must agree.
Tensor concat(std::span<const Tensor> parts, int axis);
Tensor concat(std::initializer_list<Tensor> parts, int axis);
/// Joins tensors of one shape along a new axis, 0 to rank (negative: from the end of the result).
Tensor stack(std::span<const Tensor> parts, int axis = 0);
Tensor stack(std::initializer_list<Tensor> parts, int axis = 0);

}  // namespace cyclone
