#pragma once
// CRC-32C (Castagnoli's polynomial; RFC 3720, section 12.1), which zlib does not have.

#include <array>
#include <cstdint>
#include <string_view>

namespace cyclone::lab {

inline std::uint32_t crc32c(std::string_view bytes) {
    static const auto kTable = [] {
        std::array<std::uint32_t, 256> table{};
        for (std::uint32_t byte = 0; byte < 256; ++byte) {
            std::uint32_t sum = byte;
            for (int bit = 0; bit < 8; ++bit) sum = (sum >> 1) ^ ((sum & 1U) ? 0x82F63B78U : 0U);  // reflected
            table[byte] = sum;
        }
        return table;
    }();
    std::uint32_t sum = 0xFFFFFFFFU;
    for (const char byte : bytes) sum = (sum >> 8) ^ kTable[(sum ^ static_cast<unsigned char>(byte)) & 0xFFU];
    return ~sum;
}

}  // namespace cyclone::lab
