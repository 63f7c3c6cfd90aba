#pragma once
// CRC-64: the checksum of checkpoints and data files.

#include <cstddef>
#include <cstdint>

namespace cyclone::io {

/// CRC-64/XZ (polynomial of ECMA-182, reflected): detects every error burst of up to 64 bits, and all but a fraction of
/// 2^-64 of the others. `before` is the value for the bytes before these, 0 at the start.
std::uint64_t crc64(std::uint64_t before, const void* bytes, std::size_t count);

}  // namespace cyclone::io
