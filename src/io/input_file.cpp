#include "io/input_file.h"

#include <cyclone/base/error.h>

#include <cerrno>
#include <system_error>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace cyclone::io {

InputFile::InputFile(const std::filesystem::path& path) : name_(path.string()) {
    descriptor_ = ::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);  // non-blocking: a pipe must not hang us
    if (descriptor_ < 0) fail(name_, "cannot read: ", std::generic_category().message(errno));
    struct stat info {};
    const bool regular = ::fstat(descriptor_, &info) == 0 && S_ISREG(info.st_mode);
    if (!regular) {
        ::close(descriptor_);
        fail(name_, "cannot read: expected a file, this is a ",
             S_ISDIR(info.st_mode) ? "folder" : "device, pipe or socket");
    }
    size_ = static_cast<std::uint64_t>(info.st_size);
}

InputFile::~InputFile() { ::close(descriptor_); }

void InputFile::read(void* into, std::uint64_t count) {
    char* next = static_cast<char*>(into);
    while (count > 0) {
        const ssize_t got = ::read(descriptor_, next, static_cast<std::size_t>(count));
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) fail(name_, "cannot read: ", std::generic_category().message(errno));
        check(got > 0, name_, "ended ", count, " bytes early: it was changed while it was read");
        next += got;
        count -= static_cast<std::uint64_t>(got);
    }
}

}  // namespace cyclone::io
