#pragma once
// Archives of named arrays (NPZ, HDF5): which of them are images, labels and groups, and the sets that they make.

#include <cyclone/data/dataset.h>
#include <cyclone/data/open_options.h>

#include <string>

#include "data/array_archive.h"

namespace cyclone::data {

/// Reads the arrays that make sets, each once and no other. What is chosen by its shape, and what is not used, is
/// noted. `format` is for Splits. Errors: no images, or no labels where they are needed, with what there is; names that
/// two arrays could have; what Splits::validate() finds.
Splits read_arrays(const ArrayArchive& archive, ReadContext& context, const std::string& where, const char* format);

}  // namespace cyclone::data
