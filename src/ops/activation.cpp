// Activations and the registry of their names.

#include <cyclone/autograd/record.h>
#include <cyclone/ops/activation.h>

#include <cmath>

#include "kernels/relu_mask.h"
#include "kernels/softmax.h"
#include "kernels/vector_math.h"
#include "ops/bf16.h"
#include "ops/elementwise_op.h"
#include "ops/relu.h"

namespace cyclone {

using ops::map_tensor;
using ops::zip_tensors;

Tensor ops::record_relu(const Tensor& y, const Tensor& x) {
    return autograd::record(kRelu, y, {x}, [y = Saved(y)](const Tensor& y_grad) {
        Tensor x_grad = y_grad.is_sole_owner() ? y_grad : Tensor::empty(y_grad.shape(), y_grad.dtype());
        if (is_bf16(y_grad)) {
            kernels::relu_mask(y.get().data<Bfloat16>(), y_grad.data<Bfloat16>(), x_grad.mutable_data<Bfloat16>(),
                               y_grad.numel());
            return Gradients{x_grad};
        }
        visit_floating(y_grad.dtype(), kRelu, [&](auto zero) {
            using T = decltype(zero);
            kernels::relu_mask(y.get().data<T>(), y_grad.data<T>(), x_grad.mutable_data<T>(), y_grad.numel());
        });
        return Gradients{x_grad};
    });
}

Tensor relu(const Tensor& x) {
    if (x.defined() && ops::is_bf16(x)) {
        Tensor y = Tensor::empty(x.shape(), DType::bf16);
        kernels::relu(x.data<Bfloat16>(), y.mutable_data<Bfloat16>(), x.numel());
        return ops::record_relu(y, x);
    }
    return ops::record_relu(map_tensor(ops::kRelu, x, [](auto v) { return v < 0 ? decltype(v){0} : v; }),  // keeps NaN
                            x);
}

Tensor leaky_relu(const Tensor& x, double slope) {
    const auto scaled = [slope](auto v, auto x_value) {
        using T = decltype(v);
        return v * (x_value > 0 ? T{1} : static_cast<T>(slope));
    };
    Tensor y = map_tensor("leaky_relu", x, [scaled](auto v) { return scaled(v, v); });
    return autograd::record("leaky_relu", y, {x}, [scaled, x = Saved(x)](const Tensor& grad) {
        return Gradients{zip_tensors("leaky_relu", grad, x.get(), scaled)};
    });
}

Tensor sigmoid(const Tensor& x) {
    Tensor y = map_tensor(
        "sigmoid", x, [](auto v) { return kernels::logistic(v); }, ops::kTranscendental);
    return autograd::record("sigmoid", y, {x}, [y = Saved(y)](const Tensor& grad) {
        return Gradients{zip_tensors("sigmoid", grad, y.get(), [](auto g, auto s) { return g * s * (1 - s); })};
    });
}

Tensor tanh(const Tensor& x) {
    Tensor y = map_tensor(
        "tanh", x,
        [](auto v) {
            const auto e = kernels::expm1_below_0(-2 * std::abs(v));
            return std::copysign(e / (2 + e), v);
        },
        ops::kTranscendental);
    return autograd::record("tanh", y, {x}, [y = Saved(y)](const Tensor& grad) {
        return Gradients{zip_tensors("tanh", grad, y.get(), [](auto g, auto t) { return g * (1 - t * t); })};
    });
}

namespace {

/// f(x), with the gradient grad * slope(x).
template <class F, class Slope>
Tensor smooth(const char* op, const Tensor& x, F f, Slope slope) {
    Tensor y = map_tensor(op, x, f, ops::kTranscendental);
    return autograd::record(op, y, {x}, [op, slope, x = Saved(x)](const Tensor& grad) {
        return Gradients{zip_tensors(
            op, grad, x.get(), [slope](auto g, auto v) { return g * slope(v); }, ops::kTranscendental)};
    });
}

}  // namespace

Tensor gelu(const Tensor& x) {
    return smooth(
        "gelu", x, [](auto v) { return v * kernels::normal_at(v).below; },
        [](auto v) {
            const auto at = kernels::normal_at(v);
            return at.below + v * at.density;
        });
}

Tensor silu(const Tensor& x) {
    return smooth(
        "silu", x, [](auto v) { return v * kernels::logistic(v); },
        [](auto v) {
            const auto s = kernels::logistic(v);
            return s * (1 + v * (1 - s));
        });
}

Tensor elu(const Tensor& x, double alpha) {
    return smooth(
        "elu", x,
        [alpha](auto v) {
            using T = decltype(v);
            const T below = v > 0 ? T{0} : v;
            return v > 0 ? v : static_cast<T>(alpha) * kernels::expm1_below_0(below);
        },
        [alpha](auto v) {
            using T = decltype(v);
            const T below = v > 0 ? T{0} : v;
            return v > 0 ? T{1} : static_cast<T>(alpha) * kernels::exp_below_0(below);
        });
}

Tensor softplus(const Tensor& x) {
    return smooth(
        "softplus", x,
        [](auto v) {
            using T = decltype(v);
            return (v > 0 ? v : T{0}) + kernels::log1p_to_1(kernels::exp_below_0(-std::abs(v)));
        },
        [](auto v) { return kernels::logistic(v); });
}

Tensor hardswish(const Tensor& x) {
    return smooth(
        "hardswish", x,
        [](auto v) {
            using T = decltype(v);
            const T up = v + 3 > 0 ? v + 3 : T{0};
            return v * (up < 6 ? up : T{6}) / 6;
        },
        [](auto v) {
            using T = decltype(v);
            return v <= -3 ? T{0} : v >= 3 ? T{1} : (2 * v + 3) / 6;
        });
}

namespace {

/// Runs kernel(in..., out, outer, axis size, inner) on tensors of one shape and returns out.
template <class F>
Tensor along_axis(const char* op, const Tensor& x, int axis, F kernel) {
    Tensor y = Tensor::empty(x.shape(), x.dtype());
    const kernels::AxisView view{x.shape().numel_between(0, axis), x.size(axis),
                                 x.shape().numel_between(axis + 1, x.rank())};
    visit_floating(x.dtype(), op, [&](auto zero) { kernel(zero, y, view); });
    return y;
}

int checked_axis(const char* op, const Tensor& x, int axis) {
    ops::check_defined(op, x);
    check(axis >= -x.rank() && axis < x.rank(), op, "expected an axis of shape ", x.shape(), ", got ", axis);
    return x.shape().normalize_axis(axis);
}

}  // namespace

Tensor softmax(const Tensor& x, int axis) {
    axis = checked_axis("softmax", x, axis);
    Tensor y = along_axis("softmax", x, axis, [&](auto zero, Tensor& out, const kernels::AxisView& view) {
        using T = decltype(zero);
        kernels::softmax(x.data<T>(), out.mutable_data<T>(), view);
    });
    return autograd::record("softmax", y, {x}, [axis, y = Saved(y)](const Tensor& grad) {
        const Tensor& p = y.get();
        return Gradients{along_axis("softmax", p, axis, [&](auto zero, Tensor& out, const kernels::AxisView& view) {
            using T = decltype(zero);
            kernels::softmax_backward(p.data<T>(), grad.data<T>(), out.mutable_data<T>(), view);
        })};
    });
}

Tensor log_softmax(const Tensor& x, int axis) {
    axis = checked_axis("log_softmax", x, axis);
    Tensor y = along_axis("log_softmax", x, axis, [&](auto zero, Tensor& out, const kernels::AxisView& view) {
        using T = decltype(zero);
        kernels::log_softmax(x.data<T>(), out.mutable_data<T>(), view);
    });
    return autograd::record("log_softmax", y, {x}, [axis, y = Saved(y)](const Tensor& grad) {
        const Tensor& l = y.get();
        return Gradients{along_axis("log_softmax", l, axis, [&](auto zero, Tensor& out, const kernels::AxisView& view) {
            using T = decltype(zero);
            kernels::log_softmax_backward(l.data<T>(), grad.data<T>(), out.mutable_data<T>(), view);
        })};
    });
}

Registry<Activation(Arguments&)>& activations() {
    static Registry<Activation(Arguments&)> registry(
        "activation",
        {{"relu", "", "max(x, 0)", [](Arguments&) { return Activation(relu); }},
         {"sigmoid", "", "1 / (1 + exp(-x))", [](Arguments&) { return Activation(sigmoid); }},
         {"tanh", "", "hyperbolic tangent", [](Arguments&) { return Activation(tanh); }},
         {"gelu", "", "x times the normal distribution function", [](Arguments&) { return Activation(gelu); }},
         {"silu", "", "x sigmoid(x)", [](Arguments&) { return Activation(silu); }},
         {"softplus", "", "log(1 + exp(x))", [](Arguments&) { return Activation(softplus); }},
         {"hardswish", "", "x min(max(x + 3, 0), 6) / 6", [](Arguments&) { return Activation(hardswish); }}});
    return registry;
}

std::string Activation::name() const {
    if (none()) return "";
    for (const NamedItem& item : activations().names())
        if (activations().parse(item.name) == *this) return item.name;
    return "activation";
}

}  // namespace cyclone
