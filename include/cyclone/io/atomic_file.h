#pragma once
// Writing result files so that a crash, a full disk or Ctrl-C leaves the old file or the new one, never a half one.

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace cyclone::io {

/// A file that comes into being with commit(): what is written goes to `<name>.tmp.<pid>` in the same folder; commit()
/// flushes it to the disk and renames it. Destroyed without commit(), or after any failure, it leaves no trace.
/// An existing file keeps its permissions, a symbolic link keeps pointing where it did. Every failure is an Error that
/// names the file and says why (a missing folder, a full disk, a folder or device of that name, ...).
class AtomicFile {
public:
    explicit AtomicFile(const std::filesystem::path& path);
    ~AtomicFile();
    AtomicFile(const AtomicFile&) = delete;
    AtomicFile& operator=(const AtomicFile&) = delete;

    void write(const void* bytes, std::size_t count);
    void write(std::string_view bytes) { write(bytes.data(), bytes.size()); }
    /// Replaces bytes that were written before, from byte `offset` on: for a header that is known at the end only.
    void rewrite(std::uint64_t offset, std::string_view bytes);

    /// Makes the file appear under its name, at most once; nothing can be written afterwards.
    void commit();

private:
    void open_temporary();
    void discard() noexcept;
    [[noreturn]] void fail_with(int error_number, const char* action);

    std::filesystem::path path_;    // the real file, links resolved
    std::filesystem::path folder_;  // where it stands
    std::string temporary_;         // empty: nothing to remove
    int descriptor_ = -1;
};

/// The name of the file that a temporary of AtomicFile's, `<name>.tmp.<pid>[.<attempt>]`, was to become; "" when `name`
/// is not of that form. A killed process leaves such files behind.
std::string target_of_temporary(const std::string& name);

/// AtomicFile with one write and commit().
void write_file_atomically(const std::filesystem::path& path, std::string_view bytes);

}  // namespace cyclone::io
