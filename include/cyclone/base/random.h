#pragma once
// Counter-based random numbers (Philox4x32-10, Salmon et al. 2011): a draw is a pure function of
// (seed, stream, index), so results depend neither on the thread count nor on stops and resumes.

#include <cyclone/base/language.h>

#include <array>
#include <cstdint>
#include <span>
#include <vector>

namespace cyclone {

/// A pure source of draws. Copies are independent values; there is no hidden state.
/// Draws with different `index` (or different stream) are independent.
class Random {
public:
    /// Streams of one seed are independent of each other.
    explicit Random(std::uint64_t seed, std::uint64_t stream = 0) : seed_(seed), stream_(stream) {}

    std::uint64_t seed() const { return seed_; }      ///< as given
    std::uint64_t stream() const { return stream_; }  ///< as given

    /// Four independent 32-bit words for one index.
    std::array<std::uint32_t, 4> words(std::uint64_t index) const;
    /// 64 random bits.
    std::uint64_t bits(std::uint64_t index) const;
    /// Uniform in [0, 1), 53 bits.
    double uniform(std::uint64_t index) const;
    /// Standard normal (Box-Muller).
    double normal(std::uint64_t index) const;
    /// Uniform integer in [0, bound), bound > 0; bias below bound / 2^64.
    std::uint64_t below(std::uint64_t index, std::uint64_t bound) const;

    /// out[i] = low + (high - low) * u(index + i / 4 words), any thread count gives the same numbers.
    /// Uses ceil(out.size() / 4) indices.
    void fill_uniform(std::span<float> out, std::uint64_t index, float low, float high) const;

private:
    std::uint64_t seed_, stream_;
};

/// A random permutation of 0 ... n-1 (Fisher-Yates).
std::vector<std::int64_t> permutation(std::int64_t n, const Random& random);

/// `count` of the numbers 0 ... n-1, ascending: the first ones of permutation(). All of them when count >= n.
std::vector<std::int64_t> random_choice(std::int64_t n, std::int64_t count, const Random& random);

/// The position in a stream of draws: what a checkpoint stores and a range test restores.
struct Generator {
    std::uint64_t seed = 0;      ///< of Random
    std::uint64_t position = 0;  ///< the next index that is free
    /// Rows of a batch.
    struct Rows {
        std::int64_t first = 0;  ///< the first one
        std::int64_t rows = 1;   ///< how many
        std::int64_t all = 1;    ///< of the batch
    };
    /// For which rows reserve() reserves: it gives them what the whole batch would. first * (numbers per row) must be a
    /// multiple of 4, as it is where first is.
    Rows slice = {};

    /// Reserves `count` indices and returns the first.
    std::uint64_t advance(std::uint64_t count) {
        const std::uint64_t first = position;
        position += count;
        return first;
    }
    /// Reserves indices for `numbers` draws, four per index, and returns the first; of a slice: of its own part. Error
    /// unless `numbers` is a multiple of the slice's rows.
    std::uint64_t reserve(std::int64_t numbers);
    /// The source of the draws.
    Random random() const { return Random(seed); }
};

/// The generator of the calling thread, used by initializers and dropout. Until manual_seed(), the first thread of the
/// process that asks for one has seed 0, and each later one a seed of its own: no two draw the same numbers. Which
/// thread comes first is chance, so a program with threads seeds each of them.
Generator& default_generator();

/// Restarts the calling thread's generator; those of other threads, also of threads that it starts, stay as they are.
void manual_seed(std::uint64_t seed);

}  // namespace cyclone
