#include <cyclone/data/formats/numpy.h>

#include <algorithm>
#include <limits>

#include "data/file_bytes.h"
#include "support/catch.h"
#include "support/shared_files.h"

using namespace cyclone;
using namespace cyclone::data;
using test::npy;
using test::raw;
using test::write_bytes;

namespace {

std::string swapped(std::string bytes, std::size_t width) {
    for (std::size_t i = 0; i < bytes.size(); i += width)
        std::reverse(bytes.begin() + static_cast<std::ptrdiff_t>(i),
                     bytes.begin() + static_cast<std::ptrdiff_t>(i + width));
    return bytes;
}

// The value at (i, j, k) of shape (2, 3, 4) is 100 i + 10 j + k; `first_fastest` is Fortran order.
template <class T>
std::vector<T> cube(bool first_fastest) {
    std::vector<T> out;
    if (first_fastest) {
        for (int k = 0; k < 4; ++k)
            for (int j = 0; j < 3; ++j)
                for (int i = 0; i < 2; ++i) out.push_back(static_cast<T>(100 * i + 10 * j + k));
    } else {
        for (int i = 0; i < 2; ++i)
            for (int j = 0; j < 3; ++j)
                for (int k = 0; k < 4; ++k) out.push_back(static_cast<T>(100 * i + 10 * j + k));
    }
    return out;
}

template <class T>
void check_all_layouts(const std::string& code, DType expected) {
    const test::TemporaryFolder folder;
    for (const bool fortran : {false, true})
        for (const bool big : {false, true}) {
            const std::string data = raw(cube<T>(fortran));
            const std::string order = sizeof(T) == 1 ? "|" : big ? ">" : "<";
            write_bytes(folder / "a.npy",
                        npy(order + code, "(2, 3, 4)", big ? swapped(data, sizeof(T)) : data, fortran));
            const Tensor t = read_npy(folder / "a.npy");
            CAPTURE(code, fortran, big);
            CHECK(t.shape() == Shape{2, 3, 4});
            CHECK(t.dtype() == expected);
            CHECK(t.to(DType::f64).to_vector<double>() == cube<double>(false));
        }
}

}  // namespace

TEST_CASE("npy arrays of every type and order become the same row-major tensor") {
    check_all_layouts<std::uint8_t>("u1", DType::u8);
    check_all_layouts<std::uint16_t>("u2", DType::u16);
    check_all_layouts<float>("f4", DType::f32);
    check_all_layouts<double>("f8", DType::f64);
    check_all_layouts<std::int16_t>("i2", DType::i64);
    check_all_layouts<std::int32_t>("i4", DType::i64);
    check_all_layouts<std::uint32_t>("u4", DType::i64);
    check_all_layouts<std::int64_t>("i8", DType::i64);
    check_all_layouts<std::uint64_t>("u8", DType::i64);
    const test::TemporaryFolder folder;
    write_bytes(folder / "most.npy", npy("<u8", "(1,)", std::string(7, '\xFF') + "\x7F"));
    CHECK(read_npy(folder / "most.npy").to_vector<std::int64_t>().at(0) == std::numeric_limits<std::int64_t>::max());
}

TEST_CASE("npy scalars and empty and negative arrays and the later formats are read") {
    const test::TemporaryFolder folder;
    write_bytes(folder / "a", npy("<i4", "()", raw<std::int32_t>({-7})));
    CHECK(read_npy(folder / "a").item() == -7);
    write_bytes(folder / "a", npy("|i1", "(3,)", raw<std::int8_t>({-1, 0, 127})));
    CHECK(read_npy(folder / "a").to_vector<std::int64_t>() == std::vector<std::int64_t>{-1, 0, 127});
    write_bytes(folder / "a", npy("<f4", "(0, 5)", ""));
    CHECK(read_npy(folder / "a").shape() == Shape{0, 5});
    for (const int version : {2, 3}) {
        write_bytes(folder / "a", npy("{\"shape\":(2,),'fortran_order':False,'descr':'|b1'}", {1, 0}, version));
        CHECK(read_npy(folder / "a").to_vector<std::uint8_t>() == std::vector<std::uint8_t>{1, 0});
    }
}

