#pragma once
// Image files: one, several, or a folder of them with one subfolder per class.

#include <cyclone/data/dataset.h>
#include <cyclone/data/images/image_options.h>
#include <cyclone/data/memory_budget.h>
#include <cyclone/tensor/tensor.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace cyclone::data {

/// One image file as (H, W, C) u8 or u16, C = 1 or 3: PNG, JPEG (baseline, progressive), BMP (uncompressed), PGM and
/// PPM, recognised by content. An alpha channel is dropped; EXIF orientation is not applied. PNM values are scaled from
/// their maximum to 255 or 65535. Refused although decoders often accept them: a PNG with a wrong checksum or without
/// its end, a JPEG without its end marker, a BMP or PNM with pixels missing. A JPEG whose inside is damaged but whose
/// markers are whole cannot be distinguished from a good one. Limits: a file of 48 MB, 96 MB of pixels.
Tensor read_image(const std::filesystem::path& file);

/// The images below `folder`: the class is the first subfolder, deeper ones are searched too. Classes and files are
/// sorted by name (bytewise). With subfolders train and test (and val or validation) that hold the class folders, these
/// become the sets, standardised from train. Files that neither look like an image nor have the name of one are named
/// in Splits::skipped. Files are decoded by num_threads() threads. Memory: the images, at most twice.
/// Errors: more bad files than most_bad allows, images of different size without a fit, an empty class, fewer than two
/// classes, a class in another set that train does not have, more pixels than `memory` allows.
Splits read_image_folder(const std::filesystem::path& folder, const ImageOptions& options = {},
                         MemoryBudget memory = {});

/// The image files at `path`, for data without labels: the file itself if it looks like an image or has the name of
/// one, or those of the folder and all below it, sorted; hidden ones and links to folders are left out. Other files are
/// passed over.
std::vector<std::filesystem::path> find_image_files(const std::filesystem::path& path);

/// Some of them as one tensor (N, H, W, C).
struct ImageFiles {
    Tensor images;                     ///< undefined when none could be read
    std::vector<std::int64_t> read;    ///< which of the files these are, ascending
    std::vector<SkippedFile> skipped;  ///< the others; most_bad does not count here
};

/// Reads them by num_threads() threads. Errors: images of different size with ImageFit::exact and no height.
ImageFiles read_image_files(const std::vector<std::filesystem::path>& files, const ImageOptions& options = {},
                            MemoryBudget memory = {});

}  // namespace cyclone::data
