// What is drawn with Philox4x32-10.

#include <cyclone/base/error.h>
#include <cyclone/base/philox.h>
#include <cyclone/base/random.h>
#include <cyclone/base/threads.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <numbers>
#include <numeric>
#include <utility>

namespace cyclone {
namespace {

constexpr std::uint64_t kThreads = 0x7EAD'0001;  // a stream that nothing else draws from

std::uint64_t seed_of_thread(std::uint64_t number) { return number == 0 ? 0 : Random(number, kThreads).bits(0); }

}  // namespace

std::array<std::uint32_t, 4> Random::words(std::uint64_t index) const {
    std::array<std::uint32_t, 4> w{static_cast<std::uint32_t>(index), static_cast<std::uint32_t>(index >> 32),
                                   static_cast<std::uint32_t>(stream_), static_cast<std::uint32_t>(stream_ >> 32)};
    philox::Key key{static_cast<std::uint32_t>(seed_), static_cast<std::uint32_t>(seed_ >> 32)};
    for (int round = 0; round < philox::kRounds; ++round, key.bump()) philox::round(w[0], w[1], w[2], w[3], key);
    return w;
}

std::uint64_t Random::bits(std::uint64_t index) const {
    const auto w = words(index);
    return static_cast<std::uint64_t>(w[1]) << 32 | w[0];
}

double Random::uniform(std::uint64_t index) const { return static_cast<double>(bits(index) >> 11) * 0x1p-53; }

double Random::normal(std::uint64_t index) const {
    const auto w = words(index);
    const double radius_draw =
        (static_cast<double>((static_cast<std::uint64_t>(w[1]) << 32 | w[0]) >> 11) + 0.5) * 0x1p-53;
    const double angle_draw = static_cast<double>((static_cast<std::uint64_t>(w[3]) << 32 | w[2]) >> 11) * 0x1p-53;
    return std::sqrt(-2.0 * std::log(radius_draw)) * std::cos(2.0 * std::numbers::pi * angle_draw);
}

std::uint64_t Random::below(std::uint64_t index, std::uint64_t bound) const {
    // The upper 64 bits of the product; every sum here fits into 64 bits.
    constexpr std::uint64_t lower = 0xffff'ffff;
    const std::uint64_t a = bits(index);
    const std::uint64_t middle = (a >> 32) * (bound & lower) + ((a & lower) * (bound & lower) >> 32);
    return (a >> 32) * (bound >> 32) + (middle >> 32) + (((a & lower) * (bound >> 32) + (middle & lower)) >> 32);
}

void Random::fill_uniform(std::span<float> out, std::uint64_t index, float low, float high) const {
    const float scale = (high - low) * 0x1p-24F;
    const auto n = static_cast<std::int64_t>(out.size());
    const std::int64_t blocks = (n + 3) / 4;
    in_parallel(n > 1 << 15 ? num_threads() : 1, [&](int part, int parts) {
        for (std::int64_t block = blocks * part / parts; block < blocks * (part + 1) / parts; ++block) {
            const auto w = words(index + static_cast<std::uint64_t>(block));
            for (std::int64_t k = 0; k < 4 && 4 * block + k < n; ++k)
                out[static_cast<std::size_t>(4 * block + k)] =
                    low + scale * static_cast<float>(w[static_cast<std::size_t>(k)] >> 8);
        }
    });
}

std::vector<std::int64_t> permutation(std::int64_t n, const Random& random) {
    std::vector<std::int64_t> order(static_cast<std::size_t>(n));
    std::iota(order.begin(), order.end(), 0);
    for (std::size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[random.below(i, i)]);
    return order;
}

std::vector<std::int64_t> random_choice(std::int64_t n, std::int64_t count, const Random& random) {
    auto chosen = permutation(n, random);
    chosen.resize(static_cast<std::size_t>(std::min(n, count)));
    std::sort(chosen.begin(), chosen.end());
    return chosen;
}

std::uint64_t Generator::reserve(std::int64_t numbers) {
    const std::int64_t per_row = numbers / slice.rows, before = slice.first * per_row;
    check(per_row * slice.rows == numbers && before % 4 == 0, "Generator", "expected draws for each of ", slice.rows,
          " rows from row ", slice.first, " of a batch, got ", numbers,
          " (hint: the first axis of what is dropped must be that of the batch)");
    const std::uint64_t begin = advance(static_cast<std::uint64_t>((per_row * slice.all + 3) / 4));
    return begin + static_cast<std::uint64_t>(before / 4);
}

Generator& default_generator() {
    static std::atomic<std::uint64_t> threads{0};
    thread_local Generator generator{.seed = seed_of_thread(threads++), .position = 0};
    return generator;
}

void manual_seed(std::uint64_t seed) { default_generator() = {.seed = seed, .position = 0}; }

}  // namespace cyclone
