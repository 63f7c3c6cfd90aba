// Any bytes are an image or an Error. A PNG is tried as it is and with checksums that fit, else hardly any would be
// decoded.
#include <cyclone/base/error.h>
#include <cyclone/data/images/image_folder.h>

#include <string>

#include <zlib.h>

#include "fuzz/memory_file.h"
#include "fuzz/target.h"

using namespace cyclone;

namespace {

std::size_t big32(const std::string& bytes, std::size_t at) {
    std::size_t value = 0;
    for (std::size_t i = at; i < at + 4; ++i) value = value << 8 | static_cast<unsigned char>(bytes[i]);
    return value;
}

// Chunks behind the 8 bytes of the signature: length, type, data, CRC-32 of type and data.
std::string with_fitting_checksums(std::string png) {
    for (std::size_t at = 8; png.size() - at >= 12;) {
        const std::size_t length = big32(png, at);
        if (length > png.size() - at - 12) break;
        const auto crc = crc32_z(0, reinterpret_cast<const Bytef*>(png.data() + at + 4), length + 4);
        for (unsigned i = 0; i < 4; ++i) png[at + 8 + length + i] = static_cast<char>(crc >> (24 - 8 * i));
        at += 12 + length;
    }
    return png;
}

void read_image_bytes(const void* bytes, std::size_t size) {
    static const fuzz::MemoryFile file;
    file.put(static_cast<const std::uint8_t*>(bytes), size);
    try {
        data::read_image(file.path());
    } catch (const Error&) {
    }
}

}  // namespace

FUZZ_TARGET(image) {
    read_image_bytes(data, size);
    if (size < 20 || data[0] != 0x89) return 0;
    const std::string fixed = with_fitting_checksums(std::string(data, data + size));
    read_image_bytes(fixed.data(), fixed.size());
    return 0;
}
