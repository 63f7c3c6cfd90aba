#pragma once
// Transcendental functions of f32 without branches and calls, so that loops over them become vectors; those of f64 are
// the standard library's. Their errors are relative, against f64.

#include <bit>
#include <cmath>
#include <cstdint>

namespace cyclone::kernels {

/// The polynomial with these coefficients, that of the highest power first.
template <class... Lower>
[[gnu::always_inline]] inline float polynomial(float x, float highest, Lower... lower) {
    ((highest = highest * x + lower), ...);
    return highest;
}

/// exp(x) = 2^n (1 + p), of x in [-87, 0]; Cody and Waite's reduction, coefficients of Cephes' expf (Moshier 1992).
struct SplitExp {
    float power, p;

    [[gnu::always_inline]] explicit SplitExp(float x) {
        constexpr float kRound = 12582912.0F;  // 1.5 * 2^23: adding it rounds to a whole number, in the low bits
        const float shifted = x * 1.44269504F + kRound, n = shifted - kRound;
        const float r = (x - n * 0.693359375F) - n * -2.12194440e-4F;
        const float q = polynomial(r, 1.9875691500e-4F, 1.3981999507e-3F, 8.3334519073e-3F, 4.1665795894e-2F,
                                   1.6666665459e-1F, 5.0000001201e-1F);
        p = q * r * r + r;
        power = std::bit_cast<float>((std::bit_cast<std::uint32_t>(shifted) + 127U) << 23U);
    }
};

/// exp(x) of x <= 0, within 2e-7; 0 below -87.
[[gnu::always_inline]] inline float exp_below_0(float x) {
    const SplitExp e(x);
    const float y = e.power * e.p + e.power;
    return x < -87.0F ? 0.0F : y;
}
/// exp(x) - 1 of x <= 0, within 3e-7; -1 below -87.
[[gnu::always_inline]] inline float expm1_below_0(float x) {
    const SplitExp e(x);
    const float y = e.power * e.p + (e.power - 1.0F);
    return x < -87.0F ? -1.0F : y;
}
/// log(1 + x) of x in [0, 1], within 2e-7: 2 artanh(x / (2 + x)) by its series.
[[gnu::always_inline]] inline float log1p_to_1(float x) {
    const float s = x / (2.0F + x), z = s * s;
    const float q = polynomial(z, 1.0F / 15, 1.0F / 13, 1.0F / 11, 1.0F / 9, 1.0F / 7, 1.0F / 5, 1.0F / 3);
    return 2.0F * (s + s * z * q);
}
/// exp(x^2 / 2) P(X > x) for a standard normal X and x >= 0, within 5e-7: a polynomial in 1 / (1 + 0.32 x) over all x,
/// fitted to the scaled complementary error function by reweighted least squares.
[[gnu::always_inline]] inline float scaled_normal_tail(float x) {
    const float t = 1.0F / (1.0F + 0.32F * x);
    return t * polynomial(t, -0.0210782271F, 0.0954075158F, -0.146707937F, 0.0653285012F, -0.0093778437F, 0.058654055F,
                          0.0878290832F, 0.114622362F, 0.127660945F, 0.127661526F);
}

[[gnu::always_inline]] inline double exp_below_0(double x) { return std::exp(x); }
[[gnu::always_inline]] inline double expm1_below_0(double x) { return std::expm1(x); }
[[gnu::always_inline]] inline double log1p_to_1(double x) { return std::log1p(x); }

/// The distribution function and the density of the standard normal.
template <class T>
struct Normal {
    T below, density;
};
[[gnu::always_inline]] inline Normal<float> normal_at(float x) {
    const float size = std::abs(x), e = exp_below_0(-0.5F * x * x), tail = e * scaled_normal_tail(size);
    return {x < 0 ? tail : 1.0F - tail, 0.398942280F * e};
}
[[gnu::always_inline]] inline Normal<double> normal_at(double x) {
    return {0.5 * std::erfc(-x * 0.70710678118654752440), 0.39894228040143267794 * std::exp(-0.5 * x * x)};
}

/// 1 / (1 + exp(-x))
template <class T>
[[gnu::always_inline]] inline T logistic(T x) {
    const T e = exp_below_0(-std::abs(x));  // in (0, 1]: never overflows
    return (x < 0 ? e : T{1}) / (T{1} + e);
}

}  // namespace cyclone::kernels
