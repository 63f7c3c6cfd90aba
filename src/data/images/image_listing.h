#pragma once
// Which image files a folder holds, before any is read.

#include <cyclone/data/dataset.h>
#include <cyclone/data/open_options.h>

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "data/images/image_set.h"

namespace cyclone::data {

/// How the options of open() say that a folder of images is read.
ImageOptions folder_options(ReadContext& context);

/// The folders below which the class folders of each set are.
struct SetFolders {
    std::filesystem::path train = {};
    std::optional<std::filesystem::path> validation = {}, test = {};
    std::vector<SkippedFile> others = {};  ///< what lies beside them
};

/// By the names of the subfolders: Train, seg_test, dev, ... are sets. `are_sets` decides instead where it is given.
/// UsageError where the names leave it open, or two are for one set.
SetFolders set_folders(const std::filesystem::path& folder, std::optional<bool> are_sets);

struct ImageListing {
    std::vector<LabelledFile> files = {};   ///< also images of kinds that are not read
    std::vector<std::int64_t> groups = {};  ///< of each file, where groups are asked for
    std::vector<std::string> class_names = {};
    bool has_deeper_folders = false;       ///< an image lies in a folder below that of its class
    std::vector<SkippedFile> others = {};  ///< files that are not images, links that lead in a circle
};

/// The images of the class folders below `folder`, links followed; `classes` fixes the classes where it is not empty,
/// and then some may have no folder. `group_levels` as ImageOptions::group_levels. Errors: fewer than two classes, one
/// without a file, one that `classes` does not have.
ImageListing list_images(const std::filesystem::path& folder, const std::vector<std::string>& classes,
                         std::int64_t group_levels);

/// What to say where a split may part images that belong together; empty: nothing.
std::string note_on_deeper_folders(const ImageListing& listing, const ImageOptions& options, const std::string& where);

/// Whether the folder has the folder of one of these classes.
bool has_class_folder(const std::filesystem::path& folder, const std::vector<std::string>& classes);

/// See find_image_files().
std::vector<std::filesystem::path> image_files_below(const std::filesystem::path& path,
                                                     std::vector<SkippedFile>& others);

/// That a folder of a set is left out, since it has no class folders.
SkippedFile unlabelled_set(const std::filesystem::path& folder);

/// Throws where no file of a class is among those that were read; says why.
void check_classes(const ImageListing& listing, const std::vector<std::int64_t>& read,
                   const std::vector<SkippedFile>& skipped);

/// Whether the folder has a subfolder that is not hidden.
bool has_subfolder(const std::filesystem::path& folder);

}  // namespace cyclone::data
