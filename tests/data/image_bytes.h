#pragma once
// Image files made byte by byte.

#include <cstdint>
#include <string>

#include "data/file_bytes.h"
#include "support/shared_files.h"

namespace cyclone::test {

inline std::string big32(std::uint64_t value) {
    const std::string bytes = little(value, 4);
    return {bytes.rbegin(), bytes.rend()};
}

inline std::string png_chunk(const std::string& type, const std::string& data) {
    return big32(data.size()) + type + data + big32(crc_of(type + data));
}

inline std::string zlib_packed(const std::string& bytes) {
    std::string packed(compressBound(bytes.size()), '\0');
    uLongf size = packed.size();
    compress(reinterpret_cast<Bytef*>(packed.data()), &size, reinterpret_cast<const Bytef*>(bytes.data()),
             bytes.size());
    packed.resize(size);
    return packed;
}

/// `rows` are the bytes of all rows, each without its filter byte. Colour type 0 grey, 2 RGB, 3 palette, 4 grey and
/// alpha, 6 RGB and alpha.
inline std::string png(std::uint32_t width, std::uint32_t height, int bits, int colour_type, const std::string& rows,
                       const std::string& palette = "") {
    const std::size_t row = rows.size() / height;
    std::string filtered;
    for (std::size_t y = 0; y < height; ++y) filtered += '\0' + rows.substr(y * row, row);
    const std::string packed = zlib_packed(filtered);
    const std::string header =
        big32(width) + big32(height) + static_cast<char>(bits) + static_cast<char>(colour_type) + std::string(3, '\0');
    return "\x89PNG\r\n\x1a\n" + png_chunk("IHDR", header) + (palette.empty() ? "" : png_chunk("PLTE", palette)) +
           png_chunk("IDAT", packed) + png_chunk("IEND", "");
}

inline std::string pgm(int height, int width, const std::string& pixels) {
    return "P5\n" + std::to_string(width) + ' ' + std::to_string(height) + "\n255\n" + pixels;
}

/// A temporary folder of files below it.
struct Folder : TemporaryFolder {
    void add(const std::string& name, const std::string& bytes) const {
        std::filesystem::create_directories((path() / name).parent_path());
        write_bytes(path() / name, bytes);
    }
};

/// A grey JPEG of 8 x 16 pixels, 40 in the left half and 200 in the right: two blocks that have a DC coefficient only.
inline std::string jpeg() {
    const std::string dc_codes = std::string{0, 2} + std::string(14, '\0') + "\x07\x08";  // 00: 7 bits, 01: 8 bits
    const std::string ac_codes = std::string{1} + std::string(15, '\0') + std::string(1, '\0');  // 0: end of block
    return std::string("\xFF\xD8\xFF\xDB\0\x43\0", 7) + std::string(64, '\x08') +
           std::string("\xFF\xC0\0\x0B\x08\0\x08\0\x10\x01\x01\x11\0", 13) + std::string("\xFF\xC4\0\x15\0", 5) +
           dc_codes + std::string("\xFF\xC4\0\x14\x10", 5) + ac_codes +
           std::string("\xFF\xDA\0\x08\x01\x01\0\0\x3F\0", 10) + "\x13\x9A\x07\xFF\xD9";
}

/// A BMP of 8 bits with a palette, or 24 bits (rows of B, G, R); rows from the top.
inline std::string bmp(std::uint32_t width, std::uint32_t height, int bits, const std::string& rows,
                       const std::string& palette = "") {
    const std::size_t row = rows.size() / height, padded = (row + 3) / 4 * 4;
    std::string pixels;
    for (std::size_t y = height; y-- > 0;) pixels += rows.substr(y * row, row) + std::string(padded - row, '\0');
    const std::size_t offset = 54 + palette.size();
    return "BM" + little(offset + pixels.size(), 4) + little(0, 4) + little(offset, 4) + little(40, 4) +
           little(width, 4) + little(height, 4) + little(1, 2) + little(static_cast<std::uint64_t>(bits), 2) +
           little(0, 4) + little(pixels.size(), 4) + little(0, 8) + little(palette.size() / 4, 4) + little(0, 4) +
           palette + pixels;
}

}  // namespace cyclone::test
