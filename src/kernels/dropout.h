#pragma once
// Inverted dropout with Philox words.

#include <cyclone/base/half.h>

#include <cstdint>

namespace cyclone::kernels {

/// Element i is kept (keep[i] = 1, y[i] = x[i] * scale) unless word i % 4 of Random(seed).words(first + i / 4) is below
/// `threshold`; then keep[i] = 0 and y[i] = x[i] * 0. `keep` may be nullptr.
void dropout(const float* x, float* y, std::uint8_t* keep, std::int64_t n, std::uint64_t seed, std::uint64_t first,
             std::uint32_t threshold, float scale);
void dropout(const double* x, double* y, std::uint8_t* keep, std::int64_t n, std::uint64_t seed, std::uint64_t first,
             std::uint32_t threshold, double scale);
void dropout(const Bfloat16* x, Bfloat16* y, std::uint8_t* keep, std::int64_t n, std::uint64_t seed,
             std::uint64_t first, std::uint32_t threshold, float scale);

}  // namespace cyclone::kernels
