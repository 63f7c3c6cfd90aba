// Linux, macOS and the other systems of POSIX.

#ifndef _WIN32

#include "system/system.h"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <thread>

#include <fcntl.h>
#include <pthread.h>
#ifdef __linux__
#include <sched.h>
#endif
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace cyclone::system {
namespace {

FileStatus status_of(const struct stat& info) {
#ifdef __APPLE__
    const timespec& modified = info.st_mtimespec;
#else
    const timespec& modified = info.st_mtim;
#endif
    return {.kind = S_ISREG(info.st_mode)   ? FileKind::regular
                    : S_ISDIR(info.st_mode) ? FileKind::folder
                                            : FileKind::other,
            .size = static_cast<std::uint64_t>(info.st_size),
            .modified = modified.tv_sec * std::int64_t{1'000'000'000} + modified.tv_nsec,
            .permissions = info.st_mode & 07777U};
}

}  // namespace

int processors() {
#ifdef __linux__
    cpu_set_t mine;
    if (sched_getaffinity(0, sizeof mine, &mine) == 0) return std::max(1, CPU_COUNT(&mine));
#endif
    return std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
}

int process_number() { return static_cast<int>(::getpid()); }

void at_fork(void (*before)(), void (*in_parent)(), void (*in_child)()) { pthread_atfork(before, in_parent, in_child); }

bool is_terminal(int descriptor) { return ::isatty(descriptor) != 0; }

std::optional<std::size_t> terminal_columns(int descriptor) {
    winsize size{};
    if (::ioctl(descriptor, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return std::nullopt;
    return size.ws_col;
}

void* allocate_aligned(std::size_t alignment, std::size_t bytes) { return std::aligned_alloc(alignment, bytes); }
void release_aligned(void* memory) { std::free(memory); }

bool has_room_for(std::size_t bytes) {
#ifdef MAP_NORESERVE
    constexpr int kPromise = MAP_NORESERVE;
#else
    constexpr int kPromise = 0;
#endif
    void* room = ::mmap(nullptr, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | kPromise, -1, 0);
    if (room == MAP_FAILED) return false;
    ::munmap(room, bytes);
    return true;
}

FileStatus status(const std::filesystem::path& path) {
    struct stat info {};
    return ::stat(path.c_str(), &info) == 0 ? status_of(info) : FileStatus{};
}

FileStatus status(int descriptor) {
    struct stat info {};
    return ::fstat(descriptor, &info) == 0 ? status_of(info) : FileStatus{};
}

std::string identity(const std::filesystem::path& path) {
    struct stat info {};
    if (::stat(path.c_str(), &info) != 0) return "";
    return std::to_string(info.st_dev) + ' ' + std::to_string(info.st_ino);
}

int open_to_read(const std::filesystem::path& path) { return ::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC); }
int create(const std::filesystem::path& path) {
    return ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
}
int open_folder_for_lock(const std::filesystem::path& folder) { return open_for_lock(folder, O_RDONLY | O_DIRECTORY); }
int open_for_lock(const std::filesystem::path& path, int flags) {
    return ::open(path.c_str(), flags | O_CLOEXEC, 0666);
}

std::int64_t read(int descriptor, void* into, std::size_t count) { return ::read(descriptor, into, count); }
std::int64_t write(int descriptor, const void* from, std::size_t count) { return ::write(descriptor, from, count); }
bool seek(int descriptor, std::uint64_t offset) {
    return ::lseek(descriptor, static_cast<off_t>(offset), SEEK_SET) >= 0;
}
bool seek_to_end(int descriptor) { return ::lseek(descriptor, 0, SEEK_END) >= 0; }
bool sync(int descriptor) { return ::fsync(descriptor) == 0; }
bool close(int descriptor) { return ::close(descriptor) == 0; }
bool set_permissions(int descriptor, unsigned permissions) {
    return ::fchmod(descriptor, static_cast<mode_t>(permissions)) == 0;
}

bool replace(const std::filesystem::path& from, const std::filesystem::path& to) {
    return ::rename(from.c_str(), to.c_str()) == 0;
}

bool sync_folder(const std::filesystem::path& folder) {
    const int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0) return true;  // can be written but not read
    const bool synced = ::fsync(descriptor) == 0 || errno == EINVAL;
    const int error_number = errno;
    ::close(descriptor);
    errno = error_number;
    return synced;
}

void remove_file(const std::filesystem::path& path) noexcept { ::unlink(path.c_str()); }

bool lock(int descriptor, bool shared) {
    return ::flock(descriptor, (shared ? LOCK_SH : LOCK_EX) | LOCK_NB) == 0 || errno != EWOULDBLOCK;
}

const std::byte* map(int descriptor, std::size_t size) {
    void* memory = ::mmap(nullptr, size, PROT_READ, MAP_SHARED, descriptor, 0);
    if (memory == MAP_FAILED) return nullptr;
    // will_read() fetches what is needed; read-ahead would fetch 128 KB per small image.
    ::madvise(memory, size, MADV_RANDOM);
    return static_cast<const std::byte*>(memory);
}

void unmap(const std::byte* memory, std::size_t size) { ::munmap(const_cast<std::byte*>(memory), size); }

void will_read(const void* from, std::size_t bytes) {
    constexpr std::uintptr_t kPage = 4096;  // where the system's are larger, a start is refused: no harm
    const auto begin = reinterpret_cast<std::uintptr_t>(from);
    const std::uintptr_t page = begin / kPage * kPage;
    ::madvise(reinterpret_cast<void*>(page), begin - page + bytes, MADV_WILLNEED);
}

void give_back(const std::byte* memory, std::size_t size) {
    ::madvise(const_cast<std::byte*>(memory), size, MADV_DONTNEED);
}

}  // namespace cyclone::system

#endif
