// A folder of images with one subfolder per class.

#include <cyclone/data/images/image_folder.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "data/images/image_listing.h"
#include "data/images/image_set.h"

namespace cyclone::data {
namespace {

namespace fs = std::filesystem;

// One set of the folder.
struct ReadSet {
    Dataset dataset;
    std::vector<SkippedFile> skipped;
};

// The images of the class folders below `folder`; `classes` fixes the classes where it is not empty.
ReadSet read_set(const fs::path& folder, const ImageOptions& options, const std::vector<std::string>& classes,
                 MemoryBudget& memory) {
    ImageListing listing = list_images(folder, classes);
    ReadSet out{{}, std::move(listing.others)};
    ImageSet set = read_image_set(listing.files, options, memory);
    check_skipped(set.skipped, listing.files.size(), options.most_bad, folder.string());
    check(set.images.defined(), folder.string(), "has no image that can be read");
    out.skipped.insert(out.skipped.end(), std::make_move_iterator(set.skipped.begin()),
                       std::make_move_iterator(set.skipped.end()));
    out.dataset = {std::move(set.images), std::move(set.labels), std::move(listing.class_names), folder.string(),
                   std::nullopt};
    if (!out.skipped.empty()) out.dataset.source += ", " + std::to_string(out.skipped.size()) + " files left out";
    return out;
}

Splits read_sets(const SetFolders& folders, const ImageOptions& options, MemoryBudget& memory) {
    Splits out;
    ReadSet first = read_set(folders.train, options, {}, memory);
    out.train = std::move(first.dataset);
    out.skipped = std::move(first.skipped);
    ImageOptions same = options;  // the other sets take the form of the training set
    same.height = out.train.images.size(1);
    same.width = out.train.images.size(2);
    same.channels = out.train.images.size(3);
    same.bits = out.train.images.dtype() == DType::u16 ? 16 : 8;
    const auto read = [&](const fs::path& folder) {
        ReadSet more = read_set(folder, same, out.train.class_names, memory);
        out.skipped.insert(out.skipped.end(), more.skipped.begin(), more.skipped.end());
        return std::move(more.dataset);
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
    Splits out = read_sets(set_folders(folder), options, memory);
    out.format = "folder of images";
    return out;
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
