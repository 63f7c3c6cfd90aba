// Mapping files into memory.

#include <cyclone/io/mapped_file.h>

#include <cyclone/base/error.h>

#include <cerrno>
#include <system_error>

#include <sys/mman.h>
#include <sys/stat.h>

namespace cyclone::io {
namespace {

constexpr std::uint64_t kMostResident = std::uint64_t{64} << 20;
constexpr std::uint64_t kAround = std::uint64_t{64} << 10;  // Linux maps up to 16 pages around the one that is read
constexpr std::uintptr_t kPage = 4096;  // where the system's are larger, a start is refused: no harm

// The time of the last change in nanoseconds.
std::int64_t modified(const struct stat& info) {
    return info.st_mtim.tv_sec * std::int64_t{1'000'000'000} + info.st_mtim.tv_nsec;
}

}  // namespace

MappedFile::MappedFile(const std::filesystem::path& path) : name_(path.string()), file_(path) {
    struct stat now {};
    if (::fstat(file_.descriptor(), &now) != 0) fail(name_, "cannot read: ", std::generic_category().message(errno));
    modified_ = modified(now);
    if (size() == 0) return;
    void* memory = ::mmap(nullptr, size(), PROT_READ, MAP_SHARED, file_.descriptor(), 0);
    if (memory == MAP_FAILED) fail(name_, "cannot be mapped into memory: ", std::generic_category().message(errno));
    data_ = static_cast<const std::byte*>(memory);
    // will_read() fetches what is needed; read-ahead would fetch 128 KB per small image.
    ::madvise(memory, size(), MADV_RANDOM);
}

MappedFile::~MappedFile() {
    if (data_) ::munmap(const_cast<std::byte*>(data_), size());
}

void MappedFile::will_read(const void* from, std::size_t bytes) const {
    struct stat now {};
    check(::fstat(file_.descriptor(), &now) == 0 && static_cast<std::uint64_t>(now.st_size) == size() &&
              modified(now) == modified_,
          name_, "was changed while it was in use (hint: write a new file and rename it)");
    const auto begin = reinterpret_cast<std::uintptr_t>(from);
    const std::uintptr_t page = begin / kPage * kPage;
    ::madvise(reinterpret_cast<void*>(page), begin - page + bytes, MADV_WILLNEED);
}

void MappedFile::have_read(std::size_t bytes, std::size_t places) const noexcept {
    const std::uint64_t more = bytes + places * kAround;
    if (size() <= kMostResident || resident_.fetch_add(more) + more <= kMostResident) return;
    resident_ = 0;
    ::madvise(const_cast<std::byte*>(data_), size(), MADV_DONTNEED);
}

}  // namespace cyclone::io
