#pragma once
// Cutting a dataset into training, validation and test set, or into folds: stratified, from a seed, and by group where
// images belong together (patches of one patient or picture). Statistics and resampling come after the split, on the
// training part alone.

#include <cyclone/data/parts.h>

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace cyclone::data {

struct SplitOptions {
    double validation = 0.15;  ///< share of the images; 0: none
    double test = 0.15;
    std::uint64_t seed = 0;
    std::vector<std::int64_t> groups =
        {};  ///< one number for each image; images of a group stay together. Empty: no groups
};

/// Indices into the dataset, each ascending; together every image once.
struct SplitIndices {
    std::vector<std::int64_t> train, validation, test;
};

/// Without groups: of n images of a class round(share * n) go to validation and test, at least one to each wanted part
/// when n suffices, training first. With groups: whole groups, largest first, each to the part that lacks its classes
/// most. Which ones depends only on labels, groups and seed. Errors: shares outside [0, 1) or of 1 and more together,
/// as many groups as labels expected, fewer groups than parts.
SplitIndices split_indices(std::span<const std::int64_t> labels, const SplitOptions& options);

/// The dataset cut so; standardisation is fitted on train. Errors: also a part without any image.
Parts split(const Dataset& dataset, const SplitOptions& options);

/// k folds of nearly equal size, stratified or by group as split_indices(); fold i is the test set of run i. Each class
/// is dealt to the folds in turn, so its counts differ by one at most (without groups).
/// Errors: k < 2, more folds than images or groups.
std::vector<std::vector<std::int64_t>> k_folds(std::span<const std::int64_t> labels, std::int64_t k, std::uint64_t seed,
                                               std::span<const std::int64_t> groups = {});

/// Run `fold` of a k-fold cross-validation: that fold is Parts::test, the others are train.
Parts fold_of(const Dataset& dataset, std::span<const std::vector<std::int64_t>> folds, std::size_t fold);

/// Two images with the same pixels in different parts.
struct Duplicate {
    std::string first_part, second_part;
    std::int64_t first = 0, second = 0;  ///< index in their parts
    bool same_label = true;
};

/// Every image of a later part (order: train, validation, test) that also is in an earlier one, each once with its
/// first occurrence; pixels are compared byte by byte. An empty result means that no test image was trained on.
std::vector<Duplicate> duplicates_across(const Parts& parts);

}  // namespace cyclone::data
