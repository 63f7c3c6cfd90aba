#pragma once
// From arrays to datasets: what the readers of NumPy, CSV, HDF5 and CIFAR files have in common.

#include <cyclone/data/dataset.h>
#include <cyclone/tensor/tensor.h>

#include <string>
#include <string_view>
#include <vector>

namespace cyclone::data {

/// N x H x W or N x H x W x C of any dtype as (N, H, W, C) u8, u16 or f32: f64 becomes f32, i64 the smallest type that
/// holds its values. `where` names the file and the array.
Tensor as_images(const Tensor& array, std::string_view where);

/// N or N x 1 whole numbers of at least 0 as (N) i64.
Tensor as_labels(const Tensor& array, std::string_view where);

/// "0" to "<highest label>".
std::vector<std::string> numbered_classes(const std::vector<const Tensor*>& labels);

/// Text for a message: control characters and bytes above 126 become '?', at most 60 characters.
std::string printable(std::string_view text);

}  // namespace cyclone::data