TEST_CASE("npy files with a bad header are refused with the reason") {
    const test::TemporaryFolder folder;
    const std::pair<std::string, std::string> cases[] = {
        {npy("|O", "(1,)", "\x80\x04N."), "Python objects"},
        {npy("{'descr': [('x', '<f4')], 'fortran_order': False, 'shape': (1,), }", "1234"), "a structured type"},
        {npy("<c8", "(1,)", "12345678"), "got type '<c8'"},
        {npy("<U1", "(1,)", "1234"), "got text of type '<U1'"},
        {npy("f4", "(1,)", "1234"), "no byte order"},
        {npy("<f4", "(1, 2", "1234"), "the header is damaged"},
        {npy("<f4", "(-1,)", "1234"), "expected a size of at least 0"},
        {npy("<f4", "(1,1,1,1,1,1,1,1,1)", "1234"), "at most 8 dimensions"},
        {npy("<f4", "(4294967296, 4294967296, 4294967296)", "1234"), "impossibly large"},
        {npy("<f4", "(1000000000,)", "1234"), "more than the file can hold"},
        {npy("<f4", "(1,)", "12345678"), "got more"},
        {npy("<u8", "(1,)", std::string(8, '\xFF')), "too large"},
        {npy("{'descr': '<f4', 'fortran_order': False, }", ""), "the header needs"},
        {npy("{'descr': '<f4', 'fortran_order': False, 'shape': (), 'x': 1}", "1234"), "unknown key 'x'"},
        {npy("{'shape': (), 'descr': '<f4', 'fortran_order': False, 'shape': ()}", "1234"), "'shape' twice"},
        {npy("{'shape': (), 'descr': '<f4', 'fortran_order': False} + 1", "1234"), "continues after its end"},
        {npy(std::string(10'100, ' '), "1234"), "expected a header of at most 10000 bytes"},
        {npy("<f4", "(1,)", "1234").replace(6, 1, "\x04"), "expected format 1.0"},
        {"PK\x03\x04", "expected a .npy array"},
        {"", "expected a .npy array"}};
    for (const auto& [bytes, why] : cases) {
        write_bytes(folder / "bad.npy", bytes);
        CHECK_THROWS_WITH(read_npy(folder / "bad.npy"), Catch::Contains("bad.npy: ") && Catch::Contains(why));
    }
    CHECK_THROWS_WITH(read_npy(folder / "none.npy"), Catch::Contains("No such file or directory"));
    CHECK_THROWS_WITH(read_npy(folder.path()), Catch::Contains("this is a folder"));
}

TEST_CASE("a npy file cut at any length is refused") {
    const test::TemporaryFolder folder;
    const std::string whole = npy("<u2", "(2, 3)", raw<std::uint16_t>({1, 2, 3, 4, 5, 6}));
    for (std::size_t length = 0; length < whole.size(); ++length) {
        write_bytes(folder / "cut", whole.substr(0, length));
        CHECK_THROWS_AS(read_npy(folder / "cut"), Error);
    }
}

TEST_CASE("npz archives are read stored and deflated and with zip64 sizes") {
    const test::TemporaryFolder folder;
    const std::string a = npy("<f4", "(2,)", raw<float>({1.5F, -2})), b = npy("|u1", "(3,)", "abc");
    for (const bool deflate : {false, true})
        for (const bool zip64 : {false, true}) {
            write_bytes(folder / "x.npz", test::zip({{"a.npy", a, deflate, zip64}, {"b.npy", b, deflate, zip64}}));
            const StateDict arrays = read_npz(folder / "x.npz");
            CAPTURE(deflate, zip64);
            REQUIRE(arrays.size() == 2);
            CHECK(arrays[0].name == "a");
            CHECK(arrays[0].tensor.to_vector<float>() == std::vector<float>{1.5F, -2});
            CHECK(arrays[1].name == "b");
            CHECK(arrays[1].tensor.to_vector<std::uint8_t>() == std::vector<std::uint8_t>{'a', 'b', 'c'});
        }
}

TEST_CASE("damaged npz archives never crash and flipped data are noticed") {
    const test::TemporaryFolder folder;
    const std::string whole =
        test::zip({{"a.npy", npy("|u1", "(300,)", std::string(300, 'x')), true}, {"b.npy", npy("|u1", "(2,)", "ab")}});
    for (std::size_t length = 0; length < whole.size(); length += 3) {
        write_bytes(folder / "cut.npz", whole.substr(0, length));
        CHECK_THROWS_AS(read_npz(folder / "cut.npz"), Error);
    }
    int refused = 0, tried = 0;
    for (std::size_t byte = 0; byte < whole.size(); byte += 2) {
        std::string bad = whole;
        bad[byte] = static_cast<char>(bad[byte] ^ 0x21);
        write_bytes(folder / "bad.npz", bad);
        ++tried;
        try {
            for (const auto& [name, tensor] : read_npz(folder / "bad.npz"))
                CHECK((tensor.numel() == 300 || tensor.numel() == 2));  // names and times are not checksummed
        } catch (const Error&) {
            ++refused;
        }
    }
    CHECK(refused > tried / 2);
    std::string flipped = whole;
    flipped[whole.find(
        "ab"
        "PK")] ^= 1;
    write_bytes(folder / "bad.npz", flipped);
    CHECK_THROWS_WITH(read_npz(folder / "bad.npz"), Catch::Contains("bad.npz, b: the data are damaged"));
    write_bytes(folder / "twice.npz", test::zip({{"a.npy", npy("|u1", "(1,)", "a")}, {"a", npy("|u1", "(1,)", "b")}}));
    CHECK_THROWS_WITH(read_npz(folder / "twice.npz"), Catch::Contains("two arrays 'a'"));
    write_bytes(folder / "text.npz", test::zip({{"readme", "hello"}}));
    CHECK_THROWS_WITH(read_npz(folder / "text.npz"), Catch::Contains("text.npz, readme: expected a .npy array"));
}

TEST_CASE("a npz member that declares far more than the archive stores is refused before anything is allocated") {
    const test::TemporaryFolder folder;
    const std::string start = npy("|u1", "(300000000,)", std::string(1000, 'x'));
    write_bytes(folder / "bomb.npz", test::zip({{"a.npy", start, true, false, 300'000'128}}));
    CHECK_THROWS_WITH(read_npz(folder / "bomb.npz"), Catch::Contains("refused for safety"));
}

TEST_CASE("npz data sets are recognised by their keys") {
    const test::TemporaryFolder folder;
    const auto images = [](int n) {
        return npy("|u1", "(" + std::to_string(n) + ", 2, 2)", std::string(std::size_t(n) * 4, 'a'));
    };
    const auto labels = [](const std::string& values) {
        return npy("|u1", "(" + std::to_string(values.size()) + ", 1)", values);
    };
    const std::string zero_one{0, 1, 0, 1}, one{1}, two{0, 2};
    write_bytes(folder / "med.npz", test::zip({{"train_images.npy", images(4)},
                                               {"train_labels.npy", labels(zero_one)},
                                               {"val_images.npy", images(1)},
                                               {"val_labels.npy", labels(one)},
                                               {"test_images.npy", images(2)},
                                               {"test_labels.npy", labels(zero_one.substr(0, 2))}}));
    const Splits med = read_npz_dataset(folder / "med.npz");
    CHECK(med.train.images.shape() == Shape{4, 2, 2, 1});
    CHECK(med.train.class_names == std::vector<std::string>{"0", "1"});
    REQUIRE(med.validation);
    REQUIRE(med.test);
    CHECK(med.validation->size() == 1);
    CHECK(med.test->class_counts() == std::vector<std::int64_t>{1, 1});
    REQUIRE(med.test->standardization);
    CHECK(med.test->standardization->mean[0] == 97);

    write_bytes(folder / "plain.npz", test::zip({{"x.npy", images(4)}, {"y.npy", labels(zero_one)}}));
    CHECK_FALSE(read_npz_dataset(folder / "plain.npz").test);
    const std::pair<std::vector<test::ZipMember>, std::string> cases[] = {
        {{{"pixels.npy", labels(zero_one)}, {"y.npy", labels(zero_one)}}, "got: pixels, y"},
        {{{"x.npy", images(3)}, {"y.npy", labels(zero_one)}}, "expected a label for each of the 3 images, got 4"},
        {{{"x.npy", npy("|u1", "(4, 3)", std::string(12, 'a'))}, {"y.npy", labels(zero_one)}},
         "expected a square number of pixels per row, got 3"},
        {{{"x.npy", images(2)}, {"y.npy", npy("|u1", "(2, 2)", std::string(4, 1))}}, "one label per image"},
        {{{"x.npy", images(1)}, {"y.npy", npy("<f4", "(1,)", raw<float>({0.5F}))}}, "label 0 is 0.5"},
        {{{"x.npy", images(1)}, {"y.npy", labels(one)}}, "two or more classes, got one: 1"},
        {{{"x.npy", npy("<f4", "(2, 1, 1)", raw<float>({std::nanf(""), 1}))}, {"y.npy", labels(two)}}, "is nan"}};
    for (const auto& [members, why] : cases) {
        write_bytes(folder / "bad.npz", test::zip(members));
        CHECK_THROWS_WITH(read_npz_dataset(folder / "bad.npz"), Catch::Contains("bad.npz") && Catch::Contains(why));
    }
}

TEST_CASE("MedMNIST archives have the counts of their description") {
    CYCLONE_NEED_SHARED("data/breastmnist/BreastMNIST.npz");
    const Splits breast = read_npz_dataset(test::shared_file("data/breastmnist/BreastMNIST.npz"));
    CHECK(breast.train.image_shape() == Shape{28, 28, 1});
    CHECK(breast.train.class_counts() == std::vector<std::int64_t>{147, 399});
    CHECK(breast.validation->class_counts() == std::vector<std::int64_t>{21, 57});
    CHECK(breast.test->class_counts() == std::vector<std::int64_t>{42, 114});
    const Splits lung = read_npz_dataset(test::shared_file("data/pneumoniamnist/pneumoniamnist_train9to1.npz"));
    CHECK(lung.train.class_counts() == std::vector<std::int64_t>{388, 3494});
    CHECK(lung.test->class_counts() == std::vector<std::int64_t>{234, 390});
}
