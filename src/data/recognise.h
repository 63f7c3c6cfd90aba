#pragma once
// What is asked about a path before it is chosen how to read it.

#include <cyclone/data/open_options.h>

#include <filesystem>
#include <string>

namespace cyclone::data {

/// Whether open() reads this as a folder of images.
bool opens_as_image_folder(const std::filesystem::path& path);

/// Whether this is a file of text.
bool opens_as_table(const std::filesystem::path& path);

/// The first 4096 bytes of a file, decompressed where it is gzip.
std::string beginning_of(const std::filesystem::path& file);

/// HDF5's signature is at byte 0, 512, 1024, 2048, ...
bool is_hdf5(const std::string& beginning);

}  // namespace cyclone::data
