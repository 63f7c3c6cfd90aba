// Loops over bf16 elements.

#include "kernels/bf16.h"

#include "kernels/multiversion.h"
#include "kernels/parallel.h"

namespace cyclone::kernels {
namespace {

// Without a branch for NaN, so that loops vectorise.
[[gnu::always_inline]] inline std::uint16_t bits_of(float value) {
    const auto bits = std::bit_cast<std::uint32_t>(value);
    const std::uint32_t rounded = bits + 0x7FFFU + (bits >> 16 & 1U), quiet = bits | 0x0040'0000U;
    return static_cast<std::uint16_t>((value != value ? quiet : rounded) >> 16);
}
[[gnu::always_inline]] inline float value_of(std::uint16_t bits) { return bfloat16_to_float(bits); }
[[gnu::always_inline]] inline float clipped(float value) { return value < 0 ? 0.0F : value; }

CYCLONE_MULTIVERSION void widen_loop(const Bfloat16* x, float* __restrict y, std::int64_t n) {
    for (std::int64_t i = 0; i < n; ++i) y[i] = value_of(x[i].bits);
}

CYCLONE_MULTIVERSION void round_loop(const float* x, Bfloat16* __restrict y, std::int64_t n) {
    for (std::int64_t i = 0; i < n; ++i) y[i].bits = bits_of(x[i]);
}

CYCLONE_MULTIVERSION void round_in_f32_loop(const float* x, float* y, std::int64_t n) {
    for (std::int64_t i = 0; i < n; ++i) y[i] = value_of(bits_of(x[i]));
}

CYCLONE_MULTIVERSION void relu_loop(const Bfloat16* x, Bfloat16* __restrict y, std::int64_t n) {
    for (std::int64_t i = 0; i < n; ++i) {
        const std::uint16_t bits = x[i].bits;
        y[i].bits = value_of(bits) < 0 ? std::uint16_t{0} : bits;
    }
}

// A positive number has bits of 1 up to those of infinity.
CYCLONE_MULTIVERSION void relu_mask_loop(const Bfloat16* y, const Bfloat16* y_grad, Bfloat16* x_grad, std::int64_t n) {
    constexpr std::uint16_t kInfinity = 0x7F80;
    for (std::int64_t i = 0; i < n; ++i) {
        const std::uint16_t grad = y_grad[i].bits, below = static_cast<std::uint16_t>(y[i].bits - 1);
        x_grad[i].bits = below < kInfinity ? grad : std::uint16_t{0};
    }
}

CYCLONE_MULTIVERSION void add_loop(const Bfloat16* a, const Bfloat16* b, Bfloat16* y, std::int64_t n) {
    for (std::int64_t i = 0; i < n; ++i) y[i].bits = bits_of(value_of(a[i].bits) + value_of(b[i].bits));
}

CYCLONE_MULTIVERSION void add_relu_loop(const Bfloat16* a, const Bfloat16* b, Bfloat16* y, std::int64_t n) {
    for (std::int64_t i = 0; i < n; ++i) y[i].bits = bits_of(clipped(value_of(a[i].bits) + value_of(b[i].bits)));
}

CYCLONE_MULTIVERSION void scale_loop(const Bfloat16* x, const std::uint8_t* keep, Bfloat16* __restrict y,
                                     std::int64_t n, float scale) {
    for (std::int64_t i = 0; i < n; ++i)
        y[i].bits = bits_of(value_of(x[i].bits) * (scale * static_cast<float>(keep[i])));
}

}  // namespace

void widen(const Bfloat16* x, float* y, std::int64_t n) {
    parallel_for(n, [=](std::int64_t begin, std::int64_t end) { widen_loop(x + begin, y + begin, end - begin); });
}

void round_to(const float* x, Bfloat16* y, std::int64_t n) {
    parallel_for(n, [=](std::int64_t begin, std::int64_t end) { round_loop(x + begin, y + begin, end - begin); });
}

void round_in_f32(const float* x, float* y, std::int64_t n) {
    parallel_for(n,
                 [=](std::int64_t begin, std::int64_t end) { round_in_f32_loop(x + begin, y + begin, end - begin); });
}

void relu(const Bfloat16* x, Bfloat16* y, std::int64_t n) {
    parallel_for(n, [=](std::int64_t begin, std::int64_t end) { relu_loop(x + begin, y + begin, end - begin); });
}

void relu_mask(const Bfloat16* y, const Bfloat16* y_grad, Bfloat16* x_grad, std::int64_t n) {
    parallel_for(n, [=](std::int64_t begin, std::int64_t end) {
        relu_mask_loop(y + begin, y_grad + begin, x_grad + begin, end - begin);
    });
}

void add(const Bfloat16* a, const Bfloat16* b, Bfloat16* y, std::int64_t n) {
    parallel_for(n,
                 [=](std::int64_t begin, std::int64_t end) { add_loop(a + begin, b + begin, y + begin, end - begin); });
}

void add_relu(const Bfloat16* a, const Bfloat16* b, Bfloat16* y, std::int64_t n) {
    parallel_for(
        n, [=](std::int64_t begin, std::int64_t end) { add_relu_loop(a + begin, b + begin, y + begin, end - begin); });
}

void scale_kept(const Bfloat16* x, const std::uint8_t* keep, Bfloat16* y, std::int64_t n, float scale) {
    parallel_for(n, [=](std::int64_t begin, std::int64_t end) {
        scale_loop(x + begin, keep + begin, y + begin, end - begin, scale);
    });
}

}  // namespace cyclone::kernels
