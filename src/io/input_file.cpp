// Opening and reading regular files.

#include <cyclone/io/input_file.h>

#include <cyclone/base/error.h>

#include <cerrno>
#include <fstream>
#include <iterator>
#include <system_error>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace cyclone::io {

InputFile::InputFile(const std::filesystem::path& path) : name_(path.string()) {
    descriptor_ = ::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);  // a pipe would wait for its writer
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

std::size_t InputFile::read_some(void* into, std::size_t count) {
    std::size_t done = 0;
    while (done < count) {
        const ssize_t got = ::read(descriptor_, static_cast<char*>(into) + done, count - done);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) fail(name_, "cannot read: ", std::generic_category().message(errno));
        if (got == 0) break;
        done += static_cast<std::size_t>(got);
    }
    return done;
}

void InputFile::read(void* into, std::uint64_t count) {
    const std::size_t got = read_some(into, static_cast<std::size_t>(count));
    check(got == count, name_, "ended ", count - got, " bytes early: it was changed while it was read");
}

void InputFile::seek(std::uint64_t offset) {
    if (::lseek(descriptor_, static_cast<off_t>(offset), SEEK_SET) < 0)
        fail(name_, "cannot read: ", std::generic_category().message(errno));
}

std::string read_text(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    std::string text{std::istreambuf_iterator<char>(file), {}};
    check(file.good() || file.eof(), path.string(), "cannot be read");
    return text;
}

}  // namespace cyclone::io
