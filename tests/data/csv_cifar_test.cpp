#include <cyclone/data/formats/cifar.h>
#include <cyclone/data/formats/csv.h>

#include "data/file_bytes.h"
#include "support/catch.h"
#include "support/shared_files.h"

using namespace cyclone;
using namespace cyclone::data;
using test::write_bytes;

namespace {

Splits read_table(const std::string& text, const OpenOptions& options = {}) {
    const test::TemporaryFolder folder;
    write_bytes(folder / "table.csv", text);
    return read_csv(folder / "table.csv", options);
}

std::vector<double> pixels_of(const Dataset& data) { return data.images.tensor().to(DType::f64).to_vector<double>(); }
std::vector<std::int64_t> labels_of(const Dataset& data) { return data.labels.to_vector<std::int64_t>(); }

// A record of CIFAR-10: red is the label, green the place in the plane, blue 7.
std::string record(int label, bool coarse = false) {
    std::string out = coarse ? std::string(1, '\x13') : "";
    out += static_cast<char>(label);
    out += std::string(1024, static_cast<char>(label));
    for (int p = 0; p < 1024; ++p) out += static_cast<char>(p % 256);
    return out + std::string(1024, '\7');
}

}  // namespace

TEST_CASE("a table of labels and pixels becomes square images of the smallest type") {
    const Splits plain = read_table("1,0,10,20,255\n0,1,2,3,4\n");
    CHECK(plain.train.images.shape() == Shape{2, 2, 2, 1});
    CHECK(plain.train.images.dtype() == DType::u8);
    CHECK(pixels_of(plain.train) == std::vector<double>{0, 10, 20, 255, 1, 2, 3, 4});
    CHECK(labels_of(plain.train) == std::vector<std::int64_t>{1, 0});
    CHECK(read_table("0,256\n1,1\n").train.images.dtype() == DType::u16);
    CHECK(read_table("0,0.5\n1,1\n").train.images.dtype() == DType::f32);
    CHECK(read_table("0,-1\n1,1\n").train.images.dtype() == DType::f32);
    const Splits named =
        read_table("\xEF\xBB\xBFp0,p1,Label,patient\r\n1,2,10,x\r\n3,4,9,y\r\n5,6,10,x\r\n", {.shape = {1, 2, 1}});
    CHECK(named.train.class_names == std::vector<std::string>{"9", "10"});
    CHECK(labels_of(named.train) == std::vector<std::int64_t>{1, 0, 1});
    CHECK(pixels_of(named.train) == std::vector<double>{1, 2, 3, 4, 5, 6});
    CHECK(named.groups == std::vector<std::int64_t>{0, 1, 0});
    const Splits words = read_table("\"dog; \"\"big\"\"\";1\ncat;2\n\ncat;3");
    CHECK(words.train.class_names == std::vector<std::string>{"cat", "dog; \"big\""});
    CHECK(labels_of(words.train) == std::vector<std::int64_t>{1, 0, 0});
    CHECK(read_table("a,b,kind\n1,2,x\n1,2,y\n", {.label = "kind", .shape = {2, 1, 1}}).train.size() == 2);
    CHECK(read_table("0,1,2,3\n1,1,2,3\n", {.shape = {1, 1, 3}}).train.image_shape() == Shape{1, 1, 3});
}

TEST_CASE("bad tables are refused with line and column") {
    const std::pair<const char*, const char*> cases[] = {
        {"", "got no row"},
        {"\n\n", "got no row"},
        {"label,p\n", "got none"},
        {"1\n2\n", "got one column"},
        {"1,2\n1,2,3\n", "line 2: expected 2 fields, got 3"},
        {"1,2\n0,x\n", "line 2, column 2: expected a number, got 'x'"},
        {"1,2\n0,nan\n", "line 2, column 2: expected a number, got 'nan'"},
        {"1,2\n0,\n", "line 2, column 2: expected a number, got ''"},
        {"label,p\n1,2\n,2\n", "line 3: the label is empty"},
        {"1,2,3\n0,2,3\n", "expected a square number of pixels per row, got 2"},
        {"label,p\n1,2\n1,3\n", "expected two or more classes, got one: 1"},
        {"1,\"2\n0,3\n", "line 1: a quote has no end"},
        {"label,p\n0,1,2\n", "line 2: expected 2 fields like the header, got 3"}};
    for (const auto& [text, why] : cases)
        CHECK_THROWS_WITH(read_table(text), Catch::Contains("table.csv: ") && Catch::Contains(why));
    CHECK_THROWS_WITH(read_table("a,b\n1,2\n0,2\n", {.label = "c"}), Catch::Contains("has no column 'c': a, b"));
    CHECK_THROWS_WITH(read_table("1,2\n0,3\n", {.shape = {2, 2, 1}}), Catch::Contains("expected 4 pixels per row"));
}

