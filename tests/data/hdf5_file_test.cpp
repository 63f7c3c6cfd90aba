#include <cyclone/data/hdf5/hdf5_file.h>
#include <cyclone/data/open.h>

#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <csignal>
#include <thread>

#include "data/file_bytes.h"
#include "data/hdf5/isolated.h"
#include "support/catch.h"
#include "support/child.h"
#include "support/shared_files.h"

using namespace cyclone;
using namespace cyclone::data;

TEST_CASE("work in a child process gives its bytes and its errors") {
    std::string got(5, ' ');
    run_isolated(
        "file", {}, [](ToParent& out) { out.write("hello", 5); },
        [&](FromChild& from) {
            from.read(got.data(), 2);
            from.read(got.data() + 2, 3);
        });
    CHECK(got == "hello");
    const auto run = [](const std::function<void(ToParent&)>& work, double seconds = 10) {
        run_isolated("file", {.seconds = seconds, .memory = std::uint64_t{256} << 20}, work, [](FromChild& from) {
            std::array<char, 4> bytes{};
            from.read(bytes.data(), bytes.size());
        });
    };
    CHECK_THROWS_WITH(run([](ToParent&) { fail("file", "is bad"); }), "file: is bad");
    CHECK_THROWS_WITH(run([](ToParent&) { throw std::runtime_error("odd"); }), "file: odd");
    CHECK_THROWS_WITH(run([](ToParent& out) { out.write("abc", 3); }),
                      Catch::Contains("ended before it sent all data"));
    CHECK_THROWS_WITH(run([](ToParent&) { _exit(0); }), Catch::Contains("crashed or exceeded its limits"));
    CHECK_THROWS_WITH(run([](ToParent&) { raise(SIGKILL); }), Catch::Contains("crashed or exceeded its limits"));
    const auto sleep = [](ToParent&) {
        while (true) usleep(100'000);
    };
    const auto begin = std::chrono::steady_clock::now();
    CHECK_THROWS_WITH(run(sleep, 0.2), Catch::Contains("timed out after 0.2 s"));
    CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(5));
}

#ifdef CYCLONE_WITH_HDF5

#include <hdf5.h>

#include "data/hdf5/lzf.h"

