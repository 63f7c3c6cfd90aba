// Writing a file under another name first.

#include <cyclone/io/atomic_file.h>

#include <cyclone/base/error.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace cyclone::io {
namespace fs = std::filesystem;
namespace {

constexpr const char* kTemporary = ".tmp.";

}  // namespace

AtomicFile::AtomicFile(const fs::path& path) : path_(path) {
    check(path.has_filename(), path.string(), "cannot write: expected the name of a file");
    std::error_code ignored;
    if (fs::is_symlink(path, ignored)) {
        const fs::path target = fs::canonical(path, ignored);
        if (!target.empty()) path_ = target;
    }
    folder_ = path_.has_parent_path() ? path_.parent_path() : fs::path(".");
    open_temporary();
}

AtomicFile::~AtomicFile() { discard(); }

void AtomicFile::open_temporary() {
    struct stat old {};
    const bool exists = ::stat(path_.c_str(), &old) == 0;
    // A rename would put an ordinary file in the place of /dev/null.
    check(!exists || S_ISREG(old.st_mode), path_.string(), "cannot write: expected the name of a file, this is a ",
          S_ISDIR(old.st_mode) ? "folder" : "device, pipe or socket");
    const std::string base = path_.string() + kTemporary + std::to_string(::getpid());
    std::string name = base;
    for (int attempt = 1; descriptor_ < 0; ++attempt) {
        descriptor_ = ::open(name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (descriptor_ >= 0) break;
        // Left by a killed process with our process number, or another thread is writing the same file.
        if (errno != EEXIST || attempt == 100) fail_with(errno, "cannot write");
        name = base + "." + std::to_string(attempt);
    }
    temporary_ = std::move(name);  // a copy could run out of memory and leave the file
    if (exists && ::fchmod(descriptor_, old.st_mode & 07777) != 0) fail_with(errno, "cannot set permissions");
}

void AtomicFile::write(const void* bytes, std::size_t count) {
    check(descriptor_ >= 0, path_.string(), "cannot write: the file is already complete or has failed");
    const char* next = static_cast<const char*>(bytes);
    while (count > 0) {
        const ssize_t written = ::write(descriptor_, next, count);
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
    if (::lseek(descriptor_, static_cast<off_t>(offset), SEEK_SET) < 0) fail_with(errno, "cannot write");
    write(bytes);
    if (::lseek(descriptor_, 0, SEEK_END) < 0) fail_with(errno, "cannot write");
}

void AtomicFile::commit() {
    check(descriptor_ >= 0, path_.string(), "cannot finish: the file is already complete or has failed");
    // A failed fsync is final: the kernel may have dropped the pages, a second call would report success.
    if (::fsync(descriptor_) != 0) fail_with(errno, "cannot write to the disk");
    const int closed = ::close(descriptor_);
    descriptor_ = -1;
    if (closed != 0) fail_with(errno, "cannot write");
    if (::rename(temporary_.c_str(), path_.c_str()) != 0) fail_with(errno, "cannot rename the finished file");
    temporary_.clear();
    const int folder = ::open(folder_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0)
        return;  // a folder that can be written but not read: the file is there, but may not survive a power cut
    const int synced = ::fsync(folder);
    const int error_number = errno;
    ::close(folder);
    if (synced != 0 && error_number != EINVAL) fail_with(error_number, "cannot write the folder to the disk");
}

void AtomicFile::discard() noexcept {
    if (descriptor_ >= 0) ::close(descriptor_);
    descriptor_ = -1;
    if (!temporary_.empty()) ::unlink(temporary_.c_str());
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
