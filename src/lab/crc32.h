#pragma once
// CRC-32 of zlib, as text.

#include <cstdint>
#include <string>
#include <string_view>

#include <zlib.h>

namespace cyclone::lab {

/// Eight hexadecimal digits.
inline std::string hex(std::uint32_t value) {
    constexpr char kDigits[] = "0123456789abcdef";
    std::string text;
    for (unsigned shift = 32; shift > 0; shift -= 4) text += kDigits[(value >> (shift - 4)) & 15U];
    return text;
}

inline std::string crc32_hex(std::string_view bytes) {
    return hex(static_cast<std::uint32_t>(crc32_z(0, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size())));
}

}  // namespace cyclone::lab
