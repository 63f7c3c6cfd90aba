// Any bytes are a flat file or an Error. The input is tried as it is, and with checksums of header and tables that fit.
#include <cyclone/base/error.h>
#include <cyclone/data/formats/flat_file.h>
#include <cyclone/io/crc64.h>

#include <algorithm>

#include "fuzz/memory_file.h"
#include "fuzz/target.h"

using namespace cyclone;

namespace {

constexpr std::size_t kHeader = 128;

void put_number(std::string& bytes, std::size_t at, std::uint64_t value) {
    for (std::size_t i = 0; i < 8; ++i, value >>= 8) bytes[at + i] = static_cast<char>(value);
}

void try_flat(const std::string& bytes) {
    static const fuzz::MemoryFile file;
    file.put(bytes.data(), bytes.size());
    try {
        data::read_flat_file(file.path());
        data::verify_flat_file(file.path());
    } catch (const Error&) {
    }
}

}  // namespace

FUZZ_TARGET(flat) {
    std::string bytes(reinterpret_cast<const char*>(data), size);
    try_flat(bytes);
    if (size < kHeader) return 0;
    std::uint64_t tables = 0;
    for (std::size_t i = 8; i > 0; --i) tables = tables << 8 | data[79 + i];
    const auto length = static_cast<std::size_t>(std::min<std::uint64_t>(tables, size - kHeader));
    put_number(bytes, 96, io::crc64(0, bytes.data() + size - length, length));
    put_number(bytes, 120, io::crc64(0, bytes.data(), 120));
    try_flat(bytes);
    return 0;
}
