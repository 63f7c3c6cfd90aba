// Writing and checking the header of a flat file.

#include "data/formats/flat_header.h"

#include <cyclone/base/error.h>

#include <bit>
#include <cstring>

#include <cyclone/io/crc64.h>

namespace cyclone::data {
namespace {

static_assert(std::endian::native == std::endian::little, "flat files are mapped as they are");

constexpr std::uint32_t kVersion = 1;
constexpr std::size_t kOwnChecksum = 120;

template <class T>
void append(std::string& to, T value) {
    to.append(reinterpret_cast<const char*>(&value), sizeof value);
}

template <class T>
T value_at(const io::MappedFile& file, std::size_t offset) {
    T value{};
    std::memcpy(&value, file.data() + offset, sizeof value);
    return value;
}

// The product, or an error where it has more than 62 bits.
std::uint64_t product(std::uint64_t a, std::uint64_t b, const std::string& where) {
    check(b == 0 || a <= (std::uint64_t{1} << 62) / b, where, "the header declares more pixels than any file can hold");
    return a * b;
}

void check_values(const FlatHeader& h, const std::string& where) {
    const auto& [n, height, width, channels] = h.sizes;
    check(n > 0 && height > 0 && width > 0 && channels > 0 && channels <= kMostFlatChannels, where,
          "expected at least one image, one pixel and 1 to ", kMostFlatChannels, " channels, got ", n, " images of ",
          height, " x ", width, " x ", channels);
    product(product(product(product(n, height, where), width, where), channels, where), size_of(h.dtype), where);
    check(h.classes > 0 && h.classes <= kMostFlatClasses, where, "expected 1 to ", kMostFlatClasses, " classes, got ",
          h.classes);
    check(h.train > 0 && h.train <= n && h.validation <= n - h.train, where, "expected sets of the ", n,
          " images, got ", h.train, " for training and ", h.validation, " for validation");
    check(h.flags <= (FlatHeader::kGroups | FlatHeader::kStandardization), where,
          "the header has unknown flags: ", h.flags);
}

}  // namespace

std::uint64_t FlatHeader::fixed_table_bytes() const {
    return ((flags & kStandardization) != 0 ? sizes[3] * 16 : 0) + ((flags & kGroups) != 0 ? train * 8 : 0) +
           sizes[0] * 4;
}

std::string FlatHeader::bytes() const {
    std::string out(kFlatMagic);
    append(out, kVersion);
    append(out, dtype == DType::u8 ? std::uint32_t{1} : dtype == DType::u16 ? std::uint32_t{2} : std::uint32_t{3});
    for (const std::uint64_t size : sizes) append(out, size);
    for (const std::uint64_t value : {classes, train, validation, flags, table_bytes, pixel_checksum, table_checksum,
                                      std::uint64_t{0}, std::uint64_t{0}})
        append(out, value);
    append(out, io::crc64(0, out.data(), kOwnChecksum));
    return out;
}

FlatHeader read_flat_header(const io::MappedFile& file) {
    const std::string& where = file.name();
    const bool named =
        file.size() >= kFlatMagic.size() && std::memcmp(file.data(), kFlatMagic.data(), kFlatMagic.size()) == 0;
    const bool gzip = file.size() >= 2 && value_at<std::uint16_t>(file, 0) == 0x8B1F;
    check(named, where, "expected a flat file (.cyc), got an unrecognised signature",
          gzip ? " (hint: it is compressed, gunzip it first: it must be mapped into memory)" : "");
    check(file.size() >= kFlatPixels, where, "the file ends inside its header of ", kFlatPixels, " bytes");
    const auto version = value_at<std::uint32_t>(file, 8);
    check(version == kVersion, where, "is of version ", version, " of the flat file, this build reads version ",
          kVersion);
    check(io::crc64(0, file.data(), kOwnChecksum) == value_at<std::uint64_t>(file, kOwnChecksum), where,
          "the header is damaged: its checksum is wrong");
    FlatHeader h;
    const auto type = value_at<std::uint32_t>(file, 12);
    check(type >= 1 && type <= 3, where, "expected pixels of type 1, 2 or 3 (u8, u16, f32), got ", type);
    h.dtype = type == 1 ? DType::u8 : type == 2 ? DType::u16 : DType::f32;
    std::size_t at = 16;
    for (std::uint64_t* value : {&h.sizes[0], &h.sizes[1], &h.sizes[2], &h.sizes[3], &h.classes, &h.train,
                                 &h.validation, &h.flags, &h.table_bytes, &h.pixel_checksum, &h.table_checksum}) {
        *value = value_at<std::uint64_t>(file, at);
        at += sizeof *value;
    }
    check(value_at<std::uint64_t>(file, at) == 0 && value_at<std::uint64_t>(file, at + 8) == 0, where,
          "the header has values that this version does not know");
    check_values(h, where);
    const std::uint64_t begin = h.table_begin();
    check(file.size() >= begin && file.size() - begin >= h.table_bytes, where, "is truncated: the header declares ",
          h.sizes[0], " images and so more than the ", file.size(), " bytes there are");
    check(file.size() - begin == h.table_bytes, where, "is longer than its header says, by ",
          file.size() - begin - h.table_bytes, " bytes");
    check(h.table_bytes >= h.fixed_table_bytes() && h.table_bytes - h.fixed_table_bytes() >= 4 * h.classes, where,
          "the tables are too short for ", h.sizes[0], " labels and ", h.classes, " classes");
    return h;
}

}  // namespace cyclone::data
