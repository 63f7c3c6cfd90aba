#pragma once
// Labels in a file of their own: .npy, NPZ, HDF5, or text with one label per line.

#include <cyclone/data/open_options.h>
#include <cyclone/tensor/tensor.h>

#include <optional>
#include <string>

#include "data/assemble.h"

namespace cyclone::data {

/// Whether --label names a file, not an array or column.
bool is_label_file(const std::string& label);

/// The labels of the images in the file `images`: of the file that --label names, or of one beside it that is called
/// the same with y for x or labels for images (train_x.h5, train_y.h5), which is noted. None: there is no such file.
std::optional<Tensor> labels_beside(const std::string& images, ReadContext& context, Labels& labels);

}  // namespace cyclone::data
