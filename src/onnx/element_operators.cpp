// Operators that work element by element.

#include <cyclone/ops/activation.h>
#include <cyclone/ops/arithmetic.h>
#include <cyclone/ops/dropout.h>
#include <cyclone/ops/shape.h>

#include <array>
#include <cmath>
#include <limits>

#include "onnx/operators.h"

namespace cyclone::onnx {
namespace {

/// An operator of one input that keeps its shape.
template <class F>
Operator map(F f) {
    return [f](const Arrays& in, bool) { return Arrays{{f(in.at(0).tensor), in[0].channels_last}}; };
}

template <Tensor (*f)(const Tensor&)>
Operator simple(NodeReader&) {
    return map(f);
}

bool is_floating(const Tensor& x) { return x.dtype() == DType::f32 || x.dtype() == DType::f64; }

/// Both with equal axes: what has fewer gets sizes of 1 in front, as broadcasting has it, and channels last as the
/// other.
std::pair<Array, Array> aligned(Array a, Array b) {
    const auto widened = [](const Array& x, const Array& like) {
        if (like.tensor.rank() < x.tensor.rank() || x.tensor.rank() > Shape::kMaxRank) return Array{plain(x)};
        Sizes sizes(static_cast<std::size_t>(like.tensor.rank() - x.tensor.rank()), 1);
        sizes.insert(sizes.end(), x.tensor.shape().begin(), x.tensor.shape().end());
        return Array{last({reshape(x.tensor, sizes)}), true};
    };
    if (is_floating(a.tensor) && is_floating(b.tensor) && a.tensor.dtype() != b.tensor.dtype())
        for (Array* constant : {&a, &b})  // of f32, in a network that was converted to f64
            if (constant->tensor.dtype() == DType::f32) constant->tensor = constant->tensor.to(DType::f64);
    if (a.channels_last == b.channels_last && (!a.channels_last || a.tensor.rank() == b.tensor.rank())) return {a, b};
    if (a.channels_last && !b.channels_last && b.tensor.rank() <= a.tensor.rank()) return {a, widened(b, a)};
    if (b.channels_last && !a.channels_last && a.tensor.rank() <= b.tensor.rank()) return {widened(a, b), b};
    return {Array{plain(a)}, Array{plain(b)}};
}

template <Tensor (*f)(const Tensor&, const Tensor&)>
Array combine(const Array& a, const Array& b) {
    const auto [x, y] = aligned(a, b);
    return {f(x.tensor, y.tensor), x.channels_last};
}

template <Tensor (*f)(const Tensor&, const Tensor&)>
Operator binary(NodeReader& n) {
    n.need(n.has_input(0) && n.has_input(1), "expected two inputs");
    return [](const Arrays& in, bool) { return Arrays{combine<f>(in.at(0), in.at(1))}; };
}

Operator make_sum(NodeReader&) {
    return [](const Arrays& in, bool) {
        Array out = in.at(0);
        for (std::size_t i = 1; i < in.size(); ++i) out = combine<add>(out, in[i]);
        return Arrays{out};
    };
}

Tensor power(const Tensor& x, const Tensor& exponent) {
    check(exponent.numel() == 1, "Pow", "expected one number as exponent, got ", exponent.shape());
    return pow(x, exponent.item());
}

Operator make_pow(NodeReader& n) {
    n.need(n.has_input(1), "expected two inputs");
    return [](const Arrays& in, bool) {
        return Arrays{{power(in.at(0).tensor, in.at(1).tensor), in[0].channels_last}};
    };
}

/// The limits are attributes up to operator set 10, then inputs.
Operator make_clip(NodeReader& n) {
    constexpr double kEnd = std::numeric_limits<double>::infinity();
    const double low = n.real("min", -kEnd), high = n.real("max", kEnd);
    return [low, high](const Arrays& in, bool) {
        const auto limit = [&](std::size_t i, double otherwise) {
            return i < in.size() && in[i].tensor.defined() ? in[i].tensor.item() : otherwise;
        };
        return Arrays{{clamp(in.at(0).tensor, limit(1, low), limit(2, high)), in[0].channels_last}};
    };
}

Operator make_leaky_relu(NodeReader& n) {
    return map([alpha = n.real("alpha", 0.01F)](const Tensor& x) { return leaky_relu(x, alpha); });
}
Operator make_elu(NodeReader& n) {
    return map([alpha = n.real("alpha", 1)](const Tensor& x) { return elu(x, alpha); });
}
Operator make_hard_sigmoid(NodeReader& n) {
    return map([alpha = n.real("alpha", 0.2F), beta = n.real("beta", 0.5)](const Tensor& x) {
        return clamp(x * alpha + beta, 0, 1);
    });
}
Operator make_gelu(NodeReader& n) {
    const std::string how = n.text("approximate", "none");
    n.need(how == "none", "expected the exact gelu, got approximate=", how);
    return map(gelu);
}

/// The rate is an attribute up to operator set 11, then an input, and the third input says whether it is training: here
/// the module's mode does.
Operator make_dropout(NodeReader& n) {
    n.ignore("seed");
    double rate = n.real("ratio", 0.5);
    if (n.has_input(1)) {
        const Tensor* given = n.constant(1);
        n.need(given && given->numel() == 1, "expected a ratio that stands in the file");
        rate = given->item();
    }
    n.need(rate >= 0 && rate < 1, "expected a ratio in [0, 1), got ", rate);
    return [rate](const Arrays& in, bool is_training) {
        return Arrays{{is_training ? dropout(in.at(0).tensor, rate) : in.at(0).tensor, in[0].channels_last}};
    };
}

Operator make_cast(NodeReader& n) {
    const auto to = static_cast<ElementType>(n.number("to", 0));
    n.ignore("saturate");
    n.need(to == ElementType::f32 || to == ElementType::i64, "expected a cast to FLOAT or INT64, got ", name_of(to));
    return map([to](const Tensor& x) {
        if (to == ElementType::i64) return x.to(DType::i64);
        return is_floating(x) ? x : x.to(DType::f32);
    });
}

/// Up to operator set 12 over all axes from `axis` on, by default 1; then over one axis, by default the last.
template <Tensor (*f)(const Tensor&, int)>
Operator softmax_like(NodeReader& n) {
    const bool together = n.opset < 13;
    const std::int64_t axis = n.number("axis", together ? 1 : -1);
    return [=](const Arrays& in, bool) -> Arrays {
        const Array& x = in.at(0);
        if (!together) return {{f(x.tensor, stored_axis(x, axis)), x.channels_last}};
        const Tensor whole = plain(x);
        const int from = whole.rank() == 0 ? 0 : stored_axis({whole}, axis);
        const Shape& shape = whole.shape();
        return {{reshape(f(flatten(whole, from), -1), std::span<const std::int64_t>(shape.begin(), shape.end()))}};
    };
}

Tensor reciprocal(const Tensor& x) { return 1.0 / x; }
Tensor same(const Tensor& x) { return x; }

constexpr std::array kRows{
    OperatorRow{"Abs", simple<cyclone::abs>},
    OperatorRow{"Add", binary<add>},
    OperatorRow{"Cast", make_cast},
    OperatorRow{"Clip", make_clip},
    OperatorRow{"Div", binary<div>},
    OperatorRow{"Dropout", make_dropout},
    OperatorRow{"Elu", make_elu},
    OperatorRow{"Erf", simple<onnx::erf>},
    OperatorRow{"Exp", simple<cyclone::exp>},
    OperatorRow{"Gelu", make_gelu},
    OperatorRow{"HardSigmoid", make_hard_sigmoid},
    OperatorRow{"HardSwish", simple<hardswish>},
    OperatorRow{"Identity", simple<same>},
    OperatorRow{"LeakyRelu", make_leaky_relu},
    OperatorRow{"Log", simple<cyclone::log>},
    OperatorRow{"LogSoftmax", softmax_like<log_softmax>},
    OperatorRow{"Mul", binary<mul>},
    OperatorRow{"Neg", simple<neg>},
    OperatorRow{"Pow", make_pow},
    OperatorRow{"Reciprocal", simple<reciprocal>},
    OperatorRow{"Relu", simple<relu>},
    OperatorRow{"Sigmoid", simple<sigmoid>},
    OperatorRow{"Softmax", softmax_like<softmax>},
    OperatorRow{"Softplus", simple<softplus>},
    OperatorRow{"Sqrt", simple<cyclone::sqrt>},
    OperatorRow{"Sub", binary<sub>},
    OperatorRow{"Sum", make_sum},
    OperatorRow{"Tanh", simple<cyclone::tanh>},
};

}  // namespace

std::span<const OperatorRow> element_operators() { return kRows; }

}  // namespace cyclone::onnx
