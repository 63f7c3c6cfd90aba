#pragma once
// --memory-limit of the programs that read data.

#include <cyclone/base/error.h>

#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "support/command_line.h"

namespace support {

inline void memory_limit_option(CommandLine& line, std::string& target) {
    line.option("--memory-limit", target,
                "what the pixels of the data may take in memory, such as 500MB or 2GB (default: half of what is free); "
                "a flat file is mapped and has no limit");
}

/// Bytes: "500MB" is 500,000,000; MiB and GiB are powers of two. 0 of an empty text.
inline std::uint64_t parse_memory_limit(const std::string& text) {
    if (text.empty()) return 0;
    double number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    const std::string_view unit(end, static_cast<std::size_t>(text.data() + text.size() - end));
    double factor = 0;
    for (const auto& [name, bytes] :
         {std::pair<std::string_view, double>{"MB", 1e6}, {"GB", 1e9}, {"MiB", 1048576.0}, {"GiB", 1073741824.0}})
        if (unit == name) factor = bytes;
    const double bytes = number * factor;
    cyclone::check<cyclone::UsageError>(error == std::errc() && bytes >= 1 && bytes <= 1e18, "--memory-limit",
                                        "expected a size such as 500MB or 2GB, got '", text, "'");
    return static_cast<std::uint64_t>(bytes);
}

}  // namespace support
