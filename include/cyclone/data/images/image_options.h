#pragma once
// ImageOptions: how image files become pixels of one size and type.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cyclone::data {

/// Whether this build reads JPEG (CMake option CYCLONE_IMAGES). Without it readers of such files throw an Error that
/// says so; PNG, BMP and PNM are always read.
bool has_images();

/// What is done with images that are not height x width.
enum class ImageFit {
    exact,   ///< a bad file; without a height an error: all images must have the size of the first
    resize,  ///< stretched, linear interpolation that averages where it shrinks
    crop,    ///< the middle is cut out; a smaller image is a bad file
    pad,     ///< put in the middle of zeros; a larger image is a bad file
};

/// "exact", "resize", "crop" or "pad".
std::string name_of(ImageFit fit);
/// The inverse of name_of(). UsageError for another text.
ImageFit parse_image_fit(std::string_view text);

/// The form that image files are brought to.
struct ImageOptions {
    ImageFit fit = ImageFit::exact;  ///< of images of another size
    std::int64_t height = 0;         ///< 0 only with ImageFit::exact: as in the files
    std::int64_t width = 0;          ///< as height
    std::int64_t channels = 0;  ///< 1 grey, 3 colour, 0: 3 if any file has colour. Grey is 0.299 R + 0.587 G + 0.114 B
    std::int64_t bits = 0;      ///< 8 (u8), 16 (u16), 0: 16 if any file has 16. 8 bits become 16 by v * 257
    std::vector<std::string> classes = {};  ///< of a folder, which then may lack some; empty: its subfolders
    /// Of a folder: whether its subfolders are sets, not classes; none: as their names say.
    std::optional<bool> set_folders = std::nullopt;
    /// Of a folder: the levels of folders below a class that make a group (class/patient/x.png: 1); 0: no groups, and a
    /// note where there are such folders; -1: no groups.
    std::int64_t group_levels = 0;
    double most_bad = 0;  ///< fraction of the files that may be bad; these are left out and named in Splits::skipped
};

}  // namespace cyclone::data