TEST_CASE("a table of file names reads the images beside it") {
    const test::TemporaryFolder folder;
    write_bytes(folder / "one.pgm", "P5 1 1 255\na");
    write_bytes(folder / "two.pgm", "P5 1 1 255\nb");
    for (const char* text : {"image,label\ntwo.pgm,cat\none.pgm,dog\ntwo.pgm,cat\n",
                             "two.pgm,cat\none.pgm,dog\ntwo.pgm,cat\n", "cat,two.pgm\ndog,one.pgm\ncat,two.pgm\n"}) {
        write_bytes(folder / "table.csv", text);
        CAPTURE(text);
        const Splits parts = read_csv(folder / "table.csv");
        CHECK(pixels_of(parts.train) == std::vector<double>{'b', 'a', 'b'});
        CHECK(labels_of(parts.train) == std::vector<std::int64_t>{0, 1, 0});
    }
    write_bytes(folder / "table.csv", "image,label,patient\ntwo.pgm,cat,7\nnone.pgm,dog,8\none.pgm,dog,9\n");
    CHECK_THROWS_WITH(read_csv(folder / "table.csv"),
                      Catch::Contains("1 of 3 files are bad") && Catch::Contains("none.pgm"));
    const Splits parts = read_csv(folder / "table.csv", {.images = {.most_bad = 0.5}});
    CHECK(parts.skipped.size() == 1);
    CHECK(parts.groups == std::vector<std::int64_t>{0, 2});
}

TEST_CASE("CIFAR folders give pixels with three channels and their class names") {
    const test::TemporaryFolder folder;
    CHECK_FALSE(is_cifar_folder(folder.path()));
    std::string all;
    for (int label = 0; label < 10; ++label) all += record(label);
    write_bytes(folder / "data_batch_1.bin", all);
    write_bytes(folder / "data_batch_2.bin", record(3));
    write_bytes(folder / "test_batch.bin", record(9));
    write_bytes(folder / "batches.meta.txt",
                "airplane\nautomobile\nbird\ncat\ndeer\ndog\nfrog\nhorse\nship\ntruck\n\n");
    const Splits parts = read_cifar_folder(folder.path());
    CHECK(parts.train.images.shape() == Shape{11, 32, 32, 3});
    CHECK(parts.train.class_names[3] == "cat");
    CHECK(parts.train.class_counts()[3] == 2);
    REQUIRE(parts.test);
    CHECK(labels_of(*parts.test) == std::vector<std::int64_t>{9});
    const auto* pixel = parts.test->images.tensor().data<std::uint8_t>() + 3 * (32 + 5);  // row 1, column 5
    CHECK(std::vector<int>{pixel[0], pixel[1], pixel[2]} == std::vector<int>{9, 37, 7});

    write_bytes(folder / "data_batch_2.bin", record(3).substr(1));
    CHECK_THROWS_WITH(read_cifar_folder(folder.path()), Catch::Contains("data_batch_2.bin: expected records of 3073"));
    write_bytes(folder / "data_batch_2.bin", record(10));
    CHECK_THROWS_WITH(read_cifar_folder(folder.path()), Catch::Contains("label 10 of image 0 is outside"));
    std::filesystem::remove(folder / "test_batch.bin");
    CHECK_THROWS_WITH(read_cifar_folder(folder.path()), Catch::Contains("missing: test_batch.bin"));
}

TEST_CASE("CIFAR-100 takes the fine labels") {
    const test::TemporaryFolder folder;
    std::string all;
    for (int label = 0; label < 100; ++label) all += record(label, true);
    write_bytes(folder / "train.bin", all);
    write_bytes(folder / "test.bin", record(99, true));
    const Splits parts = read_cifar_folder(folder.path());
    CHECK(parts.train.classes() == 100);
    CHECK(labels_of(*parts.test) == std::vector<std::int64_t>{99});
}
