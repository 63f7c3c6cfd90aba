#pragma once
// Draws in a row from one stream, for generators that need many per sample.

#include <cyclone/base/random.h>

#include <cstddef>
#include <cstdint>

namespace cyclone::data {

/// Counts its way through a Random; a value for one sample, never shared between threads.
class Draws {
public:
    explicit Draws(Random random, std::uint64_t first = 0) : random_(random), next_(first) {}

    double uniform(double low, double high) { return low + (high - low) * random_.uniform(next_++); }
    double normal() { return random_.normal(next_++); }
    bool chance(double probability) { return random_.uniform(next_++) < probability; }
    /// Uniform in [low, high], both included.
    std::int64_t integer(std::int64_t low, std::int64_t high) {
        return low + static_cast<std::int64_t>(random_.below(next_++, static_cast<std::uint64_t>(high - low + 1)));
    }
    /// Approximately standard normal values, cheap: each is the sum of the four bytes of a word, with mean 510 and
    /// standard deviation sqrt(4 (256^2 - 1) / 12); |value| <= 3.45.
    void fill_noise(float* out, std::size_t count) {
        constexpr float kInverseDeviation = 1.0F / 147.80053F;
        for (std::size_t i = 0; i < count; i += 4) {
            const auto words = random_.words(next_++);
            for (std::size_t k = 0; k < 4 && i + k < count; ++k) {
                const std::uint32_t w = words[k];
                const auto sum = static_cast<int>((w & 255U) + (w >> 8 & 255U) + (w >> 16 & 255U) + (w >> 24));
                out[i + k] = static_cast<float>(sum - 510) * kInverseDeviation;
            }
        }
    }

private:
    Random random_;
    std::uint64_t next_;
};

}  // namespace cyclone::data