namespace {

// A file of datasets: images are N x 2 x 2 bytes that count up, labels 32-bit integers.
void write_hdf5(const std::filesystem::path& path, const std::vector<std::pair<std::string, std::vector<int>>>& sets) {
    const hid_t file = H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    const hid_t group = H5Gcreate2(file, "deep", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    for (const auto& [name, labels] : sets) {
        const bool images = name.starts_with('x') || name == "images" || name == "deep/pix";
        const hsize_t dims[3] = {labels.size(), 2, 2};
        const hid_t space = H5Screate_simple(images ? 3 : 1, dims, nullptr);
        const hid_t set = H5Dcreate2(file, name.c_str(), images ? H5T_STD_U8LE : H5T_STD_I32BE, space, H5P_DEFAULT,
                                     H5P_DEFAULT, H5P_DEFAULT);
        std::vector<unsigned char> pixels(labels.size() * 4);
        for (std::size_t i = 0; i < pixels.size(); ++i) pixels[i] = static_cast<unsigned char>(i);
        REQUIRE(H5Dwrite(set, images ? H5T_NATIVE_UCHAR : H5T_NATIVE_INT, H5S_ALL, H5S_ALL, H5P_DEFAULT,
                         images ? static_cast<const void*>(pixels.data()) : labels.data()) >= 0);
        H5Dclose(set);
        H5Sclose(space);
    }
    H5Gclose(group);
    H5Fclose(file);
}

}  // namespace

TEST_CASE("images and labels in one HDF5 file are read by usual and by given names") {
    const test::TemporaryFolder folder;
    const std::vector<int> labels{0, 1, 1};
    write_hdf5(folder / "a.h5", {{"images", labels}, {"labels", labels}, {"deep/pix", labels}, {"deep/y", {1, 0, 1}}});
    const Splits usual = read_hdf5(folder / "a.h5");
    CHECK(usual.train.images.shape() == Shape{3, 2, 2, 1});
    CHECK(usual.train.images.tensor().data<std::uint8_t>()[11] == 11);
    CHECK(usual.train.class_counts() == std::vector<std::int64_t>{1, 2});
    const Splits named = read_hdf5(folder / "a.h5", {.label = "deep/y", .array = "deep/pix"});
    CHECK(named.train.labels.to_vector<std::int64_t>() == std::vector<std::int64_t>{1, 0, 1});
    CHECK(data::open(folder / "a.h5").format == "HDF5");
    write_hdf5(folder / "split.h5", {{"x_train", labels}, {"y_train", labels}, {"x_test", {1}}, {"y_test", {1}}});
    const Splits split = read_hdf5(folder / "split.h5");
    REQUIRE(split.test);
    CHECK(split.test->size() == 1);
    CHECK(split.test->standardization);
    CHECK_THROWS_WITH(read_hdf5(folder / "split.h5", {.memory_limit = 3}),
                      Catch::Contains("at most 3 bytes of memory (the memory limit), got"));
}

TEST_CASE("HDF5 files without matching images and labels are refused") {
    const test::TemporaryFolder folder;
    write_hdf5(folder / "a.h5", {{"images", {0, 1, 1}}, {"labels", {0, 1}}});
    CHECK_THROWS_WITH(read_hdf5(folder / "a.h5"), Catch::Contains("a label for each of the 3 images, got 2"));
    CHECK_THROWS_WITH(read_hdf5(folder / "a.h5", {.label = "none", .array = "images"}),
                      Catch::Contains("has no array 'none', it has") && Catch::Contains("--label"));
    CHECK_THROWS_WITH(read_hdf5(folder / "a.h5", {.label = "images", .array = "images"}),
                      Catch::Contains("one label per image, N or N x 1"));
    CHECK_THROWS_AS(read_hdf5(folder / "a.h5", {.array = "pictures"}), UsageError);
    write_hdf5(folder / "b.h5", {{"images", {0, 1, 1}}});
    CHECK_THROWS_WITH(read_hdf5(folder / "b.h5"), Catch::Contains("has images ('images') but no labels, got: images") &&
                                                      Catch::Contains("--label"));
    CHECK_THROWS_WITH(read_hdf5(folder / "none.h5"), Catch::Contains("nothing of that name"));
}

namespace {

using Names = std::vector<std::string>;
using Numbers = std::vector<std::int64_t>;

// Makes files dataset by dataset.
class Hdf5Writer {
public:
    explicit Hdf5Writer(const std::filesystem::path& path)
        : file_(H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT)) {}
    ~Hdf5Writer() { H5Fclose(file_); }
    Hdf5Writer(const Hdf5Writer&) = delete;
    Hdf5Writer& operator=(const Hdf5Writer&) = delete;

    hid_t file() const { return file_; }
    /// Elements of type `memory`, stored as `stored`; groups on the way are made.
    void add(const char* name, hid_t stored, std::vector<hsize_t> dims, hid_t memory, const void* elements) {
        const hid_t space = H5Screate_simple(static_cast<int>(dims.size()), dims.data(), nullptr);
        const hid_t links = H5Pcreate(H5P_LINK_CREATE);
        H5Pset_create_intermediate_group(links, 1);
        const hid_t set = H5Dcreate2(file_, name, stored, space, links, H5P_DEFAULT, H5P_DEFAULT);
        REQUIRE(H5Dwrite(set, memory, H5S_ALL, H5S_ALL, H5P_DEFAULT, elements) >= 0);
        H5Dclose(set);
        H5Pclose(links);
        H5Sclose(space);
    }
    /// Four images of 1 x 2: 0 1, 2 3, 4 5, 6 7, and more of `each` pixels.
    void add_images(const char* name, hid_t stored = H5T_STD_U8LE, hsize_t count = 4) {
        const std::vector<double> pixels{0, 1, 2, 3, 4, 5, 6, 7};
        add(name, stored, {count, 1, 2}, H5T_NATIVE_DOUBLE, pixels.data());
    }
    void add_labels(const char* name, hid_t stored = H5T_STD_I64LE, std::vector<hsize_t> dims = {4}) {
        const std::vector<int> labels{0, 1, 1, 0};
        add(name, stored, std::move(dims), H5T_NATIVE_INT, labels.data());
    }

private:
    hid_t file_;
};

// IEEE 754 binary16, which older versions of the library have no name for.
hid_t half_type() {
    const hid_t type = H5Tcopy(H5T_IEEE_F32LE);
    H5Tset_fields(type, 15, 10, 5, 0, 10);
    H5Tset_size(type, 2);
    H5Tset_ebias(type, 15);
    return type;
}

// What h5py makes of numpy's bool.
hid_t bool_type() {
    const hid_t type = H5Tenum_create(H5T_NATIVE_INT8);
    for (const auto& [name, value] : {std::pair<const char*, signed char>{"FALSE", 0}, {"TRUE", 1}})
        H5Tenum_insert(type, name, &value);
    return type;
}

}  // namespace

