#pragma once
// HDF5 datasets that a child process reads and sends: the library is not safe on untrusted files.

#include <cyclone/data/memory_budget.h>
#include <cyclone/data/open_options.h>
#include <cyclone/tensor/tensor.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "data/array_archive.h"
#include "data/hdf5/hdf5.h"
#include "data/hdf5/isolated.h"

namespace cyclone::data {

/// For the child: the shape and type of `dataset`, then its elements. Error at a pixel that is NaN or infinite.
void send_dataset(const Hdf5Images& dataset, ToParent& out);
/// For the parent, which trusts none of it. Error when it does not fit into `memory`.
Tensor receive_dataset(FromChild& from, const std::string& where, MemoryBudget& memory);

/// The datasets of a file; each is read by a child process of its own when it is asked for.
ArrayArchive open_hdf5(const std::filesystem::path& path, ReadContext& context);

struct Hdf5Choice {
    std::filesystem::path file;
    std::int64_t count = -1;  ///< images to take, never more than there are; -1: all
    std::uint64_t seed = 0;   ///< of the choice
};

struct Hdf5Chosen {
    Tensor images;                               ///< of all files, one after the other
    std::vector<std::int64_t> available, taken;  ///< of each file
};

/// Images of the one dataset in each file; they must be of one size and type. Errors name `where` or the file.
Hdf5Chosen read_chosen_images(const std::string& where, const std::vector<Hdf5Choice>& files, MemoryBudget& memory);

}  // namespace cyclone::data
