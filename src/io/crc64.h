#pragma once

#include <cstddef>
#include <cstdint>

namespace cyclone::io {

/// CRC-64/XZ (ECMA-182's polynomial, reflected): finds every error burst of up to 64 bits, and others but for 2^-64.
/// Goes on from the value for the bytes before; 0 at the start.
std::uint64_t crc64(std::uint64_t before, const void* bytes, std::size_t count);

}  // namespace cyclone::io
