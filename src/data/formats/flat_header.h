#pragma once
// The first 128 bytes of a flat file (include/cyclone/data/formats/flat_file.h).

#include <cyclone/tensor/tensor.h>

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include <cyclone/io/mapped_file.h>

namespace cyclone::data {

constexpr std::string_view kFlatMagic(
    "\x89"
    "CYC\r\n\x1a\n",
    8);
constexpr std::uint64_t kFlatPixels = 128;  // where they begin
constexpr std::uint64_t kMostFlatClasses = 1'000'000;
constexpr std::uint64_t kMostFlatChannels = 64;

struct FlatHeader {
    DType dtype = DType::u8;
    std::array<std::uint64_t, 4> sizes{};  // N, H, W, C
    std::uint64_t classes = 0, train = 0, validation = 0, flags = 0;
    std::uint64_t table_bytes = 0, pixel_checksum = 0, table_checksum = 0;

    static constexpr std::uint64_t kGroups = 1, kStandardization = 2;

    std::uint64_t pixel_bytes() const { return sizes[0] * sizes[1] * sizes[2] * sizes[3] * size_of(dtype); }
    std::uint64_t table_begin() const { return (kFlatPixels + pixel_bytes() + 63) / 64 * 64; }
    /// What the tables take besides the names.
    std::uint64_t fixed_table_bytes() const;
    std::string bytes() const;
};

/// Reads and checks it against the size of the file. Errors name the file.
FlatHeader read_flat_header(const io::MappedFile& file);

}  // namespace cyclone::data
