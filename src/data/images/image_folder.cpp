// A folder of images with one subfolder per class.

#include <cyclone/data/images/image_folder.h>

#include <algorithm>
#include <utility>

#include "data/images/image_listing.h"
#include "data/images/image_set.h"

namespace cyclone::data {
namespace {

namespace fs = std::filesystem;

// The images of the class folders below `folder`; `classes` fixes the classes where it is not empty.
Dataset read_set(const fs::path& folder, const ImageOptions& options, const std::vector<std::string>& classes,
                 MemoryBudget& memory, std::vector<SkippedFile>& skipped) {
    ImageListing listing = list_images(folder, classes);
    ImageSet set = read_image_set(listing.files, options, memory);
    check_skipped(set.skipped, listing.files.size(), options.most_bad, folder.string());
    check(set.images.defined(), folder.string(), "has no image that can be read");
    Dataset out{set.images, std::move(set.labels), std::move(listing.class_names), folder.string()};
    const std::size_t left_out = listing.others.size() + set.skipped.size();
    if (left_out > 0) out.source += ", " + std::to_string(left_out) + " files left out";
    for (auto* files : {&listing.others, &set.skipped}) skipped.insert(skipped.end(), files->begin(), files->end());
    return out;
}

Splits read_sets(const SetFolders& folders, const ImageOptions& options, MemoryBudget& memory) {
    Splits out;
    out.format = "folder of images";
    out.train = read_set(folders.train, options, {}, memory, out.skipped);
    ImageOptions same = options;  // the other sets take the form of the training set
    same.height = out.train.images.size(1);
    same.width = out.train.images.size(2);
    same.channels = out.train.images.size(3);
    same.bits = out.train.images.dtype() == DType::u16 ? 16 : 8;
    const auto read = [&](const fs::path& folder) {
        return read_set(folder, same, out.train.class_names, memory, out.skipped);
    };
    if (folders.validation) out.validation = read(*folders.validation);
    if (folders.test) out.test = read(*folders.test);
    out.validate(folders.train.parent_path().string());
    if (out.validation || out.test) out.standardize();
    return out;
}

}  // namespace

Splits read_image_folder(const fs::path& folder, const ImageOptions& options, MemoryBudget memory) {
    check_options(options);
    std::error_code error;
    check(fs::is_directory(folder, error), folder.string(), "expected a folder with one subfolder per class, got ",
          fs::exists(folder, error) ? "a file" : "nothing of that name");
    return read_sets(set_folders(folder), options, memory);
}

Tensor read_image(const fs::path& file) { return read_one_image(file); }

std::vector<fs::path> find_image_files(const fs::path& path) { return image_files_below(path); }

ImageFiles read_image_files(const std::vector<fs::path>& files, const ImageOptions& options, MemoryBudget memory) {
    check_options(options);
    std::vector<LabelledFile> labelled;
    labelled.reserve(files.size());
    for (const fs::path& file : files) labelled.push_back({file, 0});
    ImageSet set = read_image_set(labelled, options, memory);
    return {std::move(set.images), std::move(set.read), std::move(set.skipped)};
}

}  // namespace cyclone::data
