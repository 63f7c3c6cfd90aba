#pragma once
// Files of named arrays that hold the weights of a network: NumPy's .npz, HDF5 as Keras writes it.

#include <cyclone/nn/state_dict.h>

#include <filesystem>
#include <string>

namespace cyclone::data {

/// Every array of numbers in an HDF5 file under its name with groups ("layers/dense/vars/0"), eight groups deep, in the
/// file's order; what Keras stores of its optimizer and its random seeds is left out. Read as read_hdf5() does, by a
/// child process. Errors: those, a build without HDF5.
StateDict read_hdf5_arrays(const std::filesystem::path& path);

/// The weights of a Keras 3 model, .weights.h5, or .keras, a zip archive with model.weights.h5. Errors: those of
/// read_hdf5_arrays(), an archive without that member.
StateDict read_keras_weights(const std::filesystem::path& path);

/// Writes arrays as an uncompressed .npz file, which NumPy's load() reads; the file appears whole or not at all.
/// Errors: names that are no names of files, more than 4 GiB.
void write_npz(const std::filesystem::path& path, const StateDict& arrays);

}  // namespace cyclone::data
