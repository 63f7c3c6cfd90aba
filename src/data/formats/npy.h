#pragma once
// One array in NumPy's format, wherever its bytes come from.

#include <cyclone/data/memory_budget.h>
#include <cyclone/data/open_options.h>
#include <cyclone/tensor/tensor.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

#include "data/array_archive.h"

namespace cyclone::data {

/// Bytes in order.
struct ArraySource {
    std::string where;             ///< file or member, for messages
    std::uint64_t most_bytes = 0;  ///< no more than this can come, whatever the header claims
    std::function<std::size_t(void* into, std::size_t count)> read;  ///< fewer than `count` only at the end
    MemoryBudget* memory = nullptr;  ///< asked before the elements are allocated; none: no limit
};

/// Reads the array and checks that nothing follows it.
Tensor read_array(const ArraySource& source);

/// The same, where it may also hold text.
ArrayValues read_array_values(const ArraySource& source);

/// What the header says; one that is refused is of the kind `other`.
ArrayEntry read_array_entry(const std::string& name, const ArraySource& source);

/// A .npy file of numbers or text.
ArrayValues read_npy_values(const std::filesystem::path& path, MemoryBudget& memory);

/// A .npy file of images as an archive of one array.
ArrayArchive open_npy(const std::filesystem::path& path, ReadContext& context);

/// A .npy file of images; their labels are in another file.
Splits read_npy_dataset(const std::filesystem::path& path, ReadContext& context);

/// The arrays of a .npz file. The elements of one are read when they are asked for.
ArrayArchive open_npz(const std::filesystem::path& path, ReadContext& context);

}  // namespace cyclone::data
