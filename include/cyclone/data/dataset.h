#pragma once
// Dataset: images with labels, whatever file they came from, and the stratified split into train and test.

#include <cyclone/data/standardization.h>
#include <cyclone/tensor/tensor.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace cyclone::io {
class MappedFile;
}

namespace cyclone::data {

struct Split;

/// A plain value; copies share the pixels (see Tensor).
struct Dataset {
    Tensor images;                         ///< (N, H, W, C), u8, u16 or f32, as stored in the file
    Tensor labels;                         ///< (N), i64, each in [0, classes())
    std::vector<std::string> class_names;  ///< one per class; for two classes 1 is the positive one
    std::string source;                    ///< where it came from, for people: path or generator, and what was left out
    std::optional<Standardization> standardization;  ///< what the loader does to the pixels; none: values as they are

    // Of data larger than memory (flat_file.h): the file that `images` lie in, and which of them are meant. Such a
    // dataset can only be read, and image i is row(i) of `images`; otherwise row(i) is i.
    std::shared_ptr<const io::MappedFile> file = nullptr;
    std::shared_ptr<const std::vector<std::int64_t>> selection = nullptr;

    std::int64_t size() const { return selection ? static_cast<std::int64_t>(selection->size()) : images.size(0); }
    std::int64_t row(std::int64_t i) const { return selection ? (*selection)[static_cast<std::size_t>(i)] : i; }
    Tensor image(std::int64_t i) const;  ///< (H, W, C), no copy
    std::int64_t classes() const { return static_cast<std::int64_t>(class_names.size()); }
    std::vector<std::int64_t> class_counts() const;  ///< images of each class
    Shape image_shape() const;                       ///< (H, W, C)
    /// A copy of the images at `indices`, in that order, with the same classes and standardisation. Of a mapped file
    /// only the labels are copied.
    Dataset subset(std::span<const std::int64_t> indices) const;
    /// One line: count, shape, dtype, images of each class, source.
    std::string describe() const;

    /// Cuts into train and test class by class: of n images of a class round(train_fraction * n) go to train, at least
    /// one to either side when n >= 2, and a single one to train. Which ones depends only on `seed` and the class; both
    /// sides keep the order of the data. Standardisation is fitted on train and attached to both.
    /// Errors: a fraction outside (0, 1).
    Split split(double train_fraction, std::uint64_t seed = 0) const;

    /// Throws an Error that begins with `where` unless shapes, dtypes and counts agree, labels lie inside the classes
    /// and no f32 pixel is NaN or infinite (of a mapped file: verify_flat_file()). Every reader and the loader call it.
    void validate(std::string_view where) const;

    /// CRC-64/XZ of the pixels in their order, a different number for different pixels; of a mapped file the checksum
    /// that it holds together with the choice of images.
    std::uint64_t pixel_checksum() const;
};

struct Split {
    Dataset train, test;
};

/// For data that come already split: fits the standardisation on `train` and attaches it to both.
/// Errors: image shapes or classes of the two differ.
Split with_standardization(Dataset train, Dataset test);

}  // namespace cyclone::data
