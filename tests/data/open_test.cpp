#include <cyclone/data/convert.h>
#include <cyclone/data/formats/csv.h>
#include <cyclone/data/formats/flat_file.h>
#include <cyclone/data/hdf5/hdf5_file.h>
#include <cyclone/data/memory_budget.h>
#include <cyclone/data/open.h>

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
    CHECK(data::open(folder / "table", {.shape = {1, 4, 1}}).train.image_shape() == Shape{1, 4, 1});
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
    CHECK_THROWS_WITH(
        data::open(folder.path()),
        Catch::Contains(
            "no data recognised in this folder; tried: the study's HDF5 folder (Positive_train.h5, ...), "));
    const std::pair<std::string, std::string> cases[] = {
        {"", "the file is empty; tried: NPZ (NumPy arrays of images and labels), HDF5 ("},
        {std::string("\1\2\3\4\0\0", 6), "no data recognised in this file; tried: NPZ ("},
        {test::npy("|u1", "(1, 1, 1)", "a"), "has images ('images') but no labels"},
        {std::string("\0\0\x08\x03", 4), "expected the folder with MNIST's four files"},
        {"P5 1 1 255\na", "is one image"}};
    for (const auto& [bytes, why] : cases) {
        write_bytes(folder / "file", bytes);
        CHECK_THROWS_WITH(data::open(folder / "file"), Catch::Contains("file: ") && Catch::Contains(why));
    }
}

TEST_CASE("files of kinds that are not read are called by their name with a way out") {
    const test::TemporaryFolder folder;
    const auto zip = [](const std::string& name) { return test::zip({{name, "content of it"}}); };
    const std::string tar = std::string("photos/a.png") + std::string(245, '\0') + "ustar" + std::string(250, '\0');
    const std::tuple<std::string, const char*, const char*> cases[] = {
        {zip("photos/"), "a zip archive of files", "unpack it"},
        {zip("cat/1.JPG"), "a zip archive of files", "unpack it"},
        {zip("train.csv"), "a zip archive of tables", "unpack it"},
        {zip("[Content_Types].xml"), "an Excel workbook", "save it as CSV"},
        {zip("docProps/app.xml"), "an Excel workbook", "save it as CSV"},
        {zip("mimetype"), "an OpenDocument file", "save it as CSV"},
        {zip("archive/data.pkl"), "a PyTorch file", "numpy.savez"},
        {"\xD0\xCF\x11\xE0\xA1\xB1", "an old Excel workbook", "save it as CSV"},
        {tar, "a tar archive", "unpack it"},
        {"7z\xBC\xAF\x27\x1C", "a 7z archive", "unpack it"},
        {std::string("\x80\4\x95\0\0", 5), "a Python pickle", "would run code"},
        {"MATLAB 5.0 MAT-file, made by a test" + std::string(100, '\1'), "a MATLAB file", "-v7.3"},
        {std::string("PAR1\x15\0\x15", 7), "a Parquet file", "save it as CSV"},
        {std::string("SQLite format 3\0", 16), "an SQLite database", "save it as CSV"},
        {"version https://git-lfs.github.com/spec/v1\noid sha256:12\nsize 3\n", "a pointer of Git LFS", "git lfs pull"},
        {"<!DOCTYPE HTML>\n<html></html>\n", "a web page", "did the download ask"},
        {"<HTML lang=en>\n", "a web page", "did the download ask"}};
    for (const auto& [bytes, name, hint] : cases) {
        CAPTURE(name);
        write_bytes(folder / "file.csv", bytes);
        for (const Purpose purpose : {Purpose::training, Purpose::prediction})
            CHECK_THROWS_WITH(data::open(folder / "file.csv", {.purpose = purpose}),
                              Catch::Contains("file.csv: is " + std::string(name)) && Catch::Contains(hint));
        CHECK(files_in_table(folder / "file.csv").paths.empty());
    }
    const test::TemporaryFolder unpacked;
    write_bytes(unpacked / "photos.zip", zip("photos/"));
    CHECK_THROWS_WITH(data::open(unpacked.path()), Catch::Contains("no data recognised in this folder") &&
                                                       Catch::Contains("photos.zip is a zip archive of files") &&
                                                       Catch::Contains("unpack it"));
    // Their signatures in a table are none.
    for (const char* text :
         {"par1,par2,label\n1,2,0\n3,4,1\n", "Rar!,b,label\n1,2,0\n3,4,1\n", "ARROW1,b,label\n1,2,0\n3,4,1\n"}) {
        write_bytes(folder / "table.csv", text);
        CHECK(data::open(folder / "table.csv", {.shape = {1, 2, 1}}).train.size() == 2);
    }
    // And an archive of arrays is read whatever it is called.
    write_bytes(folder / "arrays.zip", test::zip({{"x.npy", test::npy("|u1", "(2, 1, 1)", "ab")},
                                                  {"y.npy", test::npy("|u1", "(2,)", std::string{0, 1})}}));
    CHECK(data::open(folder / "arrays.zip").format == "NPZ");
}

