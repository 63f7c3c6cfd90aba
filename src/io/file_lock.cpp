// Locks that end with the process.

#include <cyclone/io/file_lock.h>

#include <cerrno>

#include "system/system.h"

namespace cyclone::io {

FileLock::FileLock(const std::filesystem::path& path, int flags) : FileLock(system::open_for_lock(path, flags)) {}

FileLock::FileLock(const std::filesystem::path& folder) : FileLock(system::open_folder_for_lock(folder)) {}

FileLock::FileLock(int descriptor) : descriptor_(descriptor) {
    if (descriptor_ >= 0)
        taken_ = !system::lock(descriptor_, false);
    else if (errno == EWOULDBLOCK)
        taken_ = true;
    else
        open_error_ = errno;
}

FileLock::~FileLock() {
    if (descriptor_ >= 0) system::close(descriptor_);
}

bool FileLock::share() {
    taken_ = !system::lock(descriptor_, true);
    return !taken_;
}

}  // namespace cyclone::io
