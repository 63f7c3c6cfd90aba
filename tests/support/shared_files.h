#pragma once
// The test material beside the project (real data sets, bad files, other projects' cases), never part of it.

#include <filesystem>
#include <string>
#include <string_view>

namespace cyclone::test {

/// The folder named by CYCLONE_SHARED (default: ../shared beside the project); it may be missing.
std::filesystem::path shared_root();

/// shared_root() / relative.
std::filesystem::path shared_file(const std::string& relative);

/// The bytes of a file; empty when there is none.
std::string whole_file(const std::filesystem::path& path);

/// The bytes that pairs of hexadecimal digits stand for: a stored file as text.
std::string bytes_of(std::string_view hex);

/// An empty folder of its own for one test, removed at the end.
class TemporaryFolder {
public:
    TemporaryFolder();
    ~TemporaryFolder();
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;
    const std::filesystem::path& path() const { return path_; }
    std::filesystem::path operator/(const std::string& name) const { return path_ / name; }

private:
    std::filesystem::path path_;
};

}  // namespace cyclone::test

/// Skips the test case unless the shared file or folder is there.
#define CYCLONE_NEED_SHARED(relative)                                   \
    if (!std::filesystem::exists(cyclone::test::shared_file(relative))) \
    CYCLONE_SKIP(std::string("no ") + cyclone::test::shared_file(relative).string() + " (set CYCLONE_SHARED)")
