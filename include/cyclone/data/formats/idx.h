#pragma once
// IDX files (the format of MNIST), plain or compressed with gzip.

#include <cyclone/data/dataset.h>
#include <cyclone/data/open_options.h>
#include <cyclone/tensor/tensor.h>

#include <filesystem>

namespace cyclone::data {

/// The tensor of an IDX file of unsigned bytes, u8 with the shape of the header. gzip is recognised by its first bytes.
/// Errors: missing or truncated file, bytes after the data, damaged gzip, another element type.
Tensor read_idx(const std::filesystem::path& path);

/// MNIST's four files (train-images-idx3-ubyte, train-labels-idx1-ubyte, t10k- or test-..., each also with .gz), also
/// with a name before all of them, as EMNIST has (emnist-letters-train-images-...), as (N, H, W, 1) u8, standardised
/// from the training set. The classes are the labels that occur. Errors: also several such names without
/// OpenOptions::array, more pixels than the memory limit allows.
Splits read_mnist_folder(const std::filesystem::path& folder, const OpenOptions& options = {});
/// The same, for formats().
Splits read_mnist_folder(const std::filesystem::path& folder, ReadContext& context);

/// Whether the folder has training images in such a file.
bool is_mnist_folder(const std::filesystem::path& folder);

}  // namespace cyclone::data
