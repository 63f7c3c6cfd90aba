#pragma once
// A file in memory, for readers that take a path.

#include <cstdint>
#include <cstdlib>
#include <string>

#include <sys/mman.h>
#include <unistd.h>

namespace cyclone::fuzz {

/// Holds the bytes of the last call of put().
class MemoryFile {
public:
    MemoryFile() : descriptor_(memfd_create("input", 0)), path_("/proc/self/fd/" + std::to_string(descriptor_)) {}

    const std::string& path() const { return path_; }
    void put(const void* bytes, std::size_t size) const {
        if (ftruncate(descriptor_, 0) != 0 || pwrite(descriptor_, bytes, size, 0) != static_cast<ssize_t>(size))
            std::abort();
    }

private:
    int descriptor_;
    std::string path_;
};

}  // namespace cyclone::fuzz
