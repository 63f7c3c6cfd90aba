#pragma once
// Which files a folder of images holds, before any is read.

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "data/images/image_set.h"

namespace cyclone::data {

/// The folders below which the class folders of each part stand.
struct PartFolders {
    std::filesystem::path train;
    std::optional<std::filesystem::path> validation, test;
};

PartFolders part_folders(const std::filesystem::path& folder);

struct ImageListing {
    std::vector<LabelledFile> files;
    std::vector<std::string> class_names;
    std::vector<SkippedFile> others;  ///< files that are no images
};

/// The images of the class folders below `folder`; `classes` fixes the classes where it is not empty. Errors: fewer
/// than two classes, one without a file, one that `classes` does not have.
ImageListing list_images(const std::filesystem::path& folder, const std::vector<std::string>& classes);

/// Whether open() takes this for a folder of images.
bool opens_as_image_folder(const std::filesystem::path& path);

}  // namespace cyclone::data
