// Dropout: batches of random words, and the loops that apply them.

#include "kernels/dropout.h"

#include <cyclone/base/philox.h>

#include <algorithm>

#include "kernels/multiversion.h"
#include "kernels/parallel.h"

namespace cyclone::kernels {
namespace {

constexpr std::int64_t kBatch = 64;  // counters per call of philox_batch

/// The words of Random(seed) for the counters first ... first + kBatch - 1: words[4 * k + w] is word w of first + k.
/// Round by round over the whole batch, so that the compiler runs the counters side by side.
CYCLONE_MULTIVERSION void philox_batch(std::uint64_t seed, std::uint64_t first, std::uint32_t* __restrict words) {
    std::uint32_t c0[kBatch], c1[kBatch], c2[kBatch] = {}, c3[kBatch] = {};
    for (std::int64_t k = 0; k < kBatch; ++k) {
        const std::uint64_t counter = first + static_cast<std::uint64_t>(k);
        c0[k] = static_cast<std::uint32_t>(counter);
        c1[k] = static_cast<std::uint32_t>(counter >> 32);
    }
    philox::Key key{static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32)};
    for (int round = 0; round < philox::kRounds; ++round, key.bump())
        for (std::int64_t k = 0; k < kBatch; ++k) philox::round(c0[k], c1[k], c2[k], c3[k], key);
    for (std::int64_t k = 0; k < kBatch; ++k)
        words[4 * k] = c0[k], words[4 * k + 1] = c1[k], words[4 * k + 2] = c2[k], words[4 * k + 3] = c3[k];
}

// S: what T is computed in.
template <class T, class S>
CYCLONE_MULTIVERSION_TEMPLATE static void apply(const T* x, T* __restrict y, std::uint8_t* __restrict keep,
                                                std::int64_t n, const std::uint32_t* words, std::uint32_t threshold,
                                                S scale) {
    for (std::int64_t i = 0; i < n; ++i) y[i] = T(x[i] * (words[i] < threshold ? S{0} : scale));  // so it vectorises
    if (keep == nullptr) return;
    for (std::int64_t i = 0; i < n; ++i) keep[i] = words[i] < threshold ? 0 : 1;
}

template <class T, class S>
void dropout_of(const T* x, T* y, std::uint8_t* keep, std::int64_t n, std::uint64_t seed, std::uint64_t first,
                std::uint32_t threshold, S scale) {
    constexpr std::int64_t kElements = 4 * kBatch;
    parallel_for((n + kElements - 1) / kElements,
                 [=](std::int64_t begin, std::int64_t end) {
                     std::uint32_t words[kElements];
                     for (std::int64_t block = begin; block < end; ++block) {
                         const std::int64_t at = block * kElements;
                         philox_batch(seed, first + static_cast<std::uint64_t>(block * kBatch), words);
                         apply(x + at, y + at, keep ? keep + at : nullptr, std::min(kElements, n - at), words,
                               threshold, scale);
                     }
                 },
                 8 * kElements);
}

}  // namespace

void dropout(const float* x, float* y, std::uint8_t* keep, std::int64_t n, std::uint64_t seed, std::uint64_t first,
             std::uint32_t threshold, float scale) {
    dropout_of(x, y, keep, n, seed, first, threshold, scale);
}

void dropout(const double* x, double* y, std::uint8_t* keep, std::int64_t n, std::uint64_t seed, std::uint64_t first,
             std::uint32_t threshold, double scale) {
    dropout_of(x, y, keep, n, seed, first, threshold, scale);
}

void dropout(const Bfloat16* x, Bfloat16* y, std::uint8_t* keep, std::int64_t n, std::uint64_t seed,
             std::uint64_t first, std::uint32_t threshold, float scale) {
    dropout_of(x, y, keep, n, seed, first, threshold, scale);
}

}  // namespace cyclone::kernels