TEST_CASE("a format of one's own is asked first, listed and named") {
    const test::TemporaryFolder folder;
    write_bytes(folder / "x.two", "TWO\nanything");
    CHECK_THROWS_AS(data::open(folder / "x.two"), Error);  // one column is no table
    const Format two{.name = "two images",
                     .description = "for a test",
                     .looks_like = [](const Candidate& c) { return c.beginning.starts_with("TWO"); },
                     .read =
                         [](const std::filesystem::path& path, const ReadContext& context) {
                             MemoryBudget memory = context.memory;
                             memory.take(2, path.string());
                             return Splits{.train = {.images = Tensor::zeros({2, 1, 1, 1}, DType::u8),
                                                     .labels = Tensor::from(std::vector<std::int64_t>{0, 1}, {2}),
                                                     .class_names = {"a", "b"},
                                                     .source = path.string()}};
                         }};
    formats().add(two);
    const Splits read = data::open(folder / "x.two");
    CHECK(read.format == "two images");
    CHECK(read.train.size() == 2);
    CHECK_THROWS_WITH(data::open(folder / "x.two", {.memory_limit = 1}), Catch::Contains("the memory limit"));
    CHECK_THROWS_WITH(formats().add(two), Catch::Contains("the name 'two images' is taken"));
    CHECK_THROWS_AS(formats().add({.name = "none"}), Error);
    CHECK_THAT(formats().help(), Catch::Contains("two images") && Catch::Contains("flat file"));
    write_bytes(folder / "empty", "");
    CHECK_THROWS_WITH(data::open(folder / "empty"), Catch::Contains("tried: two images (for a test), NPZ"));
    // It converts like any other.
    CHECK(convert(folder / "x.two", folder / "x.cyc").info.shape == Shape{2, 1, 1, 1});
}

TEST_CASE("data beyond the memory limit are refused before they are read and those within are not") {
    const test::TemporaryFolder folder;
    struct Case {
        std::string name;
        std::uint64_t bytes;  // that the data need
    };
    const std::string images = test::npy("<f4", "(2, 1, 1)", test::raw<float>({1, 2})),
                      labels = test::npy("|u1", "(2,)", std::string{0, 1});
    write_bytes(folder / "x.npz", test::zip({{"x.npy", images}, {"y.npy", labels}}));
    write_bytes(folder / "table", "label,a,b,c,d\n0,1,2,3,4\n1,1,2,3,4\n");
    for (const char* name : {"pictures/cat", "pictures/dog"}) {
        std::filesystem::create_directories(folder / name);
        write_bytes(folder / name / "1.pgm", "P5 2 1 255\nab");
        write_bytes(folder / name / "2.pgm", "P5 2 1 255\nab");
    }
    std::filesystem::create_directory(folder / "mnist");
    const std::string sizes(std::string("\0\0\0\2\0\0\0\1\0\0\0\1", 12)), two("\0\0\0\2", 4);
    for (const char* part : {"mnist/train", "mnist/t10k"}) {
        write_bytes(folder / (part + std::string("-images-idx3-ubyte")), std::string("\0\0\x08\3", 4) + sizes + "ab");
        write_bytes(folder / (part + std::string("-labels-idx1-ubyte")),
                    std::string("\0\0\x08\1", 4) + two + std::string("\0\1", 2));
    }
    std::filesystem::create_directory(folder / "cifar");
    std::string records;
    for (char label = 0; label < 10; ++label) records += label + std::string(3072, 'p');
    for (const char* name : {"cifar/data_batch_1.bin", "cifar/test_batch.bin"}) write_bytes(folder / name, records);
    // The elements of the table's last row are counted with its label.
    for (const auto& [name, bytes] : {Case{"x.npz", 2 * 4 + 2}, Case{"table", 4 * (4 + 5)}, Case{"pictures", 8},
                                      Case{"mnist", 8}, Case{"cifar", 2 * 10 * 3072}}) {
        INFO(name);
        CHECK_NOTHROW(data::open(folder / name, {.memory_limit = bytes}));
        CHECK_THROWS_WITH(data::open(folder / name, {.memory_limit = bytes - 1}),
                          Catch::Contains(name) && Catch::Contains("(the memory limit), got " + std::to_string(bytes)));
    }
    // A flat file is mapped, and what a file declares is refused without a byte of it in memory.
    write_flat_file(folder / "x.cyc", data::open(folder / "x.npz"));
    CHECK(data::open(folder / "x.cyc", {.memory_limit = 1}).train.size() == 2);
    write_bytes(folder / "bomb.npz", test::zip({{.name = "x.npy",
                                                 .data = test::npy("<f4", "(52428800, 1, 1)", "1234"),
                                                 .declared = (std::uint64_t{200} << 20) + 128},
                                                {"y.npy", labels}}));
    CHECK_THROWS_WITH(data::open(folder / "bomb.npz", {.memory_limit = std::uint64_t{100} << 20}),
                      Catch::Contains("at most 105 MB of memory (the memory limit), got 210 MB"));
    CHECK(free_memory() > 0);
    CHECK_THROWS_WITH(MemoryBudget(0).take(std::uint64_t{1} << 61, "x"), Catch::Contains("half of what is free"));
}

TEST_CASE("open reads the shared data sets") {
    CYCLONE_NEED_SHARED("data/mnist");
    const Splits mnist = data::open(test::shared_file("data/mnist"));
    CHECK(mnist.format == "MNIST's IDX folder");
    CHECK(mnist.train.size() == 60'000);
    CHECK(data::open(test::shared_file("data/breastmnist/BreastMNIST.npz")).validation->size() == 78);
    if (!has_hdf5()) return;
    CHECK_THROWS_WITH(data::open(test::shared_file("data/nuclei16"), {.memory_limit = 1'000'000}),
                      Catch::Contains("at most 1 MB of memory"));
    const Splits nuclei = data::open(test::shared_file("data/nuclei16"));
    CHECK(nuclei.test->class_counts() == std::vector<std::int64_t>{29'771, 1'555});
}
