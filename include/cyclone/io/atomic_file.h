#pragma once
// AtomicFile: a crash, a full disk or Ctrl-C leaves the old file or the new one, never a partial one.

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace cyclone::io {

/// A file that appears with commit(). Bytes go to `NAME.tmp.PID` in the same folder; commit() flushes it to the disk
/// and renames it. Destroyed without commit(), or after a failure, it leaves no trace. An existing file keeps its
/// permissions, a symbolic link keeps its target. Every failure is an Error that names the file and the reason (a
/// missing folder, a full disk, a folder or device of that name, ...).
class AtomicFile {
public:
    /// Opens the temporary file.
    explicit AtomicFile(const std::filesystem::path& path);
    ~AtomicFile();
    AtomicFile(const AtomicFile&) = delete;
    AtomicFile& operator=(const AtomicFile&) = delete;

    void write(const void* bytes, std::size_t count);  ///< appends
    /// Appends.
    void write(std::string_view bytes) { write(bytes.data(), bytes.size()); }
    /// Replaces bytes from `offset` on that were written before: for a header that is known at the end only.
    void rewrite(std::uint64_t offset, std::string_view bytes);

    /// Makes the file appear under its name. To be called once; nothing can be written afterwards.
    void commit();

private:
    void open_temporary();
    void discard() noexcept;
    [[noreturn]] void fail_with(int error_number, const char* action);

    std::filesystem::path path_;       // the real file, links resolved
    std::filesystem::path folder_;     // where it stands
    std::filesystem::path temporary_;  // empty: nothing to remove
    int descriptor_ = -1;
};

/// The final name of a temporary file of AtomicFile, `NAME.tmp.PID` or `NAME.tmp.PID.ATTEMPT`; "" when `name` is not of
/// that form. A process that is killed leaves such files behind.
std::string target_of_temporary(const std::string& name);

/// Writes a whole file: AtomicFile with one write() and commit().
void write_file_atomically(const std::filesystem::path& path, std::string_view bytes);

}  // namespace cyclone::io
