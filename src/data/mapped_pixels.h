#pragma once
// A PixelStore over a mapped file (private: the flat file's).

#include <cyclone/data/pixel_store.h>

#include <cstdint>
#include <memory>

#include "io/mapped_file.h"

namespace cyclone::data {

/// `images` are (N, H, W, C) in the memory of `file`; `file_checksum` stands for all pixels of the file.
PixelStore mapped_pixels(std::shared_ptr<const io::MappedFile> file, const Tensor& images, std::uint64_t file_checksum);

}  // namespace cyclone::data
