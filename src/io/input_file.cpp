// Opening and reading regular files.

#include <cyclone/io/input_file.h>

#include <cyclone/base/error.h>

#include <cerrno>
#include <system_error>

#include "system/system.h"

namespace cyclone::io {

namespace {

// Asked before a file is opened as well: to open a device may already do something to it.
void check_regular(const system::FileStatus& status, const std::string& name) {
    if (status.kind != system::FileKind::regular)
        fail(name, "cannot read: expected a file, this is a ",
             status.kind == system::FileKind::folder ? "folder" : "device, pipe or socket");
}

}  // namespace

InputFile::InputFile(const std::filesystem::path& path) : name_(path.string()) {
    system::FileStatus status = system::status(path);
    if (status.kind != system::FileKind::none) check_regular(status, name_);
    descriptor_ = system::open_to_read(path);
    if (descriptor_ < 0) fail(name_, "cannot read: ", std::generic_category().message(errno));
    try {
        status = system::status(descriptor_);
        if (status.kind == system::FileKind::none) fail(name_, "cannot read: ", std::generic_category().message(errno));
        check_regular(status, name_);
    } catch (...) {
        system::close(descriptor_);
        throw;
    }
    size_ = status.size;
}

InputFile::~InputFile() { system::close(descriptor_); }

std::size_t InputFile::read_some(void* into, std::size_t count) {
    std::size_t done = 0;
    while (done < count) {
        const std::int64_t got = system::read(descriptor_, static_cast<char*>(into) + done, count - done);
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
    if (!system::seek(descriptor_, offset)) fail(name_, "cannot read: ", std::generic_category().message(errno));
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
