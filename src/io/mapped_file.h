#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>

#include "io/input_file.h"

namespace cyclone::io {

/// A whole file mapped into memory for reading, of which only a bounded part is resident: the reader says what it is
/// about to read and what it has read. Any thread may call anything. The file must not be changed while it lives
/// (replacing it by another file of its name is fine): will_read() throws then. Where it is shortened between
/// will_read() and the reading, the system ends the process (SIGBUS).
class MappedFile {
public:
    explicit MappedFile(const std::filesystem::path& path);
    ~MappedFile();
    MappedFile(const MappedFile&) = delete;
    MappedFile& operator=(const MappedFile&) = delete;

    const std::byte* data() const { return data_; }  ///< aligned to a page; nullptr of an empty file
    std::uint64_t size() const { return file_.size(); }
    const std::string& name() const { return name_; }

    /// Starts to fetch these bytes from the disk. Error when the file has been changed since it was opened.
    void will_read(const void* from, std::size_t bytes) const;
    /// So many bytes were read at `places` places: beyond a limit of about 64 MB all pages are given back to the
    /// system, which keeps them in its cache for as long as nobody needs the memory.
    void have_read(std::size_t bytes, std::size_t places = 1) const noexcept;

private:
    std::string name_;
    InputFile file_;
    const std::byte* data_ = nullptr;
    std::int64_t modified_ = 0;                       // time in ns
    mutable std::atomic<std::uint64_t> resident_{0};  // at most so many bytes
};

}  // namespace cyclone::io