TEST_CASE("HDF5 numbers of every type that h5py writes are read") {
    const test::TemporaryFolder folder;
    const std::vector<double> pixels{0, 1, 2, 3, 4, 5, 6, 7};
    const hid_t half = half_type(), boolean = bool_type();
    const std::pair<hid_t, DType> types[] = {{H5T_STD_U8BE, DType::u8},    {H5T_STD_U16BE, DType::u16},
                                             {H5T_IEEE_F32BE, DType::f32}, {H5T_IEEE_F64LE, DType::f32},
                                             {half, DType::f32},           {H5T_STD_I16LE, DType::u8},
                                             {H5T_STD_I64BE, DType::u8},   {H5T_STD_U32LE, DType::u8}};
    for (const auto& [type, expected] : types) {
        {
            Hdf5Writer writer(folder / "a.h5");
            writer.add_images("images", type);
            writer.add_labels("labels");
        }
        const Splits read = read_hdf5(folder / "a.h5");
        CAPTURE(H5Tget_size(type), H5Tget_class(type));
        CHECK(read.train.images.dtype() == expected);
        CHECK(read.train.images.tensor().to(DType::f64).to_vector<double>() == pixels);
    }
    const std::pair<hid_t, std::vector<hsize_t>> labels[] = {
        {H5T_STD_U8LE, {4}}, {H5T_IEEE_F64BE, {4, 1}}, {H5T_IEEE_F32LE, {4}}, {H5T_STD_I16BE, {4, 1, 1, 1}}};
    for (const auto& [type, dims] : labels) {
        {
            Hdf5Writer writer(folder / "a.h5");
            writer.add_images("x");
            writer.add_labels("y", type, dims);
        }
        CHECK(read_hdf5(folder / "a.h5").train.labels.to_vector<std::int64_t>() == Numbers{0, 1, 1, 0});
    }
    {
        Hdf5Writer writer(folder / "a.h5");
        writer.add_images("x");
        const std::vector<signed char> truth{0, 1, 1, 0};
        writer.add("y", boolean, {4}, boolean, truth.data());
    }
    CHECK(read_hdf5(folder / "a.h5").train.labels.to_vector<std::int64_t>() == Numbers{0, 1, 1, 0});
    H5Tclose(half);
    H5Tclose(boolean);
}

TEST_CASE("HDF5 texts are labels, groups and class names") {
    const test::TemporaryFolder folder;
    const hid_t fixed = H5Tcopy(H5T_C_S1), variable = H5Tcopy(H5T_C_S1);
    H5Tset_size(fixed, 4);
    H5Tset_size(variable, H5T_VARIABLE);
    H5Tset_cset(variable, H5T_CSET_UTF8);
    const std::vector<const char*> words{"pine", "b\xC3\xA4rch", "b\xC3\xA4rch", "pine"};
    {
        Hdf5Writer writer(folder / "a.h5");
        writer.add_images("x");
        writer.add("y", variable, {4}, variable, words.data());
        writer.add("patient_id", fixed, {4}, fixed, "p1\0\0p2\0\0p1\0\0p1\0\0");
    }
    const Splits read = read_hdf5(folder / "a.h5");
    CHECK(read.train.class_names == Names{"b\xC3\xA4rch", "pine"});
    CHECK(read.train.labels.to_vector<std::int64_t>() == Numbers{1, 0, 0, 1});
    CHECK(read.groups == Numbers{0, 1, 0, 0});
    {
        Hdf5Writer writer(folder / "a.h5");
        writer.add_images("train_set_x");
        writer.add_labels("train_set_y");
        writer.add("list_classes", fixed, {2}, fixed, "non\0cat\0");
    }
    CHECK(read_hdf5(folder / "a.h5").train.class_names == Names{"non", "cat"});
    H5Tclose(fixed);
    H5Tclose(variable);
}

