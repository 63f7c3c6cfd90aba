// Mapping files into memory.

#include <cyclone/io/mapped_file.h>

#include <cyclone/base/error.h>

#include <cerrno>
#include <system_error>

#include "system/system.h"

namespace cyclone::io {
namespace {

constexpr std::uint64_t kMostResident = std::uint64_t{64} << 20;
constexpr std::uint64_t kAround = std::uint64_t{64} << 10;  // Linux maps up to 16 pages around the one that is read

}  // namespace

MappedFile::MappedFile(const std::filesystem::path& path) : name_(path.string()), file_(path) {
    const system::FileStatus now = system::status(file_.descriptor());
    if (now.kind == system::FileKind::none) fail(name_, "cannot read: ", std::generic_category().message(errno));
    modified_ = now.modified;
    if (size() == 0) return;
    data_ = system::map(file_.descriptor(), size());
    if (!data_) fail(name_, "cannot be mapped into memory: ", std::generic_category().message(errno));
}

MappedFile::~MappedFile() {
    if (data_) system::unmap(data_, size());
}

void MappedFile::will_read(const void* from, std::size_t bytes) const {
    const system::FileStatus now = system::status(file_.descriptor());
    check(now.kind != system::FileKind::none && now.size == size() && now.modified == modified_, name_,
          "was changed while it was in use (hint: write a new file and rename it)");
    system::will_read(from, bytes);
}

void MappedFile::have_read(std::size_t bytes, std::size_t places) const noexcept {
    const std::uint64_t more = bytes + places * kAround;
    if (size() <= kMostResident || resident_.fetch_add(more) + more <= kMostResident) return;
    resident_ = 0;
    system::give_back(data_, size());
}

}  // namespace cyclone::io
