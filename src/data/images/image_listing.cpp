// Lists the image files of a folder.

#include "data/images/image_listing.h"

#include <cyclone/base/error.h>
#include <cyclone/io/input_file.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

#include "data/images/image_file.h"

namespace cyclone::data {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMostFiles = 100'000'000;

// Entries know their kind without another call to the system, and strings compare faster than paths.
std::vector<fs::directory_entry> sorted_entries(const fs::path& folder) {
    std::vector<fs::directory_entry> out;
    std::error_code error;
    for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error))
        if (!it->path().filename().native().starts_with('.')) out.push_back(*it);
    check(!error, folder.string(), "the folder cannot be read: ", error.message());
    std::sort(out.begin(), out.end(),
              [](const auto& a, const auto& b) { return a.path().native() < b.path().native(); });
    return out;
}

bool begins_like_an_image(const fs::path& path) {
    std::array<unsigned char, 32> start{};
    try {
        io::InputFile file(path);
        return format_of({start.data(), file.read_some(start.data(), start.size())}) != ImageFormat::none;
    } catch (const Error&) {  // a pipe, for example
        return false;
    }
}

// The files of one class, subfolders included; links to folders are not followed, they may lead in a circle.
void collect(const fs::path& folder, std::int64_t label, std::vector<LabelledFile>& files,
             std::vector<SkippedFile>& others) {
    std::vector<fs::path> folders{folder};
    while (!folders.empty()) {
        const fs::path current = std::move(folders.back());
        folders.pop_back();
        for (const fs::directory_entry& entry : sorted_entries(current)) {
            const fs::path& path = entry.path();
            std::error_code error;
            if (entry.is_directory(error)) {
                if (!entry.is_symlink(error)) folders.push_back(path);
            } else if (called_like_an_image(path) || begins_like_an_image(path)) {
                files.push_back({path, label});
            } else {
                others.push_back({path.string(), "not an image"});
            }
            check(files.size() <= kMostFiles, folder.string(), "has more than ", kMostFiles, " files");
        }
    }
}

std::vector<fs::path> subfolders(const fs::path& folder) {
    std::vector<fs::path> out;
    std::error_code error;
    for (const fs::directory_entry& entry : sorted_entries(folder))
        if (entry.is_directory(error)) out.push_back(entry.path());
    return out;
}

// folder / name where that is a folder.
std::optional<fs::path> folder_called(const fs::path& folder, std::initializer_list<const char*> names) {
    std::error_code error;
    for (const char* name : names)
        if (fs::is_directory(folder / name, error)) return folder / name;
    return std::nullopt;
}

}  // namespace

bool has_subfolder(const fs::path& folder) {
    std::error_code error;
    for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error))
        if (it->is_directory(error) && !it->path().filename().string().starts_with('.')) return true;
    return false;
}

ImageListing list_images(const fs::path& folder, const std::vector<std::string>& classes) {
    ImageListing out;
    out.class_names = classes;
    std::vector<std::string>& names = out.class_names;
    for (const fs::path& path : subfolders(folder)) {
        const std::string name = path.filename().string();
        if (classes.empty()) names.push_back(name);
        const auto at = std::find(names.begin(), names.end(), name);
        check(at != names.end(), folder.string(), "the training set has no class '", name, "'");
        const std::size_t before = out.files.size();
        collect(path, at - names.begin(), out.files, out.others);
        check(out.files.size() > before || !classes.empty(), path.string(), "the class has no image");
    }
    check(names.size() >= 2, folder.string(), "expected one subfolder for each of two or more classes, got ",
          names.size());
    return out;
}

SetFolders set_folders(const fs::path& folder) {
    const auto train = folder_called(folder, {"train", "training"});
    const auto validation = folder_called(folder, {"val", "validation", "valid"});
    const auto test = folder_called(folder, {"test", "testing"});
    if (train && (validation || test)) return {*train, validation, test};
    return {folder, std::nullopt, std::nullopt};
}

std::vector<fs::path> image_files_below(const fs::path& path) {
    std::vector<fs::path> out;
    std::error_code error;
    if (!fs::is_directory(path, error)) {
        if (called_like_an_image(path) || begins_like_an_image(path)) out.push_back(path);
        return out;
    }
    std::vector<LabelledFile> files;
    std::vector<SkippedFile> others;
    collect(path, 0, files, others);
    for (LabelledFile& file : files) out.push_back(std::move(file.path));
    std::sort(out.begin(), out.end());
    return out;
}

}  // namespace cyclone::data
