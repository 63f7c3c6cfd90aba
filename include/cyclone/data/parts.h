#pragma once
// Parts: what a reader or a split gives, data that come in one piece or as training, validation and test set.

#include <cyclone/data/dataset.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace cyclone::data {

/// A file that was left out, and why.
struct SkippedFile {
    std::string path;
    std::string reason;
};

/// All parts have the same image shape, dtype and classes.
struct Parts {
    Dataset train;  ///< everything where the data are not split
    std::optional<Dataset> validation;
    std::optional<Dataset> test;
    std::string format;                ///< for people: "NPZ", "folder of images", ...
    std::vector<SkippedFile> skipped;  ///< files left out of a folder, in order of their names
    std::vector<std::int64_t> groups;  ///< of each image in `train` (patient, source image, ...); empty: not known

    /// One line a part.
    std::string describe() const;
    /// Fits the standardisation on `train` and attaches it to all parts. Errors: as with_standardization().
    void standardize();
    /// Throws an Error unless every part is valid, all agree, and every class has an image in `train`.
    void validate(std::string_view where) const;
};

}  // namespace cyclone::data
