#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

namespace cyclone::io {

/// A regular file open for reading; everything else (folders, pipes, devices) is an Error, and none of them hangs.
class InputFile {
public:
    explicit InputFile(const std::filesystem::path& path);
    ~InputFile();
    InputFile(const InputFile&) = delete;
    InputFile& operator=(const InputFile&) = delete;

    std::uint64_t size() const { return size_; }
    int descriptor() const { return descriptor_; }
    /// The next `count` bytes; Error when there are fewer.
    void read(void* into, std::uint64_t count);

private:
    std::string name_;
    int descriptor_ = -1;
    std::uint64_t size_ = 0;
};

}  // namespace cyclone::io
