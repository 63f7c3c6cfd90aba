#pragma once
// Predictions: the labels of a set of samples and a model's class probabilities for them.

#include <cyclone/base/language.h>

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace cyclone::metrics {

/// Labels and probabilities of n samples.
struct Predictions {
    std::vector<std::int64_t> labels;           ///< n class numbers
    std::vector<double> probabilities;          ///< (n, classes), row-major
    std::vector<std::string> class_names = {};  ///< for people; may be empty

    /// Of two classes, from the probabilities of class 1. Error when the lengths differ.
    static Predictions of_two(std::span<const std::int64_t> labels, std::span<const double> positive);

    /// n.
    std::int64_t samples() const { return static_cast<std::int64_t>(labels.size()); }
    /// Columns of `probabilities`. Error when they are not a multiple of the labels.
    std::int64_t classes() const;

    /// Its name, or its number where there are no names.
    std::string class_name(std::int64_t c) const;
    /// The probabilities of class `c`, one per sample. Error when there is no such class.
    std::vector<double> column(std::int64_t c) const;
    /// column(1). Error unless there are two classes.
    std::vector<double> positive() const;
    /// 1 for samples of class `c`, 0 for the others.
    std::vector<std::int64_t> is_class(std::int64_t c) const;
};

/// The mean of the probabilities of several models for the same samples: what their ensemble predicts. Error for none,
/// or for other labels or classes.
Predictions mean_of(std::span<const Predictions> models);

}  // namespace cyclone::metrics
