#pragma once
// The two 16-bit floating-point formats: of weights and arrays, for reading, and the rounding to bfloat16.

#include <bit>
#include <cstdint>

namespace cyclone {

/// The value of an IEEE 754 binary16 number ("F16", NumPy's float16); exact.
inline float half_to_float(std::uint16_t bits) {
    const std::uint32_t sign = std::uint32_t{bits & 0x8000U} << 16, exponent = bits >> 10 & 31U,
                        fraction = bits & 1023U;
    if (exponent == 0) {  // fraction * 2^-24
        const float value = static_cast<float>(fraction) * 0x1p-24F;
        return sign != 0 ? -value : value;
    }
    const std::uint32_t wide = exponent == 31 ? 255 : exponent + 127 - 15;
    return std::bit_cast<float>(sign | wide << 23 | fraction << 13);
}

/// The value of a bfloat16 number ("BF16"): the upper half of a float; exact.
inline float bfloat16_to_float(std::uint16_t bits) { return std::bit_cast<float>(std::uint32_t{bits} << 16); }

/// The nearest value that a bfloat16 number can have, of two the even one, as processors round; beyond the largest one
/// infinity. NaN stays NaN.
inline float round_to_bfloat16(float value) {
    const auto bits = std::bit_cast<std::uint32_t>(value);
    const bool nan = (bits & 0x7FFF'FFFFU) > 0x7F80'0000U;
    const std::uint32_t rounded = nan ? bits | 0x0040'0000U : bits + 0x7FFFU + (bits >> 16 & 1U);
    return std::bit_cast<float>(rounded & 0xFFFF'0000U);
}

/// An element of a tensor in bf16. It is stored, not computed with: operations turn it into a float first.
struct Bfloat16 {
    std::uint16_t bits = 0;  ///< the upper half of a float

    Bfloat16() = default;
    /// round_to_bfloat16(value)
    explicit Bfloat16(float value)
        : bits(static_cast<std::uint16_t>(std::bit_cast<std::uint32_t>(round_to_bfloat16(value)) >> 16)) {}
    operator float() const { return bfloat16_to_float(bits); }  ///< exact
};
static_assert(sizeof(Bfloat16) == 2);

}  // namespace cyclone
