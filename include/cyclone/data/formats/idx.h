#pragma once
// IDX files (the format of MNIST), plain or compressed with gzip.

#include <cyclone/data/dataset.h>
#include <cyclone/data/memory_budget.h>
#include <cyclone/tensor/tensor.h>

#include <filesystem>

namespace cyclone::data {

/// The tensor of an IDX file of unsigned bytes, u8 with the shape of the header. gzip is recognised by its first bytes.
/// Errors: missing or truncated file, bytes after the data, damaged gzip, another element type.
Tensor read_idx(const std::filesystem::path& path);

/// MNIST's four files (train-images-idx3-ubyte, train-labels-idx1-ubyte, t10k-..., each also with .gz) as
/// (N, 28, 28, 1) u8 with classes "0" to "9", standardised from the training set.
/// Errors: also more pixels than `memory` allows.
Splits read_mnist_folder(const std::filesystem::path& folder, MemoryBudget memory = {});

}  // namespace cyclone::data
