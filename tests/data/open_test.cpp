#include <cyclone/data/open.h>
#include <cyclone/data/study_folder.h>

#include "data/file_bytes.h"
#include "support/catch.h"
#include "support/shared_files.h"

using namespace cyclone;
using namespace cyclone::data;
using test::write_bytes;

TEST_CASE("open recognises each format by what is in it") {
    const test::TemporaryFolder folder;
    const std::string labels = test::npy("|u1", "(2,)", std::string{0, 1});
    write_bytes(folder / "data.bin", test::zip({{"x.npy", test::npy("|u1", "(2, 1, 1)", "ab")}, {"y.npy", labels}}));
    CHECK(data::open(folder / "data.bin").format == "NPZ");
    write_bytes(folder / "table", "label,a,b,c,d\n0,1,2,3,4\n1,1,2,3,4\n");
    CHECK(data::open(folder / "table").format == "CSV");
    CHECK(data::open(folder / "table", {.csv = {.height = 1, .width = 4}}).train.image_shape() == Shape{1, 4, 1});
    for (const char* name : {"pictures/cat", "pictures/dog"}) {
        std::filesystem::create_directories(folder / name);
        write_bytes(folder / name / "1.pgm", "P5 1 1 255\na");
    }
    CHECK(data::open(folder / "pictures").format == "folder of images");
    CHECK(data::open(folder / "pictures", {.images = {.channels = 3}}).train.image_shape() == Shape{1, 1, 3});
}

TEST_CASE("open says what it tried and what is missing") {
    const test::TemporaryFolder folder;
    CHECK_THROWS_WITH(data::open(folder / "none"), Catch::Contains("none: expected data, got nothing of that name"));
    CHECK_THROWS_WITH(data::open(folder.path()),
                      Catch::Contains("no data recognised in this folder; tried: the study's HDF5 files"));
    const std::pair<std::string, std::string> cases[] = {
        {"", "the file is empty; tried: NPZ, HDF5, CSV, flat file"},
        {std::string("\1\2\3\4\0\0", 6), "no data recognised in this file; tried: NPZ, HDF5, CSV, flat file"},
        {test::npy("|u1", "(1, 1, 1)", "a"), "holds one array"},
        {std::string("\0\0\x08\x03", 4), "expected the folder with MNIST's four files"},
        {"P5 1 1 255\na", "is one image"}};
    for (const auto& [bytes, why] : cases) {
        write_bytes(folder / "file", bytes);
        CHECK_THROWS_WITH(data::open(folder / "file"), Catch::Contains("file: ") && Catch::Contains(why));
    }
}

TEST_CASE("open reads the shared data sets") {
    CYCLONE_NEED_SHARED("data/mnist");
    const Parts mnist = data::open(test::shared_file("data/mnist"));
    CHECK(mnist.format == "MNIST's IDX folder");
    CHECK(mnist.train.size() == 60'000);
    CHECK(data::open(test::shared_file("data/breastmnist/BreastMNIST.npz")).validation->size() == 78);
    if (!has_hdf5()) return;
    const Parts nuclei = data::open(test::shared_file("data/nuclei16"));
    CHECK(nuclei.test->class_counts() == std::vector<std::int64_t>{29'771, 1'555});
}
