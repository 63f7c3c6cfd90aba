#pragma once
// How a dataset is split into training, validation and test set: stratified, from a seed, and by group where images
// belong together (patches of one patient or picture). Statistics and resampling come after the split, on the training
// set alone.

#include <cyclone/data/dataset.h>

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace cyclone::data {

/// Indices into the dataset, each ascending; together every image once.
struct SplitIndices {
    std::vector<std::int64_t> train;       ///< of the training set
    std::vector<std::int64_t> validation;  ///< empty: not wanted
    std::vector<std::int64_t> test;        ///< empty: not wanted
};

/// Without groups: of n images of a class round(fraction * n) go to validation and test, at least one to each wanted
/// set when n suffices, training first. With groups: whole groups, largest first, each to the set that lacks its
/// classes most. The choice depends only on labels, groups and seed. Errors: fractions outside [0, 1) or of 1 and more
/// together, a number of groups other than that of labels, fewer groups than sets.
SplitIndices split_indices(std::span<const std::int64_t> labels, const SplitOptions& options);

/// Two images with the same pixels in different sets.
struct Duplicate {
    std::string first_set;    ///< "train" or "validation"
    std::string second_set;   ///< "validation" or "test"
    std::int64_t first = 0;   ///< index in the first set
    std::int64_t second = 0;  ///< index in the second set
    bool same_label = true;   ///< whether their labels agree
};

/// Every image of a later set (order: train, validation, test) that is also in an earlier one, each once with its
/// first occurrence; pixels are compared byte by byte. An empty result means that no test image was trained on.
std::vector<Duplicate> duplicates_across(const Splits& splits);

}  // namespace cyclone::data
