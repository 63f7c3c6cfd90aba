#pragma once
// A folder of images, one subfolder a class.

#include <cyclone/data/parts.h>
#include <cyclone/tensor/tensor.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace cyclone::data {

/// Whether this build reads PNG and JPEG (CMake option CYCLONE_IMAGES). Without it readers of such files throw an Error
/// that says so; BMP and PNM are always read.
bool has_images();

/// What is done with images that are not height x width.
enum class ImageFit {
    exact,   ///< a bad file; without a height an error: all images must have the size of the first
    resize,  ///< stretched, linear interpolation that averages where it shrinks
    crop,    ///< the middle is cut out; a smaller image is a bad file
    pad,     ///< put in the middle of zeros; a larger image is a bad file
};

struct ImageOptions {
    ImageFit fit = ImageFit::exact;
    std::int64_t height = 0;  ///< 0 only with ImageFit::exact: as in the files
    std::int64_t width = 0;
    std::int64_t channels = 0;  ///< 1 grey, 3 colour, 0: 3 if any file has colour. Grey is .299 R + .587 G + .114 B
    std::int64_t bits = 0;      ///< 8 (u8), 16 (u16), 0: 16 if any file has 16. 8 bits become 16 by v * 257
    std::uint64_t memory_limit = 0;  ///< of the pixels, as in OpenOptions
    double most_bad = 0;  ///< share of the files that may be bad; these are left out and named in Parts::skipped
};

/// One image file as (H, W, C) u8 or u16, C = 1 or 3: PNG, JPEG (baseline, progressive), BMP (uncompressed), PGM and
/// PPM, told apart by content. An alpha channel is dropped; EXIF orientation is not applied. PNM values are scaled from
/// their maximum to 255 or 65535. Refused although decoders often accept them: a PNG with a wrong checksum or without
/// its end, a JPEG without its end marker, a BMP or PNM with pixels missing. A JPEG whose inside is damaged but whose
/// markers are whole cannot be told from a good one. Limits: a file of 48 MB, 96 MB of pixels.
Tensor read_image(const std::filesystem::path& file);

/// The images below `folder`: the class is the first subfolder, deeper ones are searched too. Classes and files are
/// sorted by name (bytewise). With subfolders train and test (and val or validation) below which the classes stand,
/// these become the parts, standardised from train. Files that neither look like an image nor are called so are named
/// in Parts::skipped. Files are decoded by num_threads() threads. Memory: the images, at most twice.
/// Errors: more bad files than most_bad allows, images of different size without a fit, an empty class, fewer than two
/// classes, a class in another part that train does not have.
Parts read_image_folder(const std::filesystem::path& folder, const ImageOptions& options = {});

/// The image files at `path`, for data without labels: the file itself if it looks like an image or is called so,
/// or those of the folder and all below it, sorted; hidden ones and links to folders are left out. Other files are
/// passed over.
std::vector<std::filesystem::path> find_image_files(const std::filesystem::path& path);

/// Some of them as one tensor (N, H, W, C).
struct ImageFiles {
    Tensor images;                     ///< undefined when none could be read
    std::vector<std::int64_t> read;    ///< which of the files these are, ascending
    std::vector<SkippedFile> skipped;  ///< the others; most_bad does not count here
};

/// Reads them by num_threads() threads. Errors: images of different size with ImageFit::exact and no height.
ImageFiles read_image_files(const std::vector<std::filesystem::path>& files, const ImageOptions& options = {});

}  // namespace cyclone::data
