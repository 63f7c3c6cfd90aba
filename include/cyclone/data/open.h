#pragma once
// One door to every format.

#include <cyclone/data/formats/csv.h>
#include <cyclone/data/hdf5/hdf5_file.h>
#include <cyclone/data/images/image_folder.h>
#include <cyclone/data/parts.h>

#include <cstdint>
#include <filesystem>

namespace cyclone::data {

struct OpenOptions {
    ImageOptions images = {};  ///< for a folder of images, and for a table that names files
    CsvOptions csv = {};
    Hdf5Options hdf5 = {};
    /// Bytes that the pixels and arrays may take in memory, of all parts together; 0: half of the memory that is free
    /// (in the system and in the process's control group). What files declare is checked against it before they are
    /// read, a table of numbers (4 bytes a pixel) and images while they are. Reading and splitting may take as much
    /// again for a time, a table twice as much. A flat file is mapped and has no limit. It counts here, not in the
    /// options above.
    std::uint64_t memory_limit = 0;
};

/// Recognises the data at `path` by what is in it, not by its name, and reads it:
///   a folder with  Positive_train.h5 ...            read_study_folder()
///                  train-images-idx3-ubyte[.gz] ...  read_mnist_folder()
///                  data_batch_1.bin or train.bin     read_cifar_folder()
///                  a subfolder for each class        read_image_folder()
///   a file that is .npz (zip), HDF5, or a CSV table (also gzip): read_npz_dataset(), read_hdf5(), read_csv();
///   a flat file, which is not read but mapped into memory: read_flat_file().
/// Parts::format says what it was. A single .npy, IDX or image file has no labels and is refused with a hint.
/// Errors: nothing there, not recognised (lists what was tried), those of the reader, data beyond memory_limit.
Parts open(const std::filesystem::path& path, const OpenOptions& options = {});

}  // namespace cyclone::data
