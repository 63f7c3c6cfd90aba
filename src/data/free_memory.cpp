// How much memory is free: by the system, and by the control groups (version 1 and 2) of this process.

#include "data/free_memory.h"

#include <cyclone/data/memory_budget.h>

#include <algorithm>
#include <fstream>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace cyclone::data {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kUnknown = std::uint64_t{1} << 62;

// The number after `key` in a file of keys and numbers; with an empty key the first word of the file.
std::optional<std::uint64_t> number_in(const fs::path& file, std::string_view key) {
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

bool lists(std::string_view names, std::string_view name) {
    return ("," + std::string(names) + ",").find("," + std::string(name) + ",") != std::string::npos;
}

// What controls memory in one version of control groups. Pages of files are not counted as used: they can be dropped.
struct Version {
    const char* file_system;
    std::vector<const char*> limits;
    const char* used;  // in memory.stat, with the groups below
};
const Version kFirst{"cgroup", {"memory.limit_in_bytes"}, "total_rss"};
const Version kSecond{"cgroup2", {"memory.max", "memory.high"}, "anon"};

// The group of this process: the path in the hierarchy that controls memory; lines are "number:controllers:path", with
// no controllers in version 2.
std::string group_path(const fs::path& root, const Version& version) {
    std::ifstream in(root / "proc/self/cgroup");
    for (std::string line; std::getline(in, line);) {
        const std::size_t first = line.find(':'), second = line.find(':', first + 1);
        if (first == std::string::npos || second == std::string::npos) continue;
        const std::string controllers = line.substr(first + 1, second - first - 1);
        if (&version == &kFirst ? lists(controllers, "memory") : controllers.empty()) return line.substr(second + 1);
    }
    return "/";
}

// What the limits of the group and of all groups above it leave.
std::uint64_t left_in(const fs::path& root, const fs::path& mount, std::string path, const Version& version) {
    std::uint64_t left = kUnknown;
    for (;;) {
        const fs::path group = root / (mount.string() + path).substr(1);
        for (const char* limit_file : version.limits)
            if (const auto limit = number_in(group / limit_file, ""))
                left = std::min(left,
                                *limit - std::min(*limit, number_in(group / "memory.stat", version.used).value_or(0)));
        const std::size_t slash = path.rfind('/');
        if (slash == std::string::npos) return left;
        path.resize(slash);
    }
}

}  // namespace

std::uint64_t free_memory_of(const fs::path& root) {
    std::uint64_t out = kUnknown;
    if (const auto kilobytes = number_in(root / "proc/meminfo", "MemAvailable:")) out = *kilobytes * 1024;
    // "35 31 0:32 /part/of/the/hierarchy /mount/point options ... - cgroup name memory,other"
    std::ifstream mounts(root / "proc/self/mountinfo");
    for (std::string line; std::getline(mounts, line);) {
        std::istringstream words(line);
        std::string word, part, mount, file_system, source, options;
        words >> word >> word >> word >> part >> mount;
        while (words >> word && word != "-") continue;
        words >> file_system >> source >> options;
        for (const Version* version : {&kFirst, &kSecond}) {
            if (file_system != version->file_system || !mount.starts_with('/')) continue;
            if (version == &kFirst && !lists(options, "memory")) continue;
            std::string path = group_path(root, *version);
            if (part != "/") path = (path + "/").starts_with(part + "/") ? path.substr(part.size()) : "";
            out = std::min(out, left_in(root, mount, path == "/" ? "" : path, *version));
        }
    }
    return out;
}

std::uint64_t free_memory() { return free_memory_of("/"); }

}  // namespace cyclone::data
