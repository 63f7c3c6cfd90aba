#pragma once
// What convert() asks about a path before it chooses how to read it.

#include <filesystem>

namespace cyclone::data {

/// Whether open() reads this as a folder of images.
bool opens_as_image_folder(const std::filesystem::path& path);

}  // namespace cyclone::data
