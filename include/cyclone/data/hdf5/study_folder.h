#pragma once
// The study's data: Positive_train.h5, Negative_train.h5, Positive_test.h5 and Negative_test.h5 in one folder, each
// with one dataset N x H x W [x C] under any name.

#include <cyclone/data/dataset.h>
#include <cyclone/tensor/tensor.h>

#include <cstdint>
#include <filesystem>

namespace cyclone::data {

/// Whether this build reads HDF5 (CMake option CYCLONE_HDF5). Without it the readers here throw an Error that says so.
bool has_hdf5();

/// What to take of a file: `count` images (-1: all there are, and never more than there are), a choice that depends on
/// `seed`. The images keep the file's order.
struct ImageChoice {
    std::int64_t count = -1;
    std::uint64_t seed = 0;
};

/// The images of the one dataset in an HDF5 file as (N, H, W, C), C = 1 where the file has no channels; u8, u16 or f32.
/// Only what is chosen is kept in memory. The file is treated as untrusted: a child process reads it, as in
/// read_hdf5(), and external links, external storage, virtual datasets, plug-in filters and declared sizes far beyond
/// the stored ones are refused. Errors: not an HDF5 file, truncated or damaged, no dataset or more than one, another
/// rank or type, no images, a NaN or infinite pixel.
Tensor read_hdf5_images(const std::filesystem::path& file, ImageChoice choice = {});

/// Whether it holds any of the four files, so that what is missing is told by read_study_folder().
bool is_study_folder(const std::filesystem::path& folder);

struct StudyFolderOptions {
    std::int64_t positives = -1;  ///< training images to take, -1: all
    std::int64_t negatives = -1;
    std::uint64_t seed = 0;          ///< of the choice where not all are taken
    std::uint64_t memory_limit = 0;  ///< as in OpenOptions
};

/// Both sets with classes "negative" and "positive" (positives first), standardised from the training set; all test
/// images are taken. When the folder holds fewer than asked for, all of them are taken and Dataset::source says so.
Split read_study_folder(const std::filesystem::path& folder, StudyFolderOptions options = {});

}  // namespace cyclone::data
