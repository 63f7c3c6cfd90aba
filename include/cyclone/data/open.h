#pragma once
// One door to every format.

#include <cyclone/data/csv.h>
#include <cyclone/data/hdf5_file.h>
#include <cyclone/data/image_folder.h>
#include <cyclone/data/parts.h>

#include <filesystem>

namespace cyclone::data {

struct OpenOptions {
    ImageOptions images = {};  ///< for a folder of images, and for a table that names files
    CsvOptions csv = {};
    Hdf5Options hdf5 = {};
};

/// Recognises the data at `path` by what is in it, not by its name, and reads it:
///   a folder with  Positive_train.h5 ...            read_study_folder()
///                  train-images-idx3-ubyte[.gz] ...  read_mnist_folder()
///                  data_batch_1.bin or train.bin     read_cifar_folder()
///                  a subfolder for each class        read_image_folder()
///   a file that is .npz (zip), HDF5, or a CSV table (also gzip): read_npz_dataset(), read_hdf5(), read_csv();
///   a flat file, which is not read but mapped into memory: read_flat_file().
/// Parts::format says what it was. A single .npy, IDX or image file has no labels and is refused with a hint.
/// Errors: nothing there, not recognised (lists what was tried), and those of the reader.
Parts open(const std::filesystem::path& path, const OpenOptions& options = {});

}  // namespace cyclone::data
