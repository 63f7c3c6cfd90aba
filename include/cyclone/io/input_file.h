#pragma once
// InputFile: a file open for reading, for everything that reads files.

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>

namespace cyclone::io {

/// A regular file open for reading, by plain system calls without a buffer. Folders, pipes and devices are an Error,
/// and none of them blocks. Errors name the file.
class InputFile {
public:
    /// Opens the file. Error when there is none, or when it is not a regular file.
    explicit InputFile(const std::filesystem::path& path);
    ~InputFile();
    InputFile(const InputFile&) = delete;
    InputFile& operator=(const InputFile&) = delete;

    const std::string& name() const { return name_; }  ///< for messages
    std::uint64_t size() const { return size_; }       ///< in bytes, when it was opened
    int descriptor() const { return descriptor_; }     ///< of the open file

    /// The next `count` bytes; Error when there are fewer.
    void read(void* into, std::uint64_t count);
    /// Up to `count` bytes; fewer only at the end of the file. Returns how many.
    std::size_t read_some(void* into, std::size_t count);
    /// Continues at byte `offset`.
    void seek(std::uint64_t offset);

private:
    std::string name_;
    int descriptor_ = -1;
    std::uint64_t size_ = 0;
};

/// A whole text file. Error naming the file when it cannot be read.
std::string read_text(const std::filesystem::path& path);

}  // namespace cyclone::io
