#pragma once
// What Cyclone asks of the operating system. posix.cpp and windows.cpp answer; nothing else in core includes a header
// of a system (tests/lint/system_headers.sh). Functions that fail say so as POSIX's calls do: -1 or false, the reason
// in errno.

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace cyclone::system {

// --- the process

/// The number of processors that this process may use, at least 1.
int processors();

/// The number of this process.
int process_number();

#ifdef _WIN32
void wait_on(const void* address, const void* old, std::size_t bytes);
void wake_all_on(void* address);
#endif

/// Functions around fork(), as pthread_atfork() takes them; each may be null. Nothing where there is no fork().
void at_fork(void (*before)(), void (*in_parent)(), void (*in_child)());

/// Descriptors that every process has.
inline constexpr int kOutput = 1, kErrors = 2;

bool is_terminal(int descriptor);
/// The width of the terminal behind `descriptor`; nothing when there is none.
std::optional<std::size_t> terminal_columns(int descriptor);

/// value.wait(old) and value.notify_all(), by Windows' own functions where there is no futex: in GCC 12's library a
/// call of notify_all() between the look at the value and the sleep is lost.
template <class T>
void wait_while(const std::atomic<T>& value, T old) {
#ifdef _WIN32
    while (value.load(std::memory_order_acquire) == old) wait_on(&value, &old, sizeof value);
#else
    value.wait(old, std::memory_order_acquire);
#endif
}
template <class T>
void wake_all(std::atomic<T>& value) {
#ifdef _WIN32
    wake_all_on(&value);
#else
    value.notify_all();
#endif
}

/// Whether a thread may wait for the end of another in the destructor of a thread_local. On Windows a thread that ends
/// holds a lock there that every other needs in order to end.
#ifdef _WIN32
inline constexpr bool kMayJoinAtEnd = false;
#else
inline constexpr bool kMayJoinAtEnd = true;
#endif

// --- memory

/// `bytes` bytes, a multiple of `alignment`, which is a power of two; nullptr when there is no memory.
void* allocate_aligned(std::size_t alignment, std::size_t bytes);
void release_aligned(void* memory);
/// Whether this many bytes of addresses can be reserved.
bool has_room_for(std::size_t bytes);

// --- files, by descriptors that a child program does not inherit

enum class FileKind { none, regular, folder, other };

struct FileStatus {
    FileKind kind = FileKind::none;  ///< none: it could not be asked for, errno says why
    std::uint64_t size = 0;          ///< bytes
    std::int64_t modified = 0;       ///< time of the last change in ns
    unsigned permissions = 0;        ///< as chmod() takes them
};

FileStatus status(const std::filesystem::path& path);
FileStatus status(int descriptor);
/// What two paths to one file or folder have in common, and no others; empty when it cannot be asked for.
std::string identity(const std::filesystem::path& path);

/// Opens for reading; never waits for the writer of a pipe.
int open_to_read(const std::filesystem::path& path);
/// Creates a file for writing; EEXIST when there is something of that name.
int create(const std::filesystem::path& path);
/// What open_folder_for_lock() has put into the folder until its descriptor is closed; empty: nothing.
#ifdef _WIN32
inline constexpr const char* kFolderLock = "in-use.lock";
#else
inline constexpr const char* kFolderLock = "";
#endif
/// Opens a folder for lock(); EWOULDBLOCK where opening it is the lock, and another has it.
int open_folder_for_lock(const std::filesystem::path& folder);
/// Opens a file for lock() with the flags of open(2).
int open_for_lock(const std::filesystem::path& path, int flags);

/// Both return the number of bytes, which may be smaller than `count`.
std::int64_t read(int descriptor, void* into, std::size_t count);
std::int64_t write(int descriptor, const void* from, std::size_t count);
bool seek(int descriptor, std::uint64_t offset);
bool seek_to_end(int descriptor);
/// Waits until the bytes are on the disk.
bool sync(int descriptor);
bool close(int descriptor);
bool set_permissions(int descriptor, unsigned permissions);

/// Gives `from` the name `to`; a file of that name is gone at the same moment. Windows refuses it while that is open.
bool replace(const std::filesystem::path& from, const std::filesystem::path& to);
/// Waits until the names in a folder are on the disk. True also where a system or a folder does not let it.
bool sync_folder(const std::filesystem::path& folder);
void remove_file(const std::filesystem::path& path) noexcept;

/// Takes an exclusive or a shared lock in place of the one that it had, without waiting. False: another has one. True
/// also where the file system has no locks.
bool lock(int descriptor, bool shared);

// --- files in memory

/// Maps a whole file for reading in no order; nullptr with errno.
const std::byte* map(int descriptor, std::size_t size);
void unmap(const std::byte* memory, std::size_t size);
/// Fetches what will be read, without waiting.
void will_read(const void* from, std::size_t bytes);
/// Gives the pages of a mapping back to the system, which fetches them again when they are read.
void give_back(const std::byte* memory, std::size_t size);

}  // namespace cyclone::system
