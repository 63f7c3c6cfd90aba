#pragma once
// Test images as small pictures inside the report.

#include <cyclone/data/dataset.h>

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace cyclone::report {

/// The images that a model got most wrong, the worst first, at most `count` of each kind.
struct ConfidentErrors {
    std::vector<std::int64_t> missed;        ///< positives with the lowest probability, all at most .5
    std::vector<std::int64_t> false_alarms;  ///< negatives with the highest probability, all above .5
};

ConfidentErrors confident_errors(std::span<const std::int64_t> labels, std::span<const double> probability,
                                 std::size_t count);

/// An image as the data URI of a PNG: stretched from its darkest to its brightest pixel, larger ones averaged down to
/// at most 48 pixels a side. Three channels are RGB, of any other number the first is shown.
std::string image_data_uri(const data::Dataset& dataset, std::int64_t index);

}  // namespace cyclone::report
