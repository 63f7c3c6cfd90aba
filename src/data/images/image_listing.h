#pragma once
// Which image files a folder holds, before any is read.

#include <cyclone/data/dataset.h>

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "data/images/image_set.h"

namespace cyclone::data {

/// The folders below which the class folders of each set are.
struct SetFolders {
    std::filesystem::path train;
    std::optional<std::filesystem::path> validation, test;
};

SetFolders set_folders(const std::filesystem::path& folder);

struct ImageListing {
    std::vector<LabelledFile> files;
    std::vector<std::string> class_names;
    std::vector<SkippedFile> others;  ///< files that are not images
};

/// The images of the class folders below `folder`; `classes` fixes the classes where it is not empty. Errors: fewer
/// than two classes, one without a file, one that `classes` does not have.
ImageListing list_images(const std::filesystem::path& folder, const std::vector<std::string>& classes);

/// See find_image_files().
std::vector<std::filesystem::path> image_files_below(const std::filesystem::path& path);

/// Whether the folder has a subfolder that is not hidden.
bool has_subfolder(const std::filesystem::path& folder);

}  // namespace cyclone::data
