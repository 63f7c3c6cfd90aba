#pragma once
// What a model predicted for one set of images, for reports.

#include <cstdint>
#include <string>
#include <vector>

namespace cyclone::report {

/// The chosen weights' probabilities for one set of images.
struct ReportedSet {
    std::string name;                   ///< "validation", "test"
    std::vector<std::int64_t> labels;   ///< class of each image
    std::vector<double> probabilities;  ///< (images, classes)
};

}  // namespace cyclone::report
