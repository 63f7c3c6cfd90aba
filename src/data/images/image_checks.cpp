// Checks of PNG and JPEG files that stb_image does not make: checksums, and whether the file is complete.

#include <cyclone/base/error.h>

#include <zlib.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "data/images/image_file.h"

namespace cyclone::data {
namespace {

constexpr int kMostScans = 100;  // encoders make about ten

std::uint32_t big32(ImageBytes b, std::size_t at) {
    return std::uint32_t{b[at]} << 24 | std::uint32_t{b[at + 1]} << 16 | std::uint32_t{b[at + 2]} << 8 | b[at + 3];
}

// What a scan refers to, as far as stb_image takes it on trust. Its older versions write past the end of a Huffman
// table that is too large and look symbols up anywhere through one that was never defined.
class JpegTables {
public:
    explicit JpegTables(std::string_view where) : where_(where) {}

    // DHT: class and number of a table, 16 counts of codes by length, the symbols; the next table (T.81, B.2.4.2).
    void define(ImageBytes segment) {
        constexpr std::size_t kHead = 17, kMostCodes = 256;
        while (!segment.empty()) {
            std::size_t codes = 0;
            for (std::size_t i = 1; i < kHead && i < segment.size(); ++i) codes += segment[i];
            check(segment.size() >= kHead && codes <= kMostCodes && codes <= segment.size() - kHead, where_,
                  "a Huffman table of the JPEG has an impossible size, the file is damaged");
            defined_ |= 1U << (segment[0] & 31);
            segment = segment.subspan(kHead + codes);
        }
    }
    // SOS: count of components, id and tables (DC << 4 | AC) of each, first and last coefficient, approximation
    // (B.2.3).
    void need(ImageBytes segment, bool progressive) const {
        const std::size_t components = segment.empty() ? 0 : segment[0];
        if (segment.size() < 4 + 2 * components) return;  // stb_image says what is wrong
        const bool first_dc = segment[1 + 2 * components] == 0, refines = segment[3 + 2 * components] >> 4 != 0;
        for (std::size_t i = 0; i < components; ++i) {
            const unsigned tables = segment[2 + 2 * i], dc = tables >> 4, ac = 16 | (tables & 15);
            const bool needs_dc = !progressive || (first_dc && !refines), needs_ac = !progressive || !first_dc;
            check((!needs_dc || has(dc)) && (!needs_ac || has(ac)), where_,
                  "a scan of the JPEG uses a Huffman table that is not there, the file is damaged");
        }
    }

private:
    bool has(unsigned table) const { return (defined_ >> table & 1U) != 0; }

    std::string_view where_;
    std::uint32_t defined_ = 0;  // bit: class << 4 | number
};

}  // namespace

ImageFormat format_of(ImageBytes file) {
    constexpr std::array<unsigned char, 8> png{0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'};
    if (file.size() >= 8 && std::memcmp(file.data(), png.data(), 8) == 0) return ImageFormat::png;
    if (file.size() >= 3 && file[0] == 0xFF && file[1] == 0xD8 && file[2] == 0xFF) return ImageFormat::jpeg;
    if (file.size() >= 26 && file[0] == 'B' && file[1] == 'M') return ImageFormat::bmp;
    const bool digit = file.size() >= 3 && file[0] == 'P' && file[1] >= '1' && file[1] <= '6';
    if (digit && (file[2] == ' ' || file[2] == '\n' || file[2] == '\r' || file[2] == '\t' || file[2] == '#'))
        return ImageFormat::pnm;
    return ImageFormat::none;
}

// Walks the chunks: length, type, data, CRC-32 of type and data (PNG specification, section 5.3).
void check_png(ImageBytes file, std::string_view where) {
    std::size_t at = 8;
    for (bool first = true;; first = false) {
        check(file.size() - at >= 12, where, "the PNG ends before its IEND chunk, it is truncated");
        const std::uint32_t length = big32(file, at);
        check(length <= file.size() - at - 12, where, "a PNG chunk is longer than the file, it is truncated");
        const auto* type = file.data() + at + 4;
        check(!first || std::memcmp(type, "CgBI", 4) != 0, where, "Apple's PNG variant CgBI is not supported");
        check(!first || (std::memcmp(type, "IHDR", 4) == 0 && length == 13), where, "the PNG does not begin with IHDR");
        const auto crc = static_cast<std::uint32_t>(crc32(0, type, static_cast<uInt>(length) + 4));
        check(crc == big32(file, at + 8 + length), where, "a PNG chunk has a wrong checksum, the file is damaged");
        if (std::memcmp(type, "IEND", 4) == 0) return;
        at += 12 + length;
    }
}

// A block of 8 x 8 pixels takes a bit at least, and decoders visit every block in every scan: without these limits a
// few bytes could keep them busy for minutes. Frame header: length, precision, height, width (T.81, B.2.2).
void check_jpeg_size(ImageBytes segment, std::size_t file_bytes, std::string_view where) {
    constexpr std::size_t kPixelsPerByte = 8 * 8 * 8;
    if (segment.size() < 5) return;  // stb_image says what is wrong
    const std::size_t height = std::size_t{segment[1]} << 8 | segment[2],
                      width = std::size_t{segment[3]} << 8 | segment[4];
    check(height * width <= file_bytes * kPixelsPerByte, where, "the JPEG claims ", height, " x ", width,
          " pixels, more than its ", file_bytes, " bytes can hold, the file is damaged");
}

// Walks the marker segments to EOI (ITU-T T.81, annex B), skipping what is between them as decoders do. Inside a scan
// FF 00 is data and FF D0 ... D7 are restarts.
void check_jpeg(ImageBytes file, std::string_view where) {
    std::size_t at = 2;
    bool in_scan = false, progressive = false;
    int scans = 0;
    JpegTables tables(where);
    while (at + 2 <= file.size()) {
        if (file[at] != 0xFF) {
            const void* next = std::memchr(file.data() + at, 0xFF, file.size() - at);
            if (!next) break;
            at = static_cast<std::size_t>(static_cast<const unsigned char*>(next) - file.data());
            continue;
        }
        const unsigned marker = file[at + 1];
        if (marker == 0xFF) {
            ++at;
        } else if (in_scan && (marker == 0 || (marker >= 0xD0 && marker <= 0xD7))) {
            at += 2;
        } else if (marker == 0xD9) {
            check(scans > 0, where, "the JPEG has no image data");
            return;
        } else {
            if (at + 4 > file.size()) break;
            const std::size_t length = std::size_t{file[at + 2]} << 8 | file[at + 3];
            check(length >= 2, where, "a JPEG segment has an impossible length, the file is damaged");
            const ImageBytes segment = file.subspan(at + 4, std::min(length - 2, file.size() - at - 4));
            if (marker >= 0xC0 && marker <= 0xC2) check_jpeg_size(segment, file.size(), where);
            progressive = progressive || marker == 0xC2;
            in_scan = marker == 0xDA;
            if (marker == 0xC4) tables.define(segment);
            if (in_scan) tables.need(segment, progressive);
            scans += in_scan;
            check(scans <= kMostScans, where, "expected at most ", kMostScans, " scans in a JPEG");
            at += 2 + length;
        }
    }
    fail(where, "the JPEG ends before its end marker, it is truncated");
}

}  // namespace cyclone::data
