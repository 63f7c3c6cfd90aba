#pragma once
// NumPy's files: .npy (one array) and .npz (a zip archive of arrays), as MedMNIST and Keras's MNIST come in.

#include <cyclone/data/dataset.h>
#include <cyclone/data/memory_budget.h>
#include <cyclone/data/open_options.h>
#include <cyclone/nn/state_dict.h>
#include <cyclone/tensor/tensor.h>

#include <filesystem>

namespace cyclone::data {

/// The array of a .npy file (format 1 to 3), also compressed with gzip. C and Fortran order and either byte order
/// become a row-major tensor. uint8, bool -> u8, uint16 -> u16, float16, float32 -> f32, float64 -> f64, all other
/// integers -> i64. Format: numpy.lib.format. Nothing is unpickled: object arrays and structured types are refused.
/// Nothing is allocated before the declared size is known to fit the file. Errors: truncated or longer than declared, a
/// damaged header, another type, an integer above 2^63 - 1, more than `memory` allows.
Tensor read_npy(const std::filesystem::path& path, MemoryBudget memory = {});

/// Every array of a .npz file, stored or deflated, zip64 included, in the archive's order and without the ending .npy.
/// Refused as well: names that occur twice, members that overlap or expand beyond 256 MB and 200 times their stored
/// size, checksum errors.
StateDict read_npz(const std::filesystem::path& path);

/// The images and labels of a .npz file, found by their names in any usual spelling (train_images and train_labels,
/// val_..., test_... as in MedMNIST; x_train, y_train, ... as in Keras; images and labels, X and y, ...) or by their
/// shapes, or named by the options; also groups and the names of the classes. Images are N x H x W [x C], N x C x H x W
/// where that is clear, or N x pixels; labels N, N x 1 or one-hot whole numbers from 0, or text. Classes are the labels
/// that occur. Arrays that are not used are noted and not read. Data that come split are standardised from the training
/// set. Errors: names that leave open what is what, labels that do not match, an empty class, image shapes that differ
/// between the sets, arrays that take more than the memory limit.
Splits read_npz_dataset(const std::filesystem::path& path, const OpenOptions& options = {});
/// The same, for formats().
Splits read_npz_dataset(const std::filesystem::path& path, ReadContext& context);

}  // namespace cyclone::data
