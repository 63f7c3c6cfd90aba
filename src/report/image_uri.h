#pragma once
// Images as small pictures inside a page.

#include <cyclone/data/dataset.h>

#include <cstdint>
#include <string>

namespace cyclone::report {

/// An image as the data URI of a PNG: stretched from its darkest to its brightest pixel, larger ones averaged down to
/// at most 48 pixels per side. Three channels are RGB, of any other number the first is shown.
std::string image_data_uri(const data::Dataset& dataset, std::int64_t index);

}  // namespace cyclone::report
