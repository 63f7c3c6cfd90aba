#pragma once
// Images and labels in one HDF5 file, under any names.

#include <cyclone/data/parts.h>

#include <cstdint>
#include <filesystem>
#include <string>

namespace cyclone::data {

struct Hdf5Options {
    std::string images = {};  ///< dataset N x H x W [x C], also inside groups ("train/images"); empty: a usual name
    std::string labels = {};  ///< dataset N or N x 1 of integers
    double seconds = 60;      ///< the reading process is stopped when it sends nothing for so long
    std::uint64_t memory = std::uint64_t{2} << 30;  ///< bytes the library may take beside the pixels
    std::uint64_t memory_limit = 0;                 ///< of the pixels, as in OpenOptions
};

/// The file is opened by a child process with limits on time and memory, which can write no file, load no plug-in and
/// follow no link out of the file: if the library crashes on it, this is an Error here. Usual names are images and
/// labels, x and y, X and y, data and label(s), also with train_ in front or _train behind and then with the test set
/// likewise. Sizes are checked as in read_hdf5_images(). Classes are called by their numbers.
/// Errors: no such names, labels that do not match, an empty class, and as read_hdf5_images().
Parts read_hdf5(const std::filesystem::path& file, const Hdf5Options& options = {});

}  // namespace cyclone::data
