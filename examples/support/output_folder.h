#pragma once
// The folder in which a program leaves its files.

#include <cyclone/base/error.h>

#include <ctime>
#include <filesystem>
#include <string>

namespace support {

/// "20181004-153012", local time.
inline std::string time_stamp() {
    const std::time_t now = std::time(nullptr);
    std::tm local{};
    localtime_r(&now, &local);
    char text[32];
    std::strftime(text, sizeof text, "%Y%m%d-%H%M%S", &local);
    return text;
}

/// Makes the folder. UsageError if something is there already, unless it holds `result` of an earlier run and
/// `overwrite` is set.
inline void make_output_folder(const std::filesystem::path& path, const std::string& result, bool overwrite) {
    namespace fs = std::filesystem;
    const std::string where = "--out " + path.string();
    try {
        if (fs::exists(path)) {
            cyclone::check<cyclone::UsageError>(fs::is_directory(path), where, "expected a folder, this is a file");
            const bool ours = fs::exists(path / result);
            cyclone::check<cyclone::UsageError>(
                fs::is_empty(path) || (ours && overwrite), where,
                ours ? "holds an earlier result (hint: another folder, or --overwrite to replace it)"
                     : "is not empty and holds no earlier result (hint: name a new folder)");
        }
        fs::create_directories(path);
    } catch (const fs::filesystem_error& error) {
        cyclone::fail(where, "cannot be written: ", error.code().message());
    }
}

}  // namespace support
