// Element-wise arithmetic and its gradients.

#include <cyclone/autograd/record.h>
#include <cyclone/ops/arithmetic.h>

#include <cmath>

#include "ops/bf16.h"
#include "ops/elementwise_op.h"
#include "ops/relu.h"

namespace cyclone {

using ops::map_tensor;
using ops::zip_tensors;

namespace {

template <class F>
Tensor binary(const char* op, const Tensor& a, const Tensor& b, F f) {
    ops::check_same_dtype(op, a, b);
    return ops::zip_broadcast_tensors(op, a, b, broadcast(a.shape(), b.shape(), op), f);
}

/// A tensor for the backward, or an undefined one where no gradient will ask for it.
Saved saved_if(bool needed, const Tensor& tensor) { return Saved(needed ? tensor : Tensor()); }

/// y, whose elements depend on a + b alone, with the gradients of the sum.
Tensor record_sum(Tensor y, const Tensor& a, const Tensor& b) {
    return autograd::record("add", std::move(y), {a, b},
                            [need_a = a.requires_grad(), need_b = b.requires_grad()](const Tensor& grad) {
                                return Gradients{need_a ? grad : Tensor(), need_b ? grad : Tensor()};
                            });
}

/// a + b of two tensors of bf16 and one shape, added up in f32.
Tensor sum_in_bf16(const Tensor& a, const Tensor& b, bool with_relu) {
    Tensor y = Tensor::empty(a.shape(), DType::bf16);
    const auto *from = a.data<Bfloat16>(), *other = b.data<Bfloat16>();
    with_relu ? kernels::add_relu(from, other, y.mutable_data<Bfloat16>(), y.numel())
              : kernels::add(from, other, y.mutable_data<Bfloat16>(), y.numel());
    return y;
}

}  // namespace

Tensor add(const Tensor& a, const Tensor& b) {
    ops::check_same_dtype("add", a, b);
    if (ops::is_bf16(a) && a.shape() == b.shape()) return record_sum(sum_in_bf16(a, b, false), a, b);
    return record_sum(binary("add", a, b, [](auto u, auto v) { return u + v; }), a, b);
}

Tensor add_relu(const Tensor& a, const Tensor& b) {
    ops::check_same_dtype("add_relu", a, b);
    ops::check_same_shape("add_relu", a, b);
    const auto clipped_sum = [](auto u, auto v) {
        const auto sum = u + v;
        return sum < 0 ? decltype(sum){0} : sum;  // keeps NaN, as relu() does
    };
    const Tensor y =
        record_sum(ops::is_bf16(a) ? sum_in_bf16(a, b, true) : zip_tensors("add_relu", a, b, clipped_sum), a, b);
    return y.requires_grad() ? ops::record_relu(y.detach(), y) : y;
}

Tensor sub(const Tensor& a, const Tensor& b) {
    Tensor y = binary("sub", a, b, [](auto u, auto v) { return u - v; });
    return autograd::record("sub", y, {a, b},
                            [need_a = a.requires_grad(), need_b = b.requires_grad()](const Tensor& grad) {
                                return Gradients{need_a ? grad : Tensor(), need_b ? neg(grad) : Tensor()};
                            });
}

Tensor mul(const Tensor& a, const Tensor& b) {
    Tensor y = binary("mul", a, b, [](auto u, auto v) { return u * v; });
    const bool need_a = a.requires_grad(), need_b = b.requires_grad();
    return autograd::record(
        "mul", y, {a, b}, [need_a, need_b, a = saved_if(need_b, a), b = saved_if(need_a, b)](const Tensor& grad) {
            return Gradients{need_a ? mul(grad, b.get()) : Tensor(), need_b ? mul(grad, a.get()) : Tensor()};
        });
}

Tensor div(const Tensor& a, const Tensor& b) {
    Tensor y = binary("div", a, b, [](auto u, auto v) { return u / v; });
    const bool need_a = a.requires_grad(), need_b = b.requires_grad();
    return autograd::record("div", y, {a, b},
                            [need_a, need_b, y = saved_if(need_b, y), b = Saved(b)](const Tensor& grad) {
                                const Tensor da = div(grad, b.get());  // d(a / b)/db = -(a / b) / b
                                return Gradients{need_a ? da : Tensor(), need_b ? neg(mul(da, y.get())) : Tensor()};
                            });
}

Tensor neg(const Tensor& x) {
    Tensor y = map_tensor("neg", x, [](auto v) { return -v; });
    return autograd::record("neg", y, {x}, [](const Tensor& grad) { return Gradients{neg(grad)}; });
}

Tensor exp(const Tensor& x) {
    Tensor y = map_tensor(
        "exp", x, [](auto v) { return std::exp(v); }, ops::kTranscendental);
    return autograd::record("exp", y, {x},
                            [y = Saved(y)](const Tensor& grad) { return Gradients{mul(grad, y.get())}; });
}

Tensor log(const Tensor& x) {
    Tensor y = map_tensor(
        "log", x, [](auto v) { return std::log(v); }, ops::kTranscendental);
    return autograd::record("log", y, {x},
                            [x = Saved(x)](const Tensor& grad) { return Gradients{div(grad, x.get())}; });
}

Tensor sqrt(const Tensor& x) {
    Tensor y = map_tensor("sqrt", x, [](auto v) { return std::sqrt(v); });
    return autograd::record("sqrt", y, {x}, [y = Saved(y)](const Tensor& grad) {
        return Gradients{zip_tensors("sqrt", grad, y.get(), [](auto g, auto r) { return g / (r + r); })};
    });
}

Tensor abs(const Tensor& x) {
    Tensor y = map_tensor("abs", x, [](auto v) { return std::abs(v); });
    return autograd::record("abs", y, {x}, [x = Saved(x)](const Tensor& grad) {
        return Gradients{zip_tensors("abs", grad, x.get(), [](auto g, auto v) {
            using T = decltype(v);
            return g * static_cast<T>((v > 0) - (v < 0));
        })};
    });
}

Tensor pow(const Tensor& x, double exponent) {
    const auto power = [](double p) {
        return [p](auto v) { return static_cast<decltype(v)>(std::pow(v, static_cast<decltype(v)>(p))); };
    };
    Tensor y = map_tensor("pow", x, power(exponent), ops::kTranscendental);
    return autograd::record("pow", y, {x}, [exponent, power, x = Saved(x)](const Tensor& grad) {
        const auto slope = [exponent, lower = power(exponent - 1)](auto g, auto v) {
            using T = decltype(v);
            return exponent == 0 ? T{0} : g * static_cast<T>(exponent) * lower(v);
        };
        return Gradients{zip_tensors("pow", grad, x.get(), slope, ops::kTranscendental)};
    });
}

Tensor clamp(const Tensor& x, double low, double high) {
    check(low <= high, "clamp", "expected low <= high, got ", low, " and ", high);
    Tensor y = map_tensor("clamp", x, [low, high](auto v) {
        using T = decltype(v);
        const T a = static_cast<T>(low), b = static_cast<T>(high);
        return v < a ? a : v > b ? b : v;
    });
    return autograd::record("clamp", y, {x}, [low, high, x = Saved(x)](const Tensor& grad) {
        return Gradients{zip_tensors("clamp", grad, x.get(), [low, high](auto g, auto v) {
            using T = decltype(v);
            return v < static_cast<T>(low) || v > static_cast<T>(high) ? T{0} : g;
        })};
    });
}

Tensor where(const Tensor& condition, const Tensor& a, const Tensor& b) {
    ops::check_defined("where", condition);
    ops::check_same_dtype("where", a, b);
    check(condition.dtype() == DType::u8, "where", "expected a condition of u8, got ", name_of(condition.dtype()));
    const Shape full = broadcast(broadcast(a.shape(), b.shape(), "where"), condition.shape(), "where");
    Tensor y = Tensor::empty(full, a.dtype()), flags = Tensor::empty(full, DType::u8);
    auto* flag = flags.mutable_data<std::uint8_t>();
    const auto* given = condition.data<std::uint8_t>();
    std::int64_t i = 0;
    kernels::for_each_broadcast(full, condition.shape(), [&](std::int64_t at) { flag[i++] = given[at]; });
    visit_floating(a.dtype(), "where", [&](auto zero) {
        using T = decltype(zero);
        T* into = y.mutable_data<T>();
        for (const bool first : {true, false}) {
            const Tensor& from = first ? a : b;
            i = 0;
            kernels::for_each_broadcast(full, from.shape(), [&, x = from.data<T>()](std::int64_t at) {
                if ((flag[i] != 0) == first) into[i] = x[at];
                ++i;
            });
        }
    });
    return autograd::record("where", y, {a, b},
                            [need_a = a.requires_grad(), need_b = b.requires_grad(), flags](const Tensor& grad) {
                                const Tensor zeros = Tensor::zeros(grad.shape(), grad.dtype());
                                return Gradients{need_a ? where(flags, grad, zeros) : Tensor(),
                                                 need_b ? where(flags, zeros, grad) : Tensor()};
                            });
}

}  // namespace cyclone
