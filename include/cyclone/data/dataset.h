#pragma once
// Dataset: images with labels, whatever file they came from. Splits: the training, validation and test set that readers
// return and that a dataset is split into.

#include <cyclone/data/pixel_store.h>
#include <cyclone/data/standardization.h>
#include <cyclone/tensor/tensor.h>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cyclone::data {

struct Splits;

/// How Dataset::split() divides images among training, validation and test set.
struct SplitOptions {
    double validation = 0.15;  ///< fraction of the images; 0: none
    double test = 0.15;        ///< fraction of the images; 0: none
    std::uint64_t seed = 0;    ///< of the choice
    /// One number per image; images of a group (a patient, a source picture) stay together. Empty: no groups.
    std::vector<std::int64_t> groups = {};
};

/// A plain value; copies share pixels and labels.
struct Dataset {
    PixelStore images = {};                     ///< (N, H, W, C), u8, u16 or f32, as stored in the file
    Tensor labels = {};                         ///< (N), i64, each in [0, classes())
    std::vector<std::string> class_names = {};  ///< one per class; for two classes 1 is the positive one
    std::string source = {};  ///< where it came from, for people: path or generator, and what was left out
    std::optional<Standardization> standardization =
        std::nullopt;  ///< what the loader does to the pixels; none: values as they are
    /// Numbers to predict, (N, ...), f32, one row per image: for a regression, or beside the labels. Augmentations do
    /// not change them. Undefined: none.
    Tensor targets = {};
    Tensor weights = {};  ///< (N), f32, >= 0: for a loss that sees the batch (FitOptions::batch_loss). Undefined: none

    std::int64_t size() const { return images.size(0); }            ///< images
    Tensor image(std::int64_t i) const { return images.image(i); }  ///< (H, W, C), no copy
    /// Number of classes.
    std::int64_t classes() const { return static_cast<std::int64_t>(class_names.size()); }
    std::vector<std::int64_t> class_counts() const;  ///< images of each class
    /// Indices of the images of each class, ascending.
    std::vector<std::vector<std::int64_t>> class_members() const;
    Shape image_shape() const;  ///< (H, W, C)
    /// A copy of the images at `indices`, in that order, with the same classes and standardisation. Of a mapped file
    /// (flat_file.h) only the labels are copied.
    Dataset subset(std::span<const std::int64_t> indices) const;
    /// One line: count, shape, dtype, images of each class, source.
    std::string describe() const;

    /// Splits into training and test set class by class: of n images of a class round(train_fraction * n) are for
    /// training, at least one for either when n >= 2, and a single one for training. The choice depends only on `seed`
    /// and the class; both sets keep the order of the data. The standardisation is fitted on the training set and
    /// attached to both: `auto [train, test] = dataset.split(0.8);`.
    /// Errors: a fraction outside (0, 1), no class with two images.
    Splits split(double train_fraction, std::uint64_t seed = 0) const;
    /// Splits by split_indices() (splits.h) into up to three sets, also by group; standardised like the above.
    /// Errors: also a set without any image.
    Splits split(const SplitOptions& options) const;

    /// Gives the classes the numbers that they have in `names`. Error that begins with `where` for one that is not
    /// there.
    void match_classes(const std::vector<std::string>& names, std::string_view where);

    /// Throws an Error that begins with `where` unless shapes, dtypes and counts agree, labels are inside the classes
    /// and no f32 pixel is NaN or infinite (of a mapped file: verify_flat_file()). Every reader and the loader call it.
    void validate(std::string_view where) const;

    /// CRC-64/XZ of pixels, labels, standardisation, targets and weights, in hexadecimal: equal for equal data.
    /// Checkpoints hold it.
    std::string fingerprint() const;
};

/// Images without classes, whose labels are all 0, of one class "unlabelled": for a regression on `targets`, or for a
/// loss that needs no answers, such as that of an autoencoder. See evaluate() and FitOptions::loss.
Dataset unlabelled(PixelStore images, Tensor targets = {});

/// A file that was left out, and why.
struct SkippedFile {
    std::string path;      ///< of the file
    std::string reason;    ///< one sentence
    bool by_kind = false;  ///< all files of its kind are left out, so that to name one is enough
};

/// A line per file, and one per kind with the first file and how many more there are.
std::vector<std::string> summary(const std::vector<SkippedFile>& files);

/// All sets have the same image shape, dtype and classes.
struct Splits {
    Dataset train = {};                                ///< everything where the data are not split
    std::optional<Dataset> validation = std::nullopt;  ///< where there is one
    std::optional<Dataset> test = std::nullopt;        ///< where there is one
    std::string format = {};                           ///< of what was read, for people: "NPZ", "folder of images", ...
    std::vector<SkippedFile> skipped = {};             ///< files left out of a folder, in order of their names
    std::vector<std::int64_t> groups = {};  ///< of each image in `train` (patient, source image, ...); empty: not known
    std::vector<std::string> notes = {};    ///< what people should know: choices that were made, what was not used

    /// The name and the dataset of each set that is there.
    std::vector<std::pair<const char*, const Dataset*>> sets() const;
    /// One line per set.
    std::string describe() const;
    /// Fits the standardisation on `train` and attaches it to all sets. Errors: an invalid set, image shapes or classes
    /// that differ.
    void standardize();
    /// Throws an Error unless every set is valid, all agree, and every class has an image in `train`.
    void validate(std::string_view where) const;

    /// "crc32 " and a CRC-32 of pixels and labels of `train` and `test` (of a mapped file: of its checksum and the
    /// labels), in hexadecimal: equal for equal data. Run folders hold it. Errors: there is no test set.
    std::string fingerprint() const;

    /// For `auto [train, test] = ...`: 0 is `train`, 1 is `test`. Errors: there is no test set.
    template <std::size_t Index>
    Dataset get() const {
        if constexpr (Index == 0)
            return train;
        else
            return test_set();
    }

private:
    const Dataset& test_set() const;
};

}  // namespace cyclone::data

/// @cond structured bindings
template <>
struct std::tuple_size<cyclone::data::Splits> : std::integral_constant<std::size_t, 2> {};
template <std::size_t Index>
struct std::tuple_element<Index, cyclone::data::Splits> {
    using type = cyclone::data::Dataset;
};
/// @endcond
