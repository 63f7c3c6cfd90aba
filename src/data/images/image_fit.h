#pragma once
// Fitting an image to a size.

#include <cyclone/data/images/image_options.h>

#include <string_view>

#include "data/images/image_file.h"

namespace cyclone::data {

/// The image as height x width; errors (names `where`) where crop or pad cannot.
Image fit_image(Image image, ImageFit fit, std::int64_t height, std::int64_t width, std::string_view where);

}  // namespace cyclone::data
