// Writing a file under another name first.

#include <cyclone/io/atomic_file.h>

#include <cyclone/base/error.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include "system/system.h"

namespace cyclone::io {
namespace fs = std::filesystem;
namespace {

constexpr const char* kTemporary = ".tmp.";

/// What `path` names behind symbolic links, whether it is there or not: a rename would replace the link.
fs::path target_of_links(fs::path path) {
    constexpr int kMostLinks = 40;  // as Linux
    const std::string given = path.string();
    for (int links = 0; links <= kMostLinks; ++links) {
        std::error_code error;
        if (!fs::is_symlink(path, error)) return path;
        if (system::status(path).kind != system::FileKind::none) {
            const fs::path real = fs::canonical(path, error);
            return error ? path : real;  // a pipe behind /dev/stdout has no name of its own
        }
        const fs::path target = fs::read_symlink(path, error);
        check(!error, given, "cannot follow the symbolic link ", path.string(), ": ", error.message());
        path = path.parent_path() / target;  // an absolute target replaces all
    }
    fail(given, "cannot write: expected at most ", kMostLinks, " symbolic links behind each other");
}

}  // namespace

AtomicFile::AtomicFile(const fs::path& path) {
    check(path.has_filename(), path.string(), "cannot write: expected the name of a file");
    path_ = target_of_links(path);
    folder_ = path_.has_parent_path() ? path_.parent_path() : fs::path(".");
    open_temporary();
}

AtomicFile::~AtomicFile() { discard(); }

void AtomicFile::open_temporary() {
    const system::FileStatus old = system::status(path_);
    const bool exists = old.kind != system::FileKind::none;
    // A rename would put an ordinary file in the place of /dev/null.
    check(!exists || old.kind == system::FileKind::regular, path_.string(),
          "cannot write: expected the name of a file, this is a ",
          old.kind == system::FileKind::folder ? "folder" : "device, pipe or socket");
    fs::path base = path_;
    base += kTemporary + std::to_string(system::process_number());
    fs::path name = base;
    for (int attempt = 1; descriptor_ < 0; ++attempt) {
        descriptor_ = system::create(name);
        if (descriptor_ >= 0) break;
        // Left by a killed process with our process number, or another thread is writing the same file.
        if (errno != EEXIST || attempt == 100) fail_with(errno, "cannot write");
        name = base;
        name += "." + std::to_string(attempt);
    }
    temporary_ = std::move(name);  // a copy could run out of memory and leave the file
    if (exists && !system::set_permissions(descriptor_, old.permissions)) fail_with(errno, "cannot set permissions");
}

void AtomicFile::write(const void* bytes, std::size_t count) {
    check(descriptor_ >= 0, path_.string(), "cannot write: the file is already complete or has failed");
    const char* next = static_cast<const char*>(bytes);
    while (count > 0) {
        const std::int64_t written = system::write(descriptor_, next, count);
        if (written < 0) {
            if (errno == EINTR) continue;
            fail_with(errno, "cannot write");
        }
        next += written;
        count -= static_cast<std::size_t>(written);
    }
}

void AtomicFile::rewrite(std::uint64_t offset, std::string_view bytes) {
    check(descriptor_ >= 0, path_.string(), "cannot write: the file is already complete or has failed");
    if (!system::seek(descriptor_, offset)) fail_with(errno, "cannot write");
    write(bytes);
    if (!system::seek_to_end(descriptor_)) fail_with(errno, "cannot write");
}

void AtomicFile::commit() {
    check(descriptor_ >= 0, path_.string(), "cannot finish: the file is already complete or has failed");
    // A failed fsync is final: the kernel may have dropped the pages, a second call would report success.
    if (!system::sync(descriptor_)) fail_with(errno, "cannot write to the disk");
    const bool closed = system::close(descriptor_);
    descriptor_ = -1;
    if (!closed) fail_with(errno, "cannot write");
    if (!system::replace(temporary_, path_)) fail_with(errno, "cannot rename the finished file");
    temporary_.clear();
    // Where the folder cannot be read the file is there, but may not survive a power cut.
    if (!system::sync_folder(folder_)) fail_with(errno, "cannot write the folder to the disk");
}

void AtomicFile::discard() noexcept {
    if (descriptor_ >= 0) system::close(descriptor_);
    descriptor_ = -1;
    if (!temporary_.empty()) system::remove_file(temporary_);
    temporary_.clear();
}

void AtomicFile::fail_with(int error_number, const char* action) {
    discard();
    std::error_code error;
    fail(path_.string(), action, ": ", std::generic_category().message(error_number),
         fs::is_directory(folder_, error) ? "" : " (hint: there is no folder " + folder_.string() + ")");
}

std::string target_of_temporary(const std::string& name) {
    const std::size_t at = name.find(kTemporary);
    if (at == std::string::npos) return "";
    const bool numbered =
        name.find_first_not_of("0123456789.", at + std::string_view(kTemporary).size()) == std::string::npos;
    return numbered ? name.substr(0, at) : "";
}

void write_file_atomically(const fs::path& path, std::string_view bytes) {
    AtomicFile file(path);
    file.write(bytes);
    file.commit();
}

}  // namespace cyclone::io