TEST_CASE("HDF5 sets are found in groups and beside links, and their labels in another file") {
    const test::TemporaryFolder folder;
    {
        Hdf5Writer writer(folder / "a.h5");
        writer.add_images("train/images");
        writer.add_labels("train/labels");
        writer.add_images("valid/images", H5T_STD_U8LE, 2);
        writer.add_labels("valid/labels", H5T_STD_U8LE, {2});
        H5Lcreate_soft("/train/images", writer.file(), "pictures", H5P_DEFAULT, H5P_DEFAULT);
        H5Lcreate_external("other.h5", "/x", writer.file(), "elsewhere", H5P_DEFAULT, H5P_DEFAULT);
    }
    const Splits read = read_hdf5(folder / "a.h5");
    CHECK(read.train.size() == 4);
    REQUIRE(read.validation);
    CHECK(read.validation->size() == 2);
    CHECK(read.notes.size() == 1);
    CHECK_THAT(read.notes[0], Catch::Contains("not used: elsewhere, pictures"));
    CHECK_THROWS_WITH(read_hdf5(folder / "a.h5", {.array = "pictures"}), Catch::Contains("a soft link"));
    {
        Hdf5Writer x(folder / "level_2_test_x.h5"), y(folder / "level_2_test_y.h5"), z(folder / "marks.h5");
        x.add_images("x");
        y.add_labels("y", H5T_STD_I64LE, {4, 1, 1, 1});
        z.add_labels("anything");
    }
    const Splits beside = read_hdf5(folder / "level_2_test_x.h5");
    CHECK(beside.train.labels.to_vector<std::int64_t>() == Numbers{0, 1, 1, 0});
    CHECK_THAT(beside.notes.at(0), Catch::Contains("level_2_test_y.h5 beside it"));
    CHECK(read_hdf5(folder / "level_2_test_x.h5", {.label = folder / "marks.h5"}).train.size() == 4);
    CHECK(read_hdf5(folder / "level_2_test_x.h5", {.purpose = Purpose::prediction}).train.size() == 4);
}

TEST_CASE("images of MATLAB's files are turned upright, and an option leaves them") {
    const test::TemporaryFolder folder;
    {
        // As MATLAB writes images(row, column, image) of 1 x 2 and labels of 1 x 4: the first dimension comes last.
        Hdf5Writer writer(folder / "plain.h5");
        const std::vector<int> pixels{0, 1, 2, 3, 4, 5, 6, 7}, labels{0, 1, 1, 0};
        writer.add("images", H5T_STD_U8LE, {4, 2, 1}, H5T_NATIVE_INT, pixels.data());
        writer.add("labels", H5T_IEEE_F64LE, {4, 1}, H5T_NATIVE_INT, labels.data());
    }
    std::string head = "MATLAB 7.3 MAT-file, Platform: GLNXA64, Created on: Sat Nov 28 2026 HDF5 schema 1.00 .";
    head.resize(512, ' ');
    test::write_bytes(folder / "m.mat", head + test::whole_file(folder / "plain.h5"));
    const Splits upright = open(folder / "m.mat");
    CHECK(upright.train.image_shape() == Shape{1, 2, 1});
    CHECK(upright.train.images.tensor().to_vector<std::uint8_t>() == std::vector<std::uint8_t>{0, 1, 2, 3, 4, 5, 6, 7});
    CHECK_THAT(upright.notes.at(0), Catch::Contains("MATLAB stores columns first"));
    CHECK(open(folder / "m.mat", {.layout = "nhw"}).train.image_shape() == Shape{2, 1, 1});
    CHECK(open(folder / "plain.h5").train.image_shape() == Shape{2, 1, 1});
}

