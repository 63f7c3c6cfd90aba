// Finds the image files that a table names: with other endings, with the separators of Windows, below another folder.

#include "data/formats/csv_files.h"

#include <cyclone/base/error.h>

#include <algorithm>
#include <string_view>
#include <system_error>

#include "data/names.h"

namespace cyclone::data {

namespace fs = std::filesystem;

void need_some_file(const std::vector<fs::path>& files, const OpenOptions& options, const std::string& table) {
    std::error_code error;
    if (files.empty() ||
        std::any_of(files.begin(), files.end(), [&](const fs::path& file) { return fs::exists(file, error); }))
        return;
    const bool ending = !options.ending.empty();
    std::string hint = ending ? "without --ending usual endings are tried" : "--image-root FOLDER says where they are";
    const fs::path folder = folder_of_files(options, table);
    for (const auto& entry : fs::directory_iterator(folder.empty() ? "." : folder, error))
        if (entry.is_directory(error) && fs::exists(entry.path() / files[0].filename(), error))
            hint = "it is in " + entry.path().string() + ": --image-root " + entry.path().string();
    fail<UsageError>(ending ? "--ending" : "--image-root", "none of the ", files.size(), " files that ", table,
                     " names is there, such as ", files[0].string(), " (hint: ", hint, ")");
}

fs::path folder_of_files(const OpenOptions& options, const std::string& table) {
    if (!options.image_root.empty()) return options.image_root;
    const fs::path beside = fs::path(table).parent_path();
    return beside == "/proc/self/fd" ? fs::path() : beside;  // of standard input: where the program was called
}

std::optional<fs::path> image_file_called(const std::string& name, const OpenOptions& options,
                                          const std::string& table) {
    std::error_code error;
    const auto with = [&](fs::path file, std::string_view ending) -> std::optional<fs::path> {
        file += ending;
        return fs::is_regular_file(file, error) ? std::optional(file) : std::nullopt;
    };
    const auto below_root = [&](const std::string& path) -> std::optional<fs::path> {
        const std::string& given = options.ending;
        const fs::path file = folder_of_files(options, table) / path;
        if (!given.empty()) return with(file, (given.starts_with('.') ? "" : ".") + given);
        for (const char* ending :
             {"", ".png", ".jpg", ".jpeg", ".bmp", ".pgm", ".ppm", ".PNG", ".JPG", ".JPEG", ".tif"})
            if (auto found = with(file, ending)) return found;
        return std::nullopt;
    };
    if (auto found = below_root(name)) return found;
    std::string path(trimmed(name));
    if (path != name)
        if (auto found = below_root(path)) return found;
    // As Windows writes it.
    std::replace(path.begin(), path.end(), '\\', '/');
    if (path != name)
        if (auto found = below_root(path)) return found;
    // As in a list that `ls photos/*` wrote elsewhere.
    if (options.image_root.empty()) return with(path, "");
    // The path on another machine: what of it is below the folder that is named.
    for (std::size_t at = path.find('/'); at != std::string::npos; at = path.find('/', at + 1))
        if (auto found = below_root(path.substr(at + 1))) return found;
    return std::nullopt;
}

}  // namespace cyclone::data
