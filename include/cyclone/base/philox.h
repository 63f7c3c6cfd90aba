#pragma once
// Philox4x32-10 of Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1, 2, 3" (2011): its rounds. For
// draws there is random.h.

#include <cstdint>

namespace cyclone::philox {

inline constexpr int kRounds = 10;  ///< of the variant 4x32-10

/// The key of a round: at first the seed.
struct Key {
    std::uint32_t a = 0;  ///< low word
    std::uint32_t b = 0;  ///< high word

    /// For the next round.
    void bump() { a += 0x9E3779B9U, b += 0xBB67AE85U; }
};

/// One round of the four words of a counter.
inline void round(std::uint32_t& c0, std::uint32_t& c1, std::uint32_t& c2, std::uint32_t& c3, const Key& key) {
    const std::uint64_t x = std::uint64_t{0xD2511F53U} * c0, y = std::uint64_t{0xCD9E8D57U} * c2;
    c0 = static_cast<std::uint32_t>(y >> 32) ^ c1 ^ key.a;
    c1 = static_cast<std::uint32_t>(y);
    c2 = static_cast<std::uint32_t>(x >> 32) ^ c3 ^ key.b;
    c3 = static_cast<std::uint32_t>(x);
}

}  // namespace cyclone::philox
