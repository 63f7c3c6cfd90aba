#pragma once
// Generated data, so that everything runs without any file.

#include <cyclone/data/dataset.h>

#include <cstdint>

namespace cyclone::data {

/// Options of synthetic_patches().
struct SyntheticPatchesOptions {
    std::int64_t positives = 3'459;   ///< the study's set at 1 : 17.5
    std::int64_t negatives = 60'541;  ///< as positives
    std::uint64_t seed = 1;           ///< of all that is random
    double difficulty = 1.0;  ///< the spots' contrast is divided by it; below 1 easier, above 1 harder; in [0.1, 10]
    std::int64_t size = 16;   ///< side in pixels, 8 to 256
    std::int64_t first = 0;   ///< number of the first patch of either class: a large set can be made piece by piece
};

/// Patches that look like pieces of a breast X-ray: (N, size, size, 1) u16, class 0 "negative", 1 "positive", the
/// positives first. All show smooth tissue at several scales with grain, gain and offset of their own, and some of
/// either class a faint blob, a line or a single bright pixel. A positive holds two to five small bright spots
/// (micro-calcifications) in a cluster near its middle. With the defaults and a test set of a fifth, logistic
/// regression on the pixels reaches an AUC of 0.78, the brightest pixel alone 0.92. Patch k of a class depends
/// only on seed, class, k and the other options, so more patches leave the first ones as they were and any thread count
/// gives the same bits. Errors: a negative count, no patch at all, size or difficulty outside their ranges.
Dataset synthetic_patches(SyntheticPatchesOptions options = {});

/// Options of synthetic_digits().
struct SyntheticDigitsOptions {
    std::int64_t count = 10'000;  ///< images
    std::uint64_t seed = 1;       ///< of all that is random
    std::int64_t size = 28;       ///< side in pixels, 12 to 256
};

/// Drawn digits in MNIST's layout: (N, size, size, 1) u8, bright strokes on black, image i shows digit i % 10. Every
/// image has its own shift, scale, slant, rotation, stroke width and noise. Any thread count gives the same bits.
/// Errors: count < 1, size outside its range.
Dataset synthetic_digits(SyntheticDigitsOptions options = {});

}  // namespace cyclone::data
