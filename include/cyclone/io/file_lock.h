#pragma once
// FileLock: one process at a time uses a file or folder.

#include <filesystem>

namespace cyclone::io {

/// An exclusive flock on a file or folder; the system releases it however the process ends. Some network file systems
/// have no locks: nothing is guarded there. On Windows a locked folder has a hidden file in-use.lock, and cannot be
/// renamed or deleted.
class FileLock {
public:
    /// Opens a file with the flags of open(2).
    FileLock(const std::filesystem::path& path, int flags);
    /// Opens a folder.
    explicit FileLock(const std::filesystem::path& folder);
    ~FileLock();
    FileLock(const FileLock&) = delete;
    FileLock& operator=(const FileLock&) = delete;

    /// Asks for a lock that others may have at the same time, in place of the exclusive one. false: another FileLock
    /// has an exclusive one, is_taken() is true then.
    bool share();

    int open_error() const { return open_error_; }  ///< errno of a path that could not be opened, else 0
    bool is_taken() const { return taken_; }        ///< another FileLock has one, here or in another process

private:
    explicit FileLock(int descriptor);

    int descriptor_ = -1, open_error_ = 0;
    bool taken_ = false;
};

}  // namespace cyclone::io
