// Windows: the C library's descriptors where it has them, else the handles behind them.

#ifdef _WIN32

#include "system/system.h"

#include <algorithm>
#include <bit>
#include <cerrno>
#ifdef __MINGW32__
#include <cxxabi.h>
#endif
#include <system_error>

#define WIN32_LEAN_AND_MEAN
#ifndef NOMINMAX
#define NOMINMAX
#endif
#undef _WIN32_WINNT
#define _WIN32_WINNT 0x0A00  // Windows 10
#include <windows.h>

#include <fcntl.h>
#include <io.h>
#include <malloc.h>
#include <process.h>
#include <sys/stat.h>

namespace cyclone::system {
namespace {

HANDLE handle_of(int descriptor) { return reinterpret_cast<HANDLE>(_get_osfhandle(descriptor)); }

#ifdef __MINGW32__
// At the end of a thread MinGW's library frees the memory of thread_local objects and calls their destructors in the
// order in which it first needed to know of each. So a destructor has to be announced before the first such object is
// there.
[[gnu::constructor(101)]] void announce_destructors() {
    static char here;
    abi::__cxa_thread_atexit([](void*) {}, nullptr, &here);
}
#endif

// Puts what Windows says about its last call into errno; always false.
bool failed() {
    if (GetLastError() == ERROR_SHARING_VIOLATION) {
        errno = EWOULDBLOCK;
        return false;
    }
    const std::error_condition reason =
        std::system_category().default_error_condition(static_cast<int>(GetLastError()));
    errno = reason.category() == std::generic_category() ? reason.value() : EIO;
    return false;
}

FileStatus status_of(const struct _stat64& info) {
    return {.kind = (info.st_mode & _S_IFMT) == _S_IFREG   ? FileKind::regular
                    : (info.st_mode & _S_IFMT) == _S_IFDIR ? FileKind::folder
                                                           : FileKind::other,
            .size = static_cast<std::uint64_t>(info.st_size),
            .modified = info.st_mtime * std::int64_t{1'000'000'000},
            .permissions = info.st_mode & 0777U};
}

int open_handle(const std::filesystem::path& path, DWORD access, DWORD others_may, DWORD which, DWORD flags) {
    const HANDLE handle = CreateFileW(path.c_str(), access, others_may, nullptr, which, flags, nullptr);
    if (handle == INVALID_HANDLE_VALUE) {
        failed();
        return -1;
    }
    const int descriptor = _open_osfhandle(reinterpret_cast<std::intptr_t>(handle), _O_RDONLY | _O_BINARY);
    if (descriptor < 0) CloseHandle(handle);
    return descriptor;
}

// The C library reads and writes at most 2 GB at a time.
unsigned part_of(std::size_t count) { return static_cast<unsigned>(std::min(count, std::size_t{1} << 30)); }

}  // namespace

int processors() {
    DWORD_PTR mine = 0, all = 0;
    return GetProcessAffinityMask(GetCurrentProcess(), &mine, &all) != 0
               ? std::max(1, std::popcount(static_cast<std::uint64_t>(mine)))
               : 1;
}

int process_number() { return _getpid(); }

void wait_on(const void* address, const void* old, std::size_t bytes) {
    WaitOnAddress(const_cast<void*>(address), const_cast<void*>(old), bytes, INFINITE);
}

void wake_all_on(void* address) { WakeByAddressAll(address); }

void at_fork(void (* /*before*/)(), void (* /*in_parent*/)(), void (* /*in_child*/)()) {}

bool is_terminal(int descriptor) { return _isatty(descriptor) != 0; }

std::optional<std::size_t> terminal_columns(int descriptor) {
    CONSOLE_SCREEN_BUFFER_INFO info{};
    if (GetConsoleScreenBufferInfo(handle_of(descriptor), &info) == 0) return std::nullopt;
    const int columns = info.srWindow.Right - info.srWindow.Left + 1;
    return columns > 0 ? std::optional(static_cast<std::size_t>(columns)) : std::nullopt;
}

void* allocate_aligned(std::size_t alignment, std::size_t bytes) { return _aligned_malloc(bytes, alignment); }
void release_aligned(void* memory) { _aligned_free(memory); }

bool has_room_for(std::size_t bytes) {
    void* room = VirtualAlloc(nullptr, bytes, MEM_RESERVE, PAGE_NOACCESS);
    return room != nullptr && VirtualFree(room, 0, MEM_RELEASE) != 0;
}

FileStatus status(const std::filesystem::path& path) {
    struct _stat64 info {};
    return _wstat64(path.c_str(), &info) == 0 ? status_of(info) : FileStatus{};
}

FileStatus status(int descriptor) {
    struct _stat64 info {};
    if (_fstat64(descriptor, &info) != 0) return {};
    FileStatus status = status_of(info);
    FILETIME written{};
    if (GetFileTime(handle_of(descriptor), nullptr, nullptr, &written) != 0)  // in steps of 100 ns since 1601
        status.modified = ((static_cast<std::int64_t>(written.dwHighDateTime) << 32 | written.dwLowDateTime) -
                           116'444'736'000'000'000) *
                          100;
    return status;
}

std::string identity(const std::filesystem::path& path) {
    std::error_code error;
    const std::filesystem::path whole = std::filesystem::canonical(path, error);  // the C library gives no file number
    return error ? "" : whole.string();
}

int open_to_read(const std::filesystem::path& path) {
    // The C library's own open would keep others from deleting or renaming the file.
    return open_handle(path, GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, OPEN_EXISTING,
                       FILE_ATTRIBUTE_NORMAL);
}

int create(const std::filesystem::path& path) {
    return _wopen(path.c_str(), _O_WRONLY | _O_CREAT | _O_EXCL | _O_BINARY | _O_NOINHERIT, _S_IREAD | _S_IWRITE);
}

int open_folder_for_lock(const std::filesystem::path& folder) {
    // Folders have no locks, and to refuse a folder to others keeps them from listing it: a file in it that one process
    // at a time opens, and that is gone with its handle.
    return open_handle(folder / kFolderLock, DELETE, 0, OPEN_ALWAYS, FILE_ATTRIBUTE_HIDDEN | FILE_FLAG_DELETE_ON_CLOSE);
}

int open_for_lock(const std::filesystem::path& path, int flags) {
    return _wopen(path.c_str(), flags | _O_BINARY | _O_NOINHERIT, _S_IREAD | _S_IWRITE);
}

std::int64_t read(int descriptor, void* into, std::size_t count) { return _read(descriptor, into, part_of(count)); }
std::int64_t write(int descriptor, const void* from, std::size_t count) {
    return _write(descriptor, from, part_of(count));
}
bool seek(int descriptor, std::uint64_t offset) {
    return _lseeki64(descriptor, static_cast<std::int64_t>(offset), SEEK_SET) >= 0;
}
bool seek_to_end(int descriptor) { return _lseeki64(descriptor, 0, SEEK_END) >= 0; }
bool sync(int descriptor) { return _commit(descriptor) == 0; }
bool close(int descriptor) { return _close(descriptor) == 0; }
bool set_permissions(int /*descriptor*/, unsigned /*permissions*/) {
    return true;
}  // those of the folder are inherited

bool replace(const std::filesystem::path& from, const std::filesystem::path& to) {
    return MoveFileExW(from.c_str(), to.c_str(), MOVEFILE_REPLACE_EXISTING | MOVEFILE_WRITE_THROUGH) != 0 || failed();
}

bool sync_folder(const std::filesystem::path& /*folder*/) { return true; }  // MOVEFILE_WRITE_THROUGH has done it

void remove_file(const std::filesystem::path& path) noexcept { _wunlink(path.c_str()); }

bool lock(int descriptor, bool shared) {
    OVERLAPPED far_behind_the_end{};  // what is locked cannot be read by others
    far_behind_the_end.OffsetHigh = 0x4000'0000;
    const HANDLE handle = handle_of(descriptor);
    UnlockFileEx(handle, 0, 1, 0, &far_behind_the_end);
    const DWORD how = LOCKFILE_FAIL_IMMEDIATELY | (shared ? 0U : LOCKFILE_EXCLUSIVE_LOCK);
    return LockFileEx(handle, how, 0, 1, 0, &far_behind_the_end) != 0 ||
           (GetLastError() != ERROR_LOCK_VIOLATION && GetLastError() != ERROR_IO_PENDING);
}

const std::byte* map(int descriptor, std::size_t /*size*/) {
    const HANDLE mapping = CreateFileMappingW(handle_of(descriptor), nullptr, PAGE_READONLY, 0, 0, nullptr);
    const void* memory = mapping != nullptr ? MapViewOfFile(mapping, FILE_MAP_READ, 0, 0, 0) : nullptr;
    if (memory == nullptr) failed();
    if (mapping != nullptr) CloseHandle(mapping);  // the view keeps it
    return static_cast<const std::byte*>(memory);
}

void unmap(const std::byte* memory, std::size_t /*size*/) { UnmapViewOfFile(memory); }

void will_read(const void* from, std::size_t bytes) {
    WIN32_MEMORY_RANGE_ENTRY range{const_cast<void*>(from), bytes};
    PrefetchVirtualMemory(GetCurrentProcess(), 1, &range, 0);
}

void give_back(const std::byte* memory, std::size_t size) {
    VirtualUnlock(const_cast<std::byte*>(memory), size);  // pages that were never locked leave the working set
}

}  // namespace cyclone::system

#endif
