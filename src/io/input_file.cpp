// Opening and reading regular files.

#include <cyclone/io/input_file.h>

#include <cyclone/base/error.h>

#include <cerrno>
#include <system_error>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace cyclone::io {

namespace {

// Asked before a file is opened as well: to open a device may already do something to it.
void check_regular(const struct stat& info, const std::string& name) {
    if (!S_ISREG(info.st_mode))
        fail(name, "cannot read: expected a file, this is a ",
             S_ISDIR(info.st_mode) ? "folder" : "device, pipe or socket");
}

}  // namespace

InputFile::InputFile(const std::filesystem::path& path) : name_(path.string()) {
    struct stat info {};
    if (::stat(path.c_str(), &info) == 0) check_regular(info, name_);
    descriptor_ = ::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);  // a pipe would wait for its writer
    if (descriptor_ < 0) fail(name_, "cannot read: ", std::generic_category().message(errno));
    try {
        if (::fstat(descriptor_, &info) != 0) fail(name_, "cannot read: ", std::generic_category().message(errno));
        check_regular(info, name_);
    } catch (...) {
        ::close(descriptor_);
        throw;
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
    constexpr std::size_t kBlock = 1 << 16;
    InputFile file(path);
    std::string text;
    for (std::size_t got = kBlock; got == kBlock;) {
        const std::size_t before = text.size();
        text.resize(before + kBlock);
        got = file.read_some(text.data() + before, kBlock);
        text.resize(before + got);
    }
    return text;
}

}  // namespace cyclone::io
