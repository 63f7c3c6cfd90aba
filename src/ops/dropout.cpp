// Dropout and its gradient.

#include <cyclone/autograd/record.h>
#include <cyclone/ops/dropout.h>

#include <algorithm>
#include <cmath>

#include "kernels/dropout.h"
#include "ops/bf16.h"
#include "ops/elementwise_op.h"

namespace cyclone {

Tensor dropout(const Tensor& x, double rate, Generator& generator) {
    ops::check_defined("dropout", x);
    check(rate >= 0 && rate < 1, "dropout", "expected a rate in [0, 1), got ", rate);
    if (rate == 0) return x;
    // A word below the threshold drops its element: the rate is met to 2^-32.
    const auto threshold = static_cast<std::uint32_t>(std::min(std::round(rate * 0x1p32), 0x1p32 - 1));
    const double scale = 1 / (1 - rate);
    const std::uint64_t first = generator.reserve(x.numel());
    const bool recorded = autograd::needs_record(&x, 1);
    Tensor keep = recorded ? Tensor::empty(x.shape(), DType::u8) : Tensor();
    Tensor y = Tensor::empty(x.shape(), x.dtype());
    std::uint8_t* kept = recorded ? keep.mutable_data<std::uint8_t>() : nullptr;
    if (ops::is_bf16(x))
        kernels::dropout(x.data<Bfloat16>(), y.mutable_data<Bfloat16>(), kept, x.numel(), generator.seed, first,
                         threshold, static_cast<float>(scale));
    else
        visit_floating(x.dtype(), "dropout", [&](auto zero) {
            using T = decltype(zero);
            kernels::dropout(x.data<T>(), y.mutable_data<T>(), kept, x.numel(), generator.seed, first, threshold,
                             static_cast<T>(scale));
        });
    return autograd::record("dropout", y, {x}, [scale, keep](const Tensor& grad) {
        Tensor dx = Tensor::empty(grad.shape(), grad.dtype());
        if (ops::is_bf16(grad)) {
            kernels::scale_kept(grad.data<Bfloat16>(), keep.data<std::uint8_t>(), dx.mutable_data<Bfloat16>(),
                                grad.numel(), static_cast<float>(scale));
            return Gradients{dx};
        }
        visit_floating(grad.dtype(), "dropout", [&](auto zero) {
            using T = decltype(zero);
            kernels::zip(
                grad.data<T>(), keep.data<std::uint8_t>(), dx.mutable_data<T>(), grad.numel(),
                [scale = static_cast<T>(scale)](T g, std::uint8_t k) { return g * (scale * static_cast<T>(k)); });
        });
        return Gradients{dx};
    });
}

}  // namespace cyclone
