// CRC-64/XZ, eight bytes at a time.

#include <cyclone/io/crc64.h>

#include <array>

namespace cyclone::io {
namespace {

constexpr std::uint64_t kPolynomial = 0xC96C5795D7870F42;  // reflected
using Table = std::array<std::array<std::uint64_t, 256>, 8>;

// table[k][b]: the effect of byte b followed by k zero bytes ("slicing by eight", Kounavis and Berry 2005).
Table make_table() {
    Table table{};
    for (std::uint64_t b = 0; b < 256; ++b) {
        std::uint64_t value = b;
        for (int bit = 0; bit < 8; ++bit) value = (value >> 1) ^ ((value & 1) != 0 ? kPolynomial : 0);
        table[0][b] = value;
    }
    for (std::size_t k = 1; k < 8; ++k)
        for (std::size_t b = 0; b < 256; ++b) table[k][b] = (table[k - 1][b] >> 8) ^ table[0][table[k - 1][b] & 255];
    return table;
}

}  // namespace

std::uint64_t crc64(std::uint64_t before, const void* bytes, std::size_t count) {
    static const Table table = make_table();  // 16 KB that small programs need not carry
    const auto* next = static_cast<const unsigned char*>(bytes);
    std::uint64_t value = ~before;
    for (; count >= 8; count -= 8, next += 8) {
        std::uint64_t sum = 0;
        for (std::size_t k = 0; k < 8; ++k) sum ^= table[7 - k][next[k] ^ ((value >> (8 * k)) & 255)];
        value = sum;
    }
    for (; count > 0; --count) value = (value >> 8) ^ table[0][(value ^ *next++) & 255];
    return ~value;
}

}  // namespace cyclone::io
