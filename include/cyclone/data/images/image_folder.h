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
/// their maximum to 255 or 65535. Refused although decoders often accept them: a PNG with a wrong checksum, without its
/// end or with an index beyond its palette, a JPEG without its end marker or with blocks that no scan has, a BMP or PNM
/// with pixels missing. A JPEG whose data are damaged inside a scan cannot be distinguished from a good one. The same
/// bytes always give the same pixels or the same Error. Limits: a file of 48 MB, 96 MB of pixels (of a JPEG, decoding
/// takes up to four times as much for a time, of one file at a time), 20 million blocks in all scans of a JPEG.
Tensor read_image(const std::filesystem::path& file);

/// The images below `folder`: the class is the first subfolder, deeper ones are searched too, also through links.
/// Classes and files are sorted by name (bytewise); a name that is not UTF-8 is escaped (valid_utf8()). Subfolders for
/// training and for validation or test by their names (train and test, Training and val, seg_train and seg_test, dev,
/// ...) that hold the class folders become the sets, standardised from train; a set may lack classes, and one without
/// any class folder is left out. Left out and named in Splits::skipped: files that neither look like an image nor have
/// the name of one, images outside the class folders, and images that cannot be read, such as TIFF; only the last count
/// as bad. Files are decoded by num_threads() threads. Memory: the images, at most twice.
/// Errors: more bad files than most_bad allows, images of different size without a fit, a class without a file, fewer
/// than two classes, a class in another set that train does not have, folders that may be sets or classes, more pixels
/// than `memory` allows.
Splits read_image_folder(const std::filesystem::path& folder, const ImageOptions& options = {},
                         MemoryBudget memory = {});

/// The image files at `path`, for data without labels: the file itself if it looks like an image or has the name of
/// one (also of a kind that is not read), or those of the folder and all below it, sorted; hidden ones are left out,
/// and links are followed once. `others` gets the files of the folder that are no images.
std::vector<std::filesystem::path> find_image_files(const std::filesystem::path& path,
                                                    std::vector<SkippedFile>* others = nullptr);

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
