#pragma once
// What is in a folder.

#include <cstddef>
#include <filesystem>
#include <iterator>

namespace cyclone::test {

/// Entries of the folder, hidden ones too.
inline std::ptrdiff_t files_in(const std::filesystem::path& folder) {
    using std::filesystem::directory_iterator;
    return std::distance(directory_iterator(folder), directory_iterator());
}

}  // namespace cyclone::test
