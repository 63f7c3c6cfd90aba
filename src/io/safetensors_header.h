#pragma once
// The JSON header of a safetensors file: strict parsing and the rules that need no tensor data.

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cyclone::io {

inline constexpr std::uint64_t kMaxHeaderBytes = 100'000'000;

/// One tensor as the header describes it; the data is at [begin, end) after the header.
struct HeaderEntry {
    std::string name;
    std::string dtype;
    std::vector<std::uint64_t> shape;
    std::uint64_t begin = 0;
    std::uint64_t end = 0;
};

struct Header {
    std::vector<HeaderEntry> entries;  // sorted by place in the data
    std::vector<std::pair<std::string, std::string>> metadata;
};

/// Parses and checks the header of a file with `data_bytes` bytes after it. Error naming `file`.
Header parse_header(std::string_view text, std::uint64_t data_bytes, const std::string& file);

/// A name from a file, quoted, shortened and with unprintable bytes escaped, for messages.
std::string printable(std::string_view name);

}  // namespace cyclone::io
