#pragma once
// HDF5: images and labels in one file under any names, images alone, and the study's folder of four files.
//
// A file is opened by a child process with limits on time and memory, which can write no file, load no plug-in and
// follow no link out of the file: if the library crashes on it, this is an Error here. Refused are external links,
// external storage, virtual datasets, plug-in filters and declared sizes far beyond the stored ones.

#include <cyclone/data/dataset.h>
#include <cyclone/data/memory_budget.h>
#include <cyclone/data/open_options.h>
#include <cyclone/tensor/tensor.h>

#include <cstdint>
#include <filesystem>
#include <string>

namespace cyclone::data {

/// Whether this build reads HDF5 (CMake option CYCLONE_HDF5). Without it the readers here throw an Error that says so.
bool has_hdf5();

/// The images and labels of a file, found by the names of its datasets, also in groups ("train/images"), as
/// read_npz_dataset() does. Pixels may be integers, booleans or floating-point numbers of up to 64 bits, labels also
/// text; compressed by gzip or LZF, or not. Links are not followed.
/// Errors: those of read_npz_dataset(), a damaged or malicious file.
Splits read_hdf5(const std::filesystem::path& file, const OpenOptions& options = {});
/// The same, for formats().
Splits read_hdf5(const std::filesystem::path& file, ReadContext& context);

/// The images of the one dataset in an HDF5 file as (N, H, W, C), C = 1 where the file has no channels; u8, u16 or f32.
/// `count` images (-1: all; never more than there are), a choice that depends on `seed`, in the file's order; only
/// these are kept in memory. Errors: not an HDF5 file, truncated or damaged, no dataset or more than one, another rank
/// or type, no images, a NaN or infinite pixel.
Tensor read_hdf5_images(const std::filesystem::path& file, std::int64_t count = -1, std::uint64_t seed = 0,
                        MemoryBudget memory = {});

/// How many of the training images are taken.
struct StudyFolderOptions {
    std::int64_t positives = -1;  ///< training images to take, -1: all
    std::int64_t negatives = -1;  ///< as positives
    std::uint64_t seed = 0;       ///< of the choice where not all are taken
};

/// The study's data: Positive_train.h5, Negative_train.h5, Positive_test.h5 and Negative_test.h5 in one folder, each
/// with one dataset N x H x W [x C] under any name. Both sets have the classes "negative" and "positive" (positives
/// first) and are standardised from the training set; all test images are taken. When the folder holds fewer than asked
/// for, all of them are taken and Dataset::source says so.
Splits read_study_folder(const std::filesystem::path& folder, const StudyFolderOptions& options = {},
                         MemoryBudget memory = {});

/// Whether the folder holds any of the four files; read_study_folder() then reports what is missing.
bool is_study_folder(const std::filesystem::path& folder);

}  // namespace cyclone::data
