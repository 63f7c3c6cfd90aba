#pragma once
// binary_task(): from data of any number of classes to two, one class against the rest, at a chosen imbalance.

#include <cyclone/data/dataset.h>

#include <cstdint>

namespace cyclone::data {

/// Which class is told from the others, and how many images of each.
struct BinaryTaskOptions {
    std::int64_t positive_class = 1;  ///< becomes class 1
    /// Negatives per positive, reached by leaving out images of the class that has too many; 0: as they are.
    double imbalance = 0;
    std::int64_t positives = -1;  ///< images to take at most before that, -1: all
    std::int64_t negatives = -1;  ///< as positives
    std::uint64_t seed = 0;       ///< of the choice which images stay
};

/// Label 1 for the positive class, 0 for all others; the images keep their order, at least one of each class stays. The
/// source says what was left out. Data of two classes with positive class 1 keep their class names. The standardisation
/// is dropped: refit it with Splits::standardize(). UsageError: a class that the data do not have, or have no image
/// or only images of; an imbalance that is negative or not finite; a count of 0.
Dataset binary_task(const Dataset& dataset, const BinaryTaskOptions& options = {});

}  // namespace cyclone::data
