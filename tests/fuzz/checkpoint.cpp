// Any bytes are a checkpoint or an Error. The input is tried as it is, and with a checksum that fits, which lets the
// fuzzer get behind it.
#include <cyclone/base/error.h>
#include <cyclone/io/checkpoint_file.h>
#include <cyclone/io/crc64.h>

#include <cstdint>
#include <string>

#include "fuzz/target.h"

using namespace cyclone;

namespace {

void try_checkpoint(const std::string& bytes) {
    try {
        io::parse_checkpoint(bytes, "input");
    } catch (const Error&) {
    }
}

}  // namespace

FUZZ_TARGET(checkpoint) {
    std::string bytes(reinterpret_cast<const char*>(data), size);
    try_checkpoint(bytes);
    if (size < 8) return 0;
    std::uint64_t sum = io::crc64(0, bytes.data(), size - 8);
    for (std::size_t i = 0; i < 8; ++i, sum >>= 8) bytes[size - 8 + i] = static_cast<char>(sum);
    try_checkpoint(bytes);
    return 0;
}
