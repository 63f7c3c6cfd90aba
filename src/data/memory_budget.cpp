// How much memory is free, and what data may take of it.

#include <cyclone/data/memory_budget.h>

#include <cyclone/base/error.h>

#include <algorithm>
#include <fstream>
#include <limits>
#include <optional>
#include <sstream>

namespace cyclone::data {
namespace {

constexpr std::uint64_t kUnknown = std::uint64_t{1} << 62;

// The number after `key` in a file of keys and numbers; with an empty key the first word of the file.
std::optional<std::uint64_t> number_in(const std::string& file, std::string_view key) {
    std::ifstream in(file);
    for (std::string line; std::getline(in, line);) {
        std::istringstream words(line);
        std::string word;
        if (!key.empty() && (!(words >> word) || word != key)) continue;
        std::uint64_t number = 0;
        if (words >> number) return number;
        return std::nullopt;  // "max": no limit
    }
    return std::nullopt;
}

std::string control_group() {
    std::ifstream in("/proc/self/cgroup");
    for (std::string line; std::getline(in, line);)
        if (line.starts_with("0::")) return line.substr(3);
    return "/";
}

std::string size_text(std::uint64_t bytes) {
    std::ostringstream out;
    out.precision(3);
    if (bytes >= 1'000'000'000)
        out << static_cast<double>(bytes) / 1e9 << " GB";
    else if (bytes >= 1'000'000)
        out << static_cast<double>(bytes) / 1e6 << " MB";
    else
        out << bytes << " bytes";
    return out.str();
}

}  // namespace

std::uint64_t free_memory() {
    std::uint64_t out = kUnknown;
    if (const auto kilobytes = number_in("/proc/meminfo", "MemAvailable:")) out = *kilobytes * 1024;
    const std::string group = "/sys/fs/cgroup" + control_group();
    const auto limit = number_in(group + "/memory.max", ""), used = number_in(group + "/memory.stat", "anon");
    if (limit && used) out = std::min(out, *limit - std::min(*limit, *used));
    return out;
}

MemoryBudget::MemoryBudget(std::uint64_t limit) : chosen_(limit != 0), limit_(chosen_ ? limit : free_memory() / 2) {}

void MemoryBudget::check_room(std::uint64_t bytes, std::string_view where) const {
    if (bytes <= left()) return;
    constexpr auto most = std::numeric_limits<std::uint64_t>::max();
    fail(where, "expected data that take at most ", size_text(limit_), " of memory (",
         chosen_ ? "the memory limit" : "half of what is free", "), got ",
         size_text(bytes > most - taken_ ? most : taken_ + bytes),
         " (hint: convert them to a flat file, which is mapped and not read, or raise the memory limit)");
}

void MemoryBudget::take(std::uint64_t bytes, std::string_view where) {
    check_room(bytes, where);
    taken_ += bytes;
}

}  // namespace cyclone::data
