// Operators that reshape, cut, join and sum.

#include <cyclone/ops/arithmetic.h>
#include <cyclone/ops/reduce.h>
#include <cyclone/ops/shape.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "onnx/operators.h"

namespace cyclone::onnx {
namespace {

constexpr std::int64_t kMost = std::int64_t{1} << 30;  // elements that a node may make

/// Input i as whole numbers, where it is there.
Sizes whole_numbers(const Arrays& in, std::size_t i, Sizes otherwise = {}) {
    if (i >= in.size() || !in[i].tensor.defined()) return otherwise;
    check(in[i].tensor.dtype() == DType::i64, "input", "expected input ", i, " as whole numbers");
    return in[i].tensor.to_vector<std::int64_t>();
}

int normal_axis(std::int64_t axis, int rank) {
    check(axis >= -rank && axis < rank, "axis", "expected -", rank, " to ", rank - 1, ", got ", axis);
    return static_cast<int>(axis < 0 ? axis + rank : axis);
}

Operator make_flatten(NodeReader& n) {
    const std::int64_t axis = n.number("axis", 1);
    return [axis](const Arrays& in, bool) -> Arrays {
        const Tensor x = plain(in.at(0));
        check(axis >= -x.rank() && axis <= x.rank(), "axis", "expected -", x.rank(), " to ", x.rank(), ", got ", axis);
        const int from = static_cast<int>(axis < 0 ? axis + x.rank() : axis);
        const std::int64_t rows = x.shape().numel_between(0, from);
        return {{reshape(x, {rows, x.shape().numel_between(from, x.rank())})}};
    };
}

Operator make_reshape(NodeReader& n) {
    const bool zero_is_zero = n.number("allowzero", 0) != 0;
    n.need(n.has_input(1), "expected a shape");
    return [zero_is_zero](const Arrays& in, bool) -> Arrays {
        const Tensor x = plain(in.at(0));
        Sizes sizes = whole_numbers(in, 1);
        check(sizes.size() <= static_cast<std::size_t>(Shape::kMaxRank), "shape", "expected at most ", Shape::kMaxRank,
              " sizes, got ", sizes.size());
        for (std::size_t i = 0; i < sizes.size(); ++i)
            if (sizes[i] == 0 && !zero_is_zero) {
                check(static_cast<int>(i) < x.rank(), "shape", "size ", i, " is that of an axis that ", x.shape(),
                      " lacks");
                sizes[i] = x.size(static_cast<int>(i));
            }
        return {{reshape(x, sizes)}};
    };
}

Operator make_transpose(NodeReader& n) {
    const Sizes perm = n.numbers("perm");
    return [perm](const Arrays& in, bool) -> Arrays {
        const Array& x = in.at(0);
        const int rank = x.tensor.rank();
        Sizes order = perm;
        for (int axis = rank; perm.empty() && axis-- > 0;) order.push_back(axis);
        check(static_cast<int>(order.size()) == rank, "perm", "expected ", rank, " axes, got ", order.size());
        Sizes to_last{0}, to_second{0, rank - 1};
        for (int axis = 2; axis < rank; ++axis) to_last.push_back(axis), to_second.push_back(axis - 1);
        to_last.push_back(1);
        if (rank >= 3 && x.channels_last && order == to_last) return {{x.tensor, false}};
        if (rank >= 3 && !x.channels_last && order == to_second) return {{x.tensor, true}};
        std::vector<int> axes;
        for (const std::int64_t axis : order) axes.push_back(normal_axis(axis, rank));
        return {{permute(plain(x), axes)}};
    };
}

/// The axes are an attribute up to operator set 12, then an input.
Operator make_squeeze(NodeReader& n) {
    const Sizes given = n.numbers("axes");
    return [given](const Arrays& in, bool) -> Arrays {
        const Tensor x = plain(in.at(0));
        std::vector<bool> drop(static_cast<std::size_t>(x.rank()));
        const Sizes axes = whole_numbers(in, 1, given);
        for (const std::int64_t axis : axes) drop[static_cast<std::size_t>(normal_axis(axis, x.rank()))] = true;
        Sizes sizes;
        for (int a = 0; a < x.rank(); ++a) {
            const bool dropped = axes.empty() ? x.size(a) == 1 : drop[static_cast<std::size_t>(a)];
            check(!dropped || x.size(a) == 1, "axes", "axis ", a, " of ", x.shape(), " is not of size 1");
            if (!dropped) sizes.push_back(x.size(a));
        }
        return {{reshape(x, sizes)}};
    };
}

Operator make_unsqueeze(NodeReader& n) {
    const Sizes given = n.numbers("axes");
    return [given](const Arrays& in, bool) -> Arrays {
        const Tensor x = plain(in.at(0));
        const Sizes axes = whole_numbers(in, 1, given);
        check(axes.size() <= static_cast<std::size_t>(Shape::kMaxRank - x.rank()), "axes", "expected at most ",
              Shape::kMaxRank - x.rank(), ", got ", axes.size());
        const int rank = x.rank() + static_cast<int>(axes.size());
        Sizes sizes(static_cast<std::size_t>(rank), -1);
        for (const std::int64_t axis : axes) {
            std::int64_t& size = sizes[static_cast<std::size_t>(normal_axis(axis, rank))];
            check(size == -1, "axes", "axis ", axis, " is named twice");
            size = 1;
        }
        const std::int64_t* next = x.shape().begin();
        for (std::int64_t& size : sizes)
            if (size == -1) size = *next++;
        return {{reshape(x, sizes)}};
    };
}

Operator make_concat(NodeReader& n) {
    n.need(n.has("axis"), "expected an axis");
    const std::int64_t axis = n.number("axis", 0);
    return [axis](const Arrays& in, bool) -> Arrays {
        check(!in.empty(), "Concat", "expected at least one input");
        const int rank = in[0].tensor.rank();
        const bool is_last = std::any_of(in.begin(), in.end(), [](const Array& x) { return x.channels_last; }) &&
                             std::all_of(in.begin(), in.end(), [&](const Array& x) { return x.tensor.rank() == rank; });
        std::vector<Tensor> parts;
        for (const Array& x : in) parts.push_back(is_last ? last(x) : plain(x));
        return {{concat(parts, stored_axis({parts[0], is_last}, axis)), is_last}};
    };
}

Operator make_split(NodeReader& n) {
    const std::int64_t axis = n.number("axis", 0);
    const Sizes given = n.numbers("split");
    const auto parts = static_cast<std::int64_t>(n.node.outputs.size());
    const std::int64_t asked = n.number("num_outputs", parts);
    n.need(asked == parts, "expected ", asked, " outputs, got ", parts);
    return [=](const Arrays& in, bool) {
        const Array& x = in.at(0);
        const int at = stored_axis(x, axis);
        Sizes sizes = whole_numbers(in, 1, given);
        if (sizes.empty()) {
            const std::int64_t each = (x.tensor.size(at) + parts - 1) / parts;
            for (std::int64_t i = 0, left = x.tensor.size(at); i < parts; ++i, left -= sizes.back())
                sizes.push_back(std::min(each, left));
        }
        Arrays out;
        for (const Tensor& part : split(x.tensor, sizes, at)) out.push_back({part, x.channels_last});
        return out;
    };
}

Operator make_shape(NodeReader& n) {
    const std::int64_t start = n.number("start", 0), end = n.number("end", Shape::kMaxRank);
    return [=](const Arrays& in, bool) -> Arrays {
        const Tensor x = plain(in.at(0));
        const std::int64_t rank = x.rank();
        const auto place = [&](std::int64_t a) { return std::clamp<std::int64_t>(a < 0 ? a + rank : a, 0, rank); };
        const Sizes all(x.shape().begin(), x.shape().end());
        const std::int64_t from = place(start), to = std::max(from, place(end));
        const Sizes some(all.begin() + from, all.begin() + to);
        return {{Tensor::from(some, {to - from})}};
    };
}

/// One index, or a list of them.
Operator make_gather(NodeReader& n) {
    const std::int64_t axis = n.number("axis", 0);
    return [axis](const Arrays& in, bool) -> Arrays {
        const Tensor x = plain(in.at(0));
        const int at = normal_axis(axis, x.rank());
        const Sizes indices = whole_numbers(in, 1);
        check(in.at(1).tensor.rank() <= 1 && !indices.empty(), "Gather", "expected one index or a list of them");
        if (in[1].tensor.rank() == 0) return {{select(x, at, indices[0])}};
        std::vector<Tensor> parts;
        for (const std::int64_t i : indices) parts.push_back(narrow(x, at, i < 0 ? i + x.size(at) : i, 1));
        return {{concat(parts, at)}};
    };
}

/// Attributes up to operator set 9, then inputs.
Operator make_slice(NodeReader& n) {
    const Sizes starts = n.numbers("starts"), ends = n.numbers("ends"), given_axes = n.numbers("axes");
    return [=](const Arrays& in, bool) -> Arrays {
        const Array& x = in.at(0);
        const Sizes from = whole_numbers(in, 1, starts), to = whole_numbers(in, 2, ends);
        Sizes every(from.size());
        for (std::size_t i = 0; i < every.size(); ++i) every[i] = static_cast<std::int64_t>(i);
        const Sizes axes = whole_numbers(in, 3, given_axes.empty() ? every : given_axes);
        const Sizes steps = whole_numbers(in, 4, Sizes(from.size(), 1));
        check(from.size() == to.size() && axes.size() == from.size() && steps.size() == from.size(), "Slice",
              "expected as many starts as ends, axes and steps");
        std::vector<Range> ranges(static_cast<std::size_t>(x.tensor.rank()));
        for (std::size_t i = 0; i < from.size(); ++i) {
            const int at = stored_axis(x, axes[i]);
            const std::int64_t size = x.tensor.size(at);
            // ONNX cuts ends off; before the first is where a negative step ends.
            Range range{.begin = std::clamp(from[i], -size - 1, size), .end = {}, .step = steps[i]};
            if (steps[i] > 0 || to[i] >= -size) range.end = std::clamp(to[i], -size - 1, size);
            ranges[static_cast<std::size_t>(at)] = range;
        }
        return {{slice(x.tensor, ranges), x.channels_last}};
    };
}

/// Attributes up to operator set 10, then inputs.
Operator make_pad(NodeReader& n) {
    const std::string mode = n.text("mode", "constant");
    n.need(mode == "constant", "expected padding by a constant, got mode ", mode);
    const Sizes given = n.numbers("pads");
    const double given_value = n.real("value", 0);
    return [=](const Arrays& in, bool) -> Arrays {
        const Array& x = in.at(0);
        const Sizes pads = whole_numbers(in, 1, given);
        Sizes every(static_cast<std::size_t>(x.tensor.rank()));
        for (std::size_t i = 0; i < every.size(); ++i) every[i] = static_cast<std::int64_t>(i);
        const Sizes axes = whole_numbers(in, 3, every);
        check(pads.size() == 2 * axes.size(), "pads", "expected ", 2 * axes.size(), " amounts, got ", pads.size());
        std::vector<PadAmount> amounts(static_cast<std::size_t>(x.tensor.rank()));
        double elements = 1;
        for (std::size_t i = 0; i < axes.size(); ++i) {
            const int at = stored_axis(x, axes[i]);
            const std::int64_t before = pads[i], after = pads[i + axes.size()];
            check(before >= 0 && after >= 0 && before <= kMost && after <= kMost, "pads", "expected 0 to ", kMost,
                  ", got ", before, " and ", after);
            amounts[static_cast<std::size_t>(at)] = {before, after};
        }
        for (int a = 0; a < x.tensor.rank(); ++a)
            elements *= static_cast<double>(x.tensor.size(a) + amounts[static_cast<std::size_t>(a)].before +
                                            amounts[static_cast<std::size_t>(a)].after);
        check(elements <= static_cast<double>(kMost), "pads", "the result would have ", elements, " elements");
        const bool has_value = in.size() > 2 && in[2].tensor.defined();
        return {{pad(x.tensor, amounts, has_value ? in[2].tensor.item() : given_value), x.channels_last}};
    };
}

/// Whole factors; the nearest pixel, or linearly between pixels.
Operator make_resize(NodeReader& n) {
    const std::string mode = n.text("mode", "nearest"),
                      coordinates = n.text("coordinate_transformation_mode", "half_pixel"),
                      nearest = n.text("nearest_mode", "round_prefer_floor");
    for (const char* name : {"cubic_coeff_a", "exclude_outside", "extrapolation_value", "antialias"}) n.ignore(name);
    n.need(mode == "nearest" || mode == "linear", "expected mode nearest or linear, got ", mode);
    const bool is_linear = mode == "linear";
    n.need(!n.has("axes") && n.text("keep_aspect_ratio_policy", "stretch") == "stretch",
           "expected factors for all axes");
    const bool halves = coordinates == "half_pixel" || coordinates == "pytorch_half_pixel";
    n.need(is_linear ? halves && n.opset >= 11
                     : (halves && nearest.starts_with("round_prefer")) ||
                           (coordinates == "asymmetric" && nearest == "floor") || n.opset < 11,
           is_linear ? "expected pixels at half numbers" : "expected each pixel as a block", ", got the coordinates ",
           coordinates, " and ", nearest);
    const bool has_region = n.opset >= 11 && n.node.op == "Resize";
    const bool has_factors = n.has_input(has_region ? 2 : 1);
    const std::vector<float> given = n.reals("scales");
    return [=](const Arrays& in, bool) -> Arrays {
        const Array& x = in.at(0);
        check(x.tensor.rank() == 4, "Resize", "expected images, got ", x.tensor.shape());
        std::vector<double> factors(given.begin(), given.end());
        if (has_factors) {
            const Tensor f = in.at(has_region ? 2 : 1).tensor.to(DType::f64);
            factors = f.to_vector<double>();
        }
        if (factors.empty()) {  // left out, or an empty tensor, as opsets 11 and 12 have it
            const Sizes sizes = whole_numbers(in, 3);
            for (std::size_t i = 0; i < std::min<std::size_t>(4, sizes.size()); ++i)
                factors.push_back(static_cast<double>(sizes[i]) /
                                  static_cast<double>(x.tensor.size(stored_axis(x, static_cast<std::int64_t>(i)))));
        }
        const auto whole = [](double f) { return f >= 1 && f <= 1024 && f == std::floor(f); };
        check(factors.size() == 4 && factors[0] == 1 && factors[1] == 1 && whole(factors[2]) && whole(factors[3]),
              "Resize", "expected whole factors of height and width");
        const Pair factor(static_cast<std::int64_t>(factors[2]), static_cast<std::int64_t>(factors[3]));
        check(static_cast<double>(x.tensor.numel()) * factors[2] * factors[3] <= static_cast<double>(kMost), "Resize",
              "the result would be too large");
        return {{is_linear ? upsample_bilinear2d(last(x), factor) : upsample_nearest2d(last(x), factor), true}};
    };
}

Tensor sum_of_squares(const Tensor& x, const ReduceOptions& options) { return sum(x * x, options); }

/// The axes are an attribute at first, an input from operator set 13 (sum) or 18 on.
template <Tensor (*reduce)(const Tensor&, const ReduceOptions&)>
Operator make_reduce(NodeReader& n) {
    const Sizes given = n.numbers("axes");
    const bool keep = n.number("keepdims", 1) != 0, none_if_empty = n.number("noop_with_empty_axes", 0) != 0;
    const bool squares = n.node.op == "ReduceSumSquare";
    return [=](const Arrays& in, bool) -> Arrays {
        const Array& x = in.at(0);
        const Sizes axes = whole_numbers(in, 1, given);
        if (axes.empty() && none_if_empty) return {{squares ? x.tensor * x.tensor : x.tensor, x.channels_last}};
        const Array from = keep || !x.channels_last ? x : Array{plain(x)};
        ReduceOptions options{.axes = {}, .keep_dims = keep};
        for (const std::int64_t axis : axes) options.axes.push_back(stored_axis(from, axis));
        return {{reduce(from.tensor, options), keep && from.channels_last}};
    };
}

constexpr std::array kRows{
    OperatorRow{"Concat", make_concat},
    OperatorRow{"Flatten", make_flatten},
    OperatorRow{"Gather", make_gather},
    OperatorRow{"Pad", make_pad},
    OperatorRow{"ReduceMean", make_reduce<mean>},
    OperatorRow{"ReduceSum", make_reduce<cyclone::sum>},
    OperatorRow{"ReduceSumSquare", make_reduce<sum_of_squares>},
    OperatorRow{"Reshape", make_reshape},
    OperatorRow{"Resize", make_resize},
    OperatorRow{"Shape", make_shape},
    OperatorRow{"Slice", make_slice},
    OperatorRow{"Split", make_split},
    OperatorRow{"Squeeze", make_squeeze},
    OperatorRow{"Transpose", make_transpose},
    OperatorRow{"Unsqueeze", make_unsqueeze},
    OperatorRow{"Upsample", make_resize},
};

}  // namespace

std::span<const OperatorRow> axes_operators() { return kRows; }

}  // namespace cyclone::onnx
