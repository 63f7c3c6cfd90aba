#pragma once
// free_memory() of a system whose files lie below a folder, for tests.

#include <cstdint>
#include <filesystem>

namespace cyclone::data {

/// free_memory() with `root` in the place of "/".
std::uint64_t free_memory_of(const std::filesystem::path& root);

}  // namespace cyclone::data
