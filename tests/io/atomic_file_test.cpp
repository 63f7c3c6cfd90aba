// Files that appear whole or not at all.

#include <cyclone/base/error.h>
#include <cyclone/io/atomic_file.h>

#include <fstream>
#include <string>

#include "io/files_in.h"
#include "support/catch.h"
#include "support/shared_files.h"
#include "system/system.h"

using namespace cyclone;
using io::AtomicFile;
using io::write_file_atomically;
using test::files_in;
using test::TemporaryFolder;
using test::whole_file;
namespace fs = std::filesystem;

TEST_CASE("a file appears when it is complete and not before") {
    const TemporaryFolder folder;
    AtomicFile file(folder / "out");
    file.write("first ");
    CHECK_FALSE(fs::exists(folder / "out"));
    CHECK(fs::exists(folder / ("out.tmp." + std::to_string(system::process_number()))));
    file.write("second");
    file.commit();
    CHECK(whole_file(folder / "out") == "first second");
    CHECK(files_in(folder.path()) == 1);
    CHECK_THROWS_WITH(file.write("more"), Catch::Contains("already complete"));
    CHECK_THROWS_AS(file.commit(), Error);
}

TEST_CASE("a file given up leaves the old one and no temporary") {
    const TemporaryFolder folder;
    write_file_atomically(folder / "out", "old");
    { AtomicFile(folder / "out").write("new"); }
    CHECK(whole_file(folder / "out") == "old");
    CHECK(files_in(folder.path()) == 1);
}

TEST_CASE("a temporary left by a killed process is no obstacle") {
    const TemporaryFolder folder;
    std::ofstream(folder / ("out.tmp." + std::to_string(system::process_number()))) << "left over";
    write_file_atomically(folder / "out", "new");
    CHECK(whole_file(folder / "out") == "new");
}

TEST_CASE("a name without a folder is written in the current one") {
    const TemporaryFolder folder;
    const fs::path before = fs::current_path();
    fs::current_path(folder.path());
    write_file_atomically("plain", "x");
    fs::current_path(before);
    CHECK(whole_file(folder / "plain") == "x");
}
