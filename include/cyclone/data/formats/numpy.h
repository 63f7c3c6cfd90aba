#pragma once
// NumPy's files: .npy (one array) and .npz (a zip archive of arrays), as MedMNIST and Keras's MNIST come in.

#include <cyclone/data/dataset.h>
#include <cyclone/data/memory_budget.h>
#include <cyclone/nn/state_dict.h>
#include <cyclone/tensor/tensor.h>

#include <filesystem>

namespace cyclone::data {

/// The array of a .npy file (format 1 to 3), also compressed with gzip. C and Fortran order and either byte order
/// become a row-major tensor. uint8, bool -> u8, uint16 -> u16, float32 -> f32, float64 -> f64, all other integers ->
/// i64. Format: numpy.lib.format. Nothing is unpickled: object arrays and structured types are refused. Nothing is
/// allocated before the declared size is known to fit the file.
/// Errors: truncated or longer than declared, a damaged header, another type, an integer above 2^63 - 1, more than
/// `memory` allows.
Tensor read_npy(const std::filesystem::path& path, MemoryBudget memory = {});

/// Every array of a .npz file, stored or deflated, zip64 included, in the archive's order and without the ending .npy.
/// Refused as well: names that occur twice, members that overlap or expand beyond 256 MB and 200 times their stored
/// size, checksum errors.
StateDict read_npz(const std::filesystem::path& path);

/// The images and labels of a .npz file with the keys train_images, train_labels, val_..., test_... (MedMNIST),
/// x_train, y_train, x_test, y_test (Keras), or images / x / data with labels / y (not split). Images are N x H x W [x
/// C], labels N or N x 1 whole numbers; classes are called by their numbers. float64 images become f32. Data that come
/// split are standardised from the training set. Errors: other keys (listed), labels that do not match, an empty class,
/// image shapes that differ between the sets, arrays that take more than `memory` allows.
Splits read_npz_dataset(const std::filesystem::path& path, MemoryBudget memory = {});

}  // namespace cyclone::data
