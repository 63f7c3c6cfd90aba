#pragma once
// Many image files as one tensor: decoding by several threads, fitting to one size, counting the bad ones.

#include <cyclone/data/dataset.h>
#include <cyclone/data/images/image_options.h>
#include <cyclone/data/memory_budget.h>

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace cyclone::data {

/// An image file and its class.
struct LabelledFile {
    std::filesystem::path path;
    std::int64_t label = 0;
};

/// What all images of a set have in common; zeros are not known yet.
struct ImageForm {
    std::int64_t height = 0, width = 0, channels = 0, bits = 0;
};

/// So many files are read at a time where not all are to be in memory.
constexpr std::size_t kBlockOfFiles = 1024;

/// The images that could be read, and their labels.
struct ImageSet {
    Tensor images, labels;           ///< undefined when none could be read
    std::vector<std::int64_t> read;  ///< indices of the files that were read, ascending
    std::vector<SkippedFile> skipped;
    std::int64_t grey = 0;    ///< of them grey among images of colour
    std::int64_t turned = 0;  ///< of them turned, see Image
};
/// What people should know of them: grey images in colour that nobody `asked` for, pictures on their side. `where`
/// begins the sentences.
std::vector<std::string> notes_on(const ImageSet& set, const ImageOptions& asked, const std::string& where);

/// Errors: wrong options, images of different size with ImageFit::exact, more pixels than `memory` has room for.
void check_options(const ImageOptions& options);
ImageSet read_image_set(std::span<const LabelledFile> files, const ImageOptions& options, MemoryBudget& memory);
/// `options` with the height, width, channels and bits of the images that can be read, kBlockOfFiles of them in memory
/// at a time. Errors: as read_image_set(), and no image that can be read.
ImageOptions complete_options(std::span<const LabelledFile> files, const ImageOptions& options,
                              const MemoryBudget& memory, std::string_view where);
/// Throws when more than a fraction most_bad of `files` files were skipped; names the first ones.
void check_skipped(const std::vector<SkippedFile>& skipped, std::size_t files, double most_bad, std::string_view where);

/// See read_image().
Tensor read_one_image(const std::filesystem::path& file);

}  // namespace cyclone::data
