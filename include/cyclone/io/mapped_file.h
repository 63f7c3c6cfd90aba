#pragma once
// MappedFile: a file in memory of which only a bounded part is resident.

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>

#include <cyclone/io/input_file.h>

namespace cyclone::io {

/// A whole file mapped into memory for reading, of which only a bounded part is resident: the reader says what it is
/// about to read and what it has read. Safe from any thread. If another program modifies the file, the next will_read()
/// throws; if it truncates the file between will_read() and the read, the process dies with SIGBUS. Replacing it by
/// another file of its name is fine.
class MappedFile {
public:
    /// Maps the file. Errors as InputFile; also when the system refuses the mapping.
    explicit MappedFile(const std::filesystem::path& path);
    ~MappedFile();
    MappedFile(const MappedFile&) = delete;
    MappedFile& operator=(const MappedFile&) = delete;

    const std::byte* data() const { return data_; }      ///< aligned to a page; nullptr of an empty file
    std::uint64_t size() const { return file_.size(); }  ///< in bytes
    const std::string& name() const { return name_; }    ///< for messages

    /// Starts to fetch these bytes from the disk. Error when the file has been changed since it was opened.
    void will_read(const void* from, std::size_t bytes) const;
    /// Counts `bytes` read at `places` places. Beyond about 64 MB all pages are given back to the system, which keeps
    /// them in its cache as long as nobody needs the memory.
    void have_read(std::size_t bytes, std::size_t places = 1) const noexcept;

private:
    std::string name_;
    InputFile file_;
    const std::byte* data_ = nullptr;
    std::int64_t modified_ = 0;                       // time in ns
    mutable std::atomic<std::uint64_t> resident_{0};  // upper bound in bytes
};

}  // namespace cyclone::io
