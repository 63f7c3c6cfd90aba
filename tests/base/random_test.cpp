#include <cyclone/base/random.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <thread>

#include <Random123/philox.h>
#include "support/catch.h"

using namespace cyclone;

TEST_CASE("philox words equal the Random123 known-answer vector") {
    // kat_vectors of Random123: philox4x32-10 with counter 0 and key 0.
    const auto w = Random(0, 0).words(0);
    CHECK(w[0] == 0x6627e8d5u);
    CHECK(w[1] == 0xe169c58du);
    CHECK(w[2] == 0xbc57ac4cu);
    CHECK(w[3] == 0x9b00dbd8u);
}

TEST_CASE("the words of any seed, stream and index are those of Random123") {
    for (std::uint64_t k = 0; k < 200; ++k) {
        const std::uint64_t seed = k * 0x9E37'79B9'7F4A'7C15U, stream = ~seed ^ k << 40, index = seed >> (k % 60);
        const auto half = [](std::uint64_t value, int upper) {
            return static_cast<std::uint32_t>(value >> 32 * upper);
        };
        const auto w = Random(seed, stream).words(index);
        const auto expected = r123::Philox4x32{}({{half(index, 0), half(index, 1), half(stream, 0), half(stream, 1)}},
                                                 {{half(seed, 0), half(seed, 1)}});
        for (std::size_t i = 0; i < 4; ++i) REQUIRE(w[i] == expected[i]);
    }
}

TEST_CASE("uniform and normal draws have the moments of their distributions") {
    const Random random(7, 3);
    double sum = 0, squares = 0, uniform = 0;
    constexpr int n = 200'000;
    for (int i = 0; i < n; ++i) {
        const double z = random.normal(static_cast<std::uint64_t>(i));
        sum += z;
        squares += z * z;
        uniform += random.uniform(static_cast<std::uint64_t>(i));
    }
    CHECK(std::abs(sum / n) < 5 / std::sqrt(double{n}));
    CHECK(std::abs(squares / n - 1) < 5 * std::sqrt(2.0 / n));
    CHECK(std::abs(uniform / n - 0.5) < 5 * std::sqrt(1.0 / 12 / n));
}

#ifdef __SIZEOF_INT128__
TEST_CASE("below() is the upper half of the product of 64 bits and the bound") {
    __extension__ using uint128 = unsigned __int128;
    const Random random(11, 2);
    for (const std::uint64_t bound : {1ULL, 10ULL, 0xffff'ffffULL, 0x1'0000'0001ULL, 1ULL << 63, ~0ULL})
        for (std::uint64_t i = 0; i < 100; ++i)
            REQUIRE(random.below(i, bound) == static_cast<std::uint64_t>(uint128{random.bits(i)} * bound >> 64));
}
#endif

TEST_CASE("a permutation holds every index once and depends on seed and stream") {
    const auto a = permutation(1000, Random(1, 1));
    auto sorted = a;
    std::sort(sorted.begin(), sorted.end());
    for (std::int64_t i = 0; i < 1000; ++i) REQUIRE(sorted[static_cast<std::size_t>(i)] == i);
    CHECK(a == permutation(1000, Random(1, 1)));
    CHECK(a != permutation(1000, Random(1, 2)));
    CHECK(a != permutation(1000, Random(2, 1)));
    CHECK(permutation(0, Random(1)).empty());
}

TEST_CASE("fill_uniform equals the words of the same indices, whatever the block it starts in") {
    const Random random(5);
    std::vector<float> out(10);
    random.fill_uniform(out, 100, -2.0F, 2.0F);
    for (std::size_t i = 0; i < out.size(); ++i) {
        const auto w = random.words(100 + i / 4)[i % 4];
        CHECK(out[i] == -2.0F + 4.0F * 0x1p-24F * static_cast<float>(w >> 8));
    }
}

TEST_CASE("a generator hands out disjoint index ranges and restarts from its position") {
    manual_seed(42);
    CHECK(default_generator().advance(10) == 0);
    CHECK(default_generator().advance(1) == 10);
    manual_seed(42);
    CHECK(default_generator().position == 0);
}

TEST_CASE("a thread that nobody seeded repeats no other's draws, one that was seeded does") {
    const auto in_a_thread = [](bool seeded) {
        Generator generator;
        std::thread([&] {
            if (seeded) manual_seed(7);
            generator = default_generator();
        }).join();
        return generator;
    };
    std::set<std::uint64_t> seeds{default_generator().seed};
    for (int i = 0; i < 20; ++i) {
        const Generator generator = in_a_thread(false);
        CHECK(generator.position == 0);
        seeds.insert(generator.seed);
    }
    CHECK(seeds.size() == 21);
    for (int i = 0; i < 2; ++i) CHECK(in_a_thread(true).seed == 7);
}