TEST_CASE("LZF is decoded and its damage noticed") {
    const auto decode = [](const std::string& bytes, std::size_t room) {
        std::string out(room, '?');
        out.resize(lzf_decode(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size(),
                              reinterpret_cast<std::uint8_t*>(out.data()), room));
        return out;
    };
    CHECK(decode(std::string("\3abcd\xC0\3", 7), 12) == "abcdabcdabcd");
    CHECK(decode(std::string("\0a\xE0\5\0", 5), 15) == "aaaaaaaaaaaaaaa");  // a length of 7 + 5 + 2
    std::string far("\x1F", 1);
    far += std::string(32, 'x');
    CHECK(decode(far + std::string("\0y\x20\x20", 4), 36) == std::string(32, 'x') + "yxxx");
    for (const std::string& bad : {std::string("\3abc", 4), std::string("\xC0", 1), std::string("\0a\xE0", 3),
                                   std::string("\0a\x20\1", 4), std::string("\3abcd", 5)})
        CHECK(decode(bad, 3).empty());

    const test::TemporaryFolder folder;
    {
        Hdf5Writer writer(folder / "a.h5");
        writer.add_labels("labels", H5T_STD_I64LE, {3});
        const hsize_t dims[3] = {3, 2, 2}, offset[3] = {0, 0, 0};
        const unsigned values[3] = {4, 261, 12};
        const hid_t space = H5Screate_simple(3, dims, nullptr), how = H5Pcreate(H5P_DATASET_CREATE);
        H5Pset_chunk(how, 3, dims);
        H5Pset_filter(how, 32000, H5Z_FLAG_OPTIONAL, 3, values);
        const hid_t set = H5Dcreate2(writer.file(), "images", H5T_STD_U8LE, space, H5P_DEFAULT, how, H5P_DEFAULT);
        REQUIRE(H5Dwrite_chunk(set, H5P_DEFAULT, 0, offset, 7, "\3abcd\xC0\3") >= 0);
        H5Dclose(set);
        H5Pclose(how);
        H5Sclose(space);
    }
    const Splits read = read_hdf5(folder / "a.h5");
    CHECK(read.train.images.tensor().to_vector<std::uint8_t>() ==
          std::vector<std::uint8_t>{'a', 'b', 'c', 'd', 'a', 'b', 'c', 'd', 'a', 'b', 'c', 'd'});
}

TEST_CASE("no file of the hostile HDF5 collection harms the process that opens it") {
    CYCLONE_NEED_SHARED("hostile/hdf5");
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(test::shared_file("hostile/hdf5")))
        if (entry.is_regular_file()) files.push_back(entry.path());
    int read = 0, refused = 0;
    for (const auto& file : files) {
        CAPTURE(file.string());
        try {
            read_hdf5(file, {.hdf5 = {.seconds = 10}});
            ++read;
        } catch (const Error& error) {
            ++refused;
            CHECK_THAT(error.what(), Catch::Contains(file.filename().string()));
        }
    }
    CHECK(read + refused == static_cast<int>(files.size()));
    CHECK(refused > 50);
}

TEST_CASE("HDF5 is read while other threads use the library and the allocator") {
    CYCLONE_NEED_FORK_BESIDE_THREADS();
    const test::TemporaryFolder folder;
    write_hdf5(folder / "a.h5", {{"images", {0, 1, 1}}, {"labels", {0, 1, 1}}});
    std::vector<std::thread> threads;
    std::atomic<int> good{0};
    for (int t = 0; t < 3; ++t)
        threads.emplace_back([&] {
            for (int i = 0; i < 5; ++i) good += read_hdf5(folder / "a.h5", {.hdf5 = {.seconds = 30}}).train.size() == 3;
        });
    for (auto& thread : threads) thread.join();
    CHECK(good == 15);
}

#else

TEST_CASE("a build without HDF5 says so when a file comes") {
    CHECK_THROWS_WITH(read_hdf5("a.h5"), Catch::Contains("CYCLONE_HDF5"));
}

#endif
