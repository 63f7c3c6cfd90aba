#pragma once
// Loops over bf16 elements: they are read as floats, computed with in f32, and rounded once, when they are stored.
// These vectorise by hand-made bits; tests/ops/bf16_test.cpp compares each with f64.

#include <cyclone/base/half.h>

#include <cstdint>

namespace cyclone::kernels {

void widen(const Bfloat16* x, float* y, std::int64_t n);      ///< exact
void round_to(const float* x, Bfloat16* y, std::int64_t n);   ///< to the nearest
void round_in_f32(const float* x, float* y, std::int64_t n);  ///< the same as floats; y may be x

/// y = max(x, 0); keeps NaN
void relu(const Bfloat16* x, Bfloat16* y, std::int64_t n);
/// x_grad[i] = y[i] > 0 ? y_grad[i] : 0; x_grad may be y_grad.
void relu_mask(const Bfloat16* y, const Bfloat16* y_grad, Bfloat16* x_grad, std::int64_t n);
/// y = a + b; y may be a or b
void add(const Bfloat16* a, const Bfloat16* b, Bfloat16* y, std::int64_t n);
/// y = max(a + b, 0); keeps NaN
void add_relu(const Bfloat16* a, const Bfloat16* b, Bfloat16* y, std::int64_t n);
/// y[i] = keep[i] ? x[i] * scale : x[i] * 0
void scale_kept(const Bfloat16* x, const std::uint8_t* keep, Bfloat16* y, std::int64_t n, float scale);

}  // namespace cyclone::kernels
