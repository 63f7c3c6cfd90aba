// Files that appear whole or not at all: full disks, devices, links and permissions.

#include <cyclone/base/error.h>
#include <cyclone/io/atomic_file.h>

#include <sys/resource.h>
#include <sys/stat.h>

#include <csignal>
#include <string>

#include "io/files_in.h"
#include "support/catch.h"
#include "support/shared_files.h"

using namespace cyclone;
using io::write_file_atomically;
using test::files_in;
using test::TemporaryFolder;
using test::whole_file;
namespace fs = std::filesystem;

namespace {

// Lets no file grow beyond `bytes` while it lives, as a full disk does.
class FileSizeLimit {
public:
    explicit FileSizeLimit(rlim_t bytes) {
        before_handler_ = std::signal(SIGXFSZ, SIG_IGN);
        getrlimit(RLIMIT_FSIZE, &before_);
        const rlimit limit{bytes, before_.rlim_max};
        setrlimit(RLIMIT_FSIZE, &limit);
    }
    ~FileSizeLimit() {
        setrlimit(RLIMIT_FSIZE, &before_);
        std::signal(SIGXFSZ, before_handler_);
    }

private:
    rlimit before_{};
    void (*before_handler_)(int);
};

}  // namespace

TEST_CASE("a write that fails half-way leaves the old file and no temporary") {
    const TemporaryFolder folder;
    write_file_atomically(folder / "out", "old");
    {
        const FileSizeLimit limit(1000);
        CHECK_THROWS_WITH(write_file_atomically(folder / "out", std::string(5000, 'x')),
                          Catch::Contains((folder / "out").string()) && Catch::Contains("too large"));
        CHECK_THROWS_AS(write_file_atomically(folder / "another", std::string(1001, 'x')), Error);
    }
    CHECK(whole_file(folder / "out") == "old");
    CHECK(files_in(folder.path()) == 1);
    write_file_atomically(folder / "out", std::string(5000, 'x'));
    CHECK(fs::file_size(folder / "out") == 5000);
}

TEST_CASE("names that cannot be written are refused in one line") {
    const TemporaryFolder folder;
    write_file_atomically(folder / "file", "x");
    CHECK_THROWS_WITH(write_file_atomically(folder / "file" / "below", "y"), Catch::Contains("Not a directory"));
    CHECK_THROWS_WITH(write_file_atomically(folder / "no" / "folder", "y"), Catch::Contains("No such file"));
    CHECK_THROWS_WITH(write_file_atomically(folder.path(), "y"), Catch::Contains("this is a folder"));
    CHECK_THROWS_WITH(write_file_atomically(folder.path() / "", "y"), Catch::Contains("name of a file"));
    CHECK_THROWS_WITH(write_file_atomically("", "y"), Catch::Contains("name of a file"));
    CHECK_THROWS_WITH(write_file_atomically("/dev/full", "y"), Catch::Contains("device"));
    CHECK(fs::is_character_file("/dev/full"));
    CHECK(files_in(folder.path()) == 1);
}

TEST_CASE("permissions and links outlive a new version") {
    const TemporaryFolder folder;
    write_file_atomically(folder / "file", "1");
    chmod((folder / "file").c_str(), 0640);
    fs::create_symlink("file", folder / "link");
    write_file_atomically(folder / "link", "2");
    CHECK(fs::is_symlink(folder / "link"));
    CHECK(whole_file(folder / "file") == "2");
    CHECK(fs::status(folder / "file").permissions() == fs::perms(0640));
}

TEST_CASE("a link to what is not there yet is followed, a circle of links refused") {
    const TemporaryFolder folder;
    fs::create_directory(folder / "disk");
    fs::create_symlink("disk/second", folder / "first");
    fs::create_symlink(folder / "disk" / "file", folder / "disk" / "second");
    write_file_atomically(folder / "first", "1");
    CHECK(fs::is_symlink(folder / "first"));
    CHECK(fs::is_symlink(folder / "disk" / "second"));
    CHECK(whole_file(folder / "disk" / "file") == "1");
    fs::create_symlink("circle", folder / "circle");
    CHECK_THROWS_WITH(write_file_atomically(folder / "circle", "2"),
                      Catch::Contains("circle") && Catch::Contains("links"));
    CHECK(fs::is_symlink(folder / "circle"));
}
