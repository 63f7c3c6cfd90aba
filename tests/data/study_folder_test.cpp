#include <cyclone/data/hdf5/hdf5_file.h>

#include <fstream>
#include <numeric>
#include <set>

#include "support/catch.h"
#include "support/shared_files.h"

using namespace cyclone;
using namespace cyclone::data;
using test::shared_file;

#ifdef CYCLONE_WITH_HDF5

#include <hdf5.h>

namespace {

// Sum of pixels, sum of their squares, and sum of (index + 1) * (sum of image): changes with any order.
struct Sums {
    std::int64_t plain = 0, squares = 0, ordered = 0;
    bool operator==(const Sums&) const = default;
};
std::ostream& operator<<(std::ostream& out, const Sums& s) {
    return out << s.plain << ' ' << s.squares << ' ' << s.ordered;
}

Sums sums_of(const Tensor& images) {
    Sums s;
    const auto* pixel = images.data<std::uint8_t>();
    for (std::int64_t i = 0; i < images.size(0); ++i) {
        std::int64_t image = 0;
        for (std::int64_t p = 0; p < 256; ++p) {
            const std::int64_t v = pixel[i * 256 + p];
            image += v;
            s.squares += v * v;
        }
        s.plain += image;
        s.ordered += image * (i + 1);
    }
    return s;
}

// Writes one dataset with the plain C interface.
template <class T>
void write_hdf5(const std::filesystem::path& path, const std::vector<hsize_t>& dims, const std::vector<T>& values,
                hid_t type, hsize_t chunk_rows = 0, const char* name = "x") {
    const hid_t file = H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    const hid_t space = H5Screate_simple(static_cast<int>(dims.size()), dims.data(), nullptr);
    const hid_t plist = H5Pcreate(H5P_DATASET_CREATE);
    if (chunk_rows) {
        auto chunk = dims;
        chunk[0] = chunk_rows;
        chunk[1] = (dims[1] + 1) / 2;
        H5Pset_chunk(plist, static_cast<int>(chunk.size()), chunk.data());
        H5Pset_shuffle(plist);
        H5Pset_deflate(plist, 4);
    }
    const hid_t dataset = H5Dcreate2(file, name, type, space, H5P_DEFAULT, plist, H5P_DEFAULT);
    const hid_t memory = sizeof(T) == 1 ? H5T_NATIVE_UINT8 : sizeof(T) == 2 ? H5T_NATIVE_UINT16 : H5T_NATIVE_FLOAT;
    REQUIRE(H5Dwrite(dataset, memory, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()) >= 0);
    H5Dclose(dataset);
    H5Pclose(plist);
    H5Sclose(space);
    H5Fclose(file);
}

template <class T>
std::vector<T> ramp(std::size_t count) {
    std::vector<T> values(count);
    for (std::size_t i = 0; i < count; ++i) values[i] = static_cast<T>(i * 7 % 251);
    return values;
}

}  // namespace

TEST_CASE("nuclei16 has the counts and pixels that h5py reads") {
    CYCLONE_NEED_SHARED("data/nuclei16");
    // numpy: a.sum(), (a**2).sum(), (a.sum((1, 2)) * arange(1, n + 1)).sum() of h5py.File(f)["data"]
    const struct {
        const char* name;
        std::int64_t count;
        Sums sums;
    } files[] = {{"Positive_train.h5", 4'575, {54655775, 4878655011, 126160079160}},
                 {"Negative_train.h5", 88'637, {426123462, 22389381608, 18884612129275}},
                 {"Positive_test.h5", 1'555, {19932702, 2005609848, 15722833466}},
                 {"Negative_test.h5", 29'771, {150100158, 8592373890, 2246396858919}}};
    for (const auto& file : files) {
        const Tensor images = read_hdf5_images(shared_file(std::string("data/nuclei16/") + file.name));
        CHECK(images.shape() == Shape{file.count, 16, 16, 1});
        CHECK(images.dtype() == DType::u8);
        CHECK(sums_of(images) == file.sums);
    }
}

TEST_CASE("the study folder gives both sets with the standardisation of the training set") {
    CYCLONE_NEED_SHARED("data/nuclei16");
    const auto [train, test] = read_study_folder(shared_file("data/nuclei16"));
    CHECK(train.class_counts() == std::vector<std::int64_t>{88'637, 4'575});
    CHECK(test.class_counts() == std::vector<std::int64_t>{29'771, 1'555});
    CHECK(train.class_names == std::vector<std::string>{"negative", "positive"});
    CHECK(train.labels.data<std::int64_t>()[4'574] == 1);
    CHECK(train.labels.data<std::int64_t>()[4'575] == 0);
    // numpy: concatenate([positive, negative]).astype(float64).mean() and .std()
    CHECK(test.standardization->mean[0] == Approx(20.148091388783097).epsilon(1e-12));
    CHECK(test.standardization->scale[0] == Approx(27.143697776250903 + 1e-7).epsilon(1e-12));
}

TEST_CASE("the study's sizes are chosen by seed and what is missing is said") {
    CYCLONE_NEED_SHARED("data/nuclei16");
    const auto folder = shared_file("data/nuclei16");
    const auto one = read_study_folder(folder, {.positives = 3'459, .negatives = 60'541, .seed = 1});
    CHECK(one.train.class_counts() == std::vector<std::int64_t>{60'541, 3'459});
    CHECK(one.test->size() == 31'326);
    CHECK_THAT(one.train.source, Catch::Contains("3459 of 4575 positives, 60541 of 88637 negatives"));
    const auto wide = read_study_folder(folder, {.positives = 3'459, .negatives = 124'541, .seed = 1});
    CHECK(wide.train.class_counts() == std::vector<std::int64_t>{88'637, 3'459});
    CHECK_THAT(wide.train.source, Catch::Contains("88637 of 88637 negatives (all there are, 124541 asked for)"));
    CHECK_THROWS_AS(read_study_folder(folder, {.positives = 0}), UsageError);
    CHECK_THROWS_AS(read_study_folder(folder, {.negatives = -2}), UsageError);
}

TEST_CASE("a choice of images is a subset in file order that depends on the seed") {
    const test::TemporaryFolder folder;
    std::vector<std::uint16_t> values;
    for (std::uint16_t i = 0; i < 1'000; ++i) values.insert(values.end(), 6, i);
    for (const hsize_t chunk_rows : {0, 1, 7, 512, 1'000}) {
        const auto path = folder / "chosen.h5";
        write_hdf5(path, {1'000, 2, 3}, values, H5T_STD_U16LE, chunk_rows);
        const Tensor all = read_hdf5_images(path);
        CHECK(all.to_vector<std::uint16_t>() == values);
        for (const std::int64_t count : {1, 600, 999, 1'000, 9'999}) {
            const Tensor some = read_hdf5_images(path, count, 3);
            REQUIRE(some.size(0) == std::min<std::int64_t>(count, 1'000));
            const auto got = some.to_vector<std::uint16_t>();
            for (std::size_t i = 1; i < got.size(); ++i) REQUIRE(got[i] >= got[i - 1]);
            for (std::size_t i = 6; i < got.size(); i += 6) REQUIRE(got[i] > got[i - 6]);
            CHECK(got == read_hdf5_images(path, count, 3).to_vector<std::uint16_t>());
        }
        CHECK(read_hdf5_images(path, 600, 3).to_vector<std::uint16_t>() !=
              read_hdf5_images(path, 600, 4).to_vector<std::uint16_t>());
    }
}

TEST_CASE("types and ranks that the study uses are read in either byte order") {
    const test::TemporaryFolder folder;
    const auto path = folder / "a.h5";
    const auto bytes = ramp<std::uint8_t>(5 * 4 * 3 * 2);
    write_hdf5(path, {5, 4, 3, 2}, bytes, H5T_STD_U8LE, 2, "any name");
    CHECK(read_hdf5_images(path).shape() == Shape{5, 4, 3, 2});
    CHECK(read_hdf5_images(path).to_vector<std::uint8_t>() == bytes);
    const auto words = ramp<std::uint16_t>(5 * 4 * 3);
    for (const hid_t type : {H5T_STD_U16LE, H5T_STD_U16BE}) {
        write_hdf5(path, {5, 4, 3}, words, type);
        CHECK(read_hdf5_images(path).to_vector<std::uint16_t>() == words);
    }
    const auto floats = ramp<float>(5 * 4 * 3);
    for (const hid_t type : {H5T_IEEE_F32LE, H5T_IEEE_F32BE}) {
        write_hdf5(path, {5, 4, 3}, floats, type, 2);
        CHECK(read_hdf5_images(path).to_vector<float>() == floats);
    }
}

TEST_CASE("other types and bad pixels are refused by name") {
    const test::TemporaryFolder folder;
    const auto path = folder / "a.h5";
    const auto floats = ramp<float>(5 * 4 * 3);
    write_hdf5(path, {5, 4, 3}, floats, H5T_IEEE_F64LE);
    CHECK(read_hdf5_images(path).to_vector<float>() == floats);
    const std::pair<hid_t, const char*> types[] = {{H5T_STD_I16LE, "16-bit signed integers"},
                                                   {H5T_STD_U32LE, "32-bit unsigned integers"}};
    for (const auto& [type, name] : types) {
        write_hdf5(path, {5, 4, 3}, floats, type);
        CHECK_THROWS_WITH(read_hdf5_images(path), Catch::Contains("a.h5: expected pixels of") && Catch::Contains(name));
    }
    auto bad = floats;
    bad[3 * 12 + 5] = std::numeric_limits<float>::quiet_NaN();
    write_hdf5(path, {5, 4, 3}, bad, H5T_IEEE_F32LE);
    CHECK_THROWS_WITH(read_hdf5_images(path), Catch::Contains("a.h5: pixel 5 of image 3 is nan"));
}

TEST_CASE("a declared size that the file does not back is refused before memory is taken") {
    const test::TemporaryFolder folder;
    // 16 GB of declared pixels, of which one chunk is stored, or none.
    for (const bool with_chunk : {true, false}) {
        const auto path = folder / "bomb.h5";
        const hid_t file = H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
        const hsize_t dims[] = {hsize_t{1} << 26, 16, 16}, one[] = {1, 16, 16}, zero[] = {0, 0, 0};
        const hid_t space = H5Screate_simple(3, dims, nullptr), plist = H5Pcreate(H5P_DATASET_CREATE);
        H5Pset_chunk(plist, 3, one);
        const hid_t dataset = H5Dcreate2(file, "x", H5T_STD_U8LE, space, H5P_DEFAULT, plist, H5P_DEFAULT);
        if (with_chunk) {
            const hid_t memory = H5Screate_simple(3, one, nullptr);
            H5Sselect_hyperslab(space, H5S_SELECT_SET, zero, nullptr, one, nullptr);
            const auto image = ramp<std::uint8_t>(256);
            REQUIRE(H5Dwrite(dataset, H5T_NATIVE_UINT8, memory, space, H5P_DEFAULT, image.data()) >= 0);
            H5Sclose(memory);
        }
        H5Dclose(dataset);
        H5Pclose(plist);
        H5Sclose(space);
        H5Fclose(file);
        CHECK_THROWS_WITH(
            read_hdf5_images(path),
            Catch::Contains(with_chunk ? "bomb.h5: the dataset declares 17179869184 bytes" : "images but stores none"));
        CHECK_THROWS_AS(read_hdf5_images(path, 1), Error);
    }
}

TEST_CASE("filters other than gzip are refused by name") {
    const test::TemporaryFolder folder;
    const auto path = folder / "scaled.h5";
    const hid_t file = H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    const hsize_t dims[] = {4, 4, 4};
    const hid_t space = H5Screate_simple(3, dims, nullptr), plist = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_chunk(plist, 3, dims);
    H5Pset_scaleoffset(plist, H5Z_SO_INT, 0);
    const hid_t dataset = H5Dcreate2(file, "x", H5T_STD_U8LE, space, H5P_DEFAULT, plist, H5P_DEFAULT);
    REQUIRE(H5Dwrite(dataset, H5T_NATIVE_UINT8, H5S_ALL, H5S_ALL, H5P_DEFAULT, ramp<std::uint8_t>(64).data()) >= 0);
    H5Dclose(dataset);
    H5Pclose(plist);
    H5Sclose(space);
    H5Fclose(file);
    CHECK_THROWS_WITH(read_hdf5_images(path), Catch::Contains("expected no compression, gzip or LZF, got filter 6") &&
                                                  Catch::Contains("gzip'"));
}

TEST_CASE("a study folder that is incomplete or does not fit together is refused") {
    const test::TemporaryFolder folder;
    CHECK_THROWS_WITH(read_study_folder(folder / "none"), Catch::Contains("expected a folder"));
    CHECK_THROWS_WITH(read_study_folder(folder.path()),
                      Catch::Contains("missing: Positive_train.h5, Negative_train.h5"));
    for (const char* name : {"Positive_train.h5", "Negative_train.h5", "Positive_test.h5", "Negative_test.h5"})
        write_hdf5(folder / name, {6, 4, 4}, ramp<std::uint8_t>(96), H5T_STD_U8LE);
    CHECK(read_study_folder(folder.path()).train.size() == 12);
    write_hdf5(folder / "Negative_train.h5", {6, 4, 5}, ramp<std::uint8_t>(120), H5T_STD_U8LE);
    CHECK_THROWS_WITH(read_study_folder(folder.path()), Catch::Contains("expected images of one size and type"));
    write_hdf5(folder / "Negative_train.h5", {6, 4, 4}, ramp<std::uint16_t>(96), H5T_STD_U16LE);
    CHECK_THROWS_WITH(read_study_folder(folder.path()), Catch::Contains("expected images of one size and type"));
    write_hdf5(folder / "Positive_train.h5", {6, 4, 4}, ramp<std::uint16_t>(96), H5T_STD_U16LE);
    CHECK_THROWS_WITH(read_study_folder(folder.path()), Catch::Contains("expected one type"));
    std::ofstream(folder / "Positive_train.h5") << "not HDF5 at all";
    CHECK_THROWS_WITH(read_study_folder(folder.path()), Catch::Contains("Positive_train.h5: expected an HDF5 file"));
}

TEST_CASE("a file cut at any length gives a clean error") {
    const test::TemporaryFolder folder;
    write_hdf5(folder / "whole.h5", {40, 4, 4}, ramp<std::uint8_t>(640), H5T_STD_U8LE, 8);
    std::ifstream in(folder / "whole.h5", std::ios::binary);
    const std::string whole((std::istreambuf_iterator<char>(in)), {});
    for (std::size_t length = 0; length < whole.size(); length += 61) {
        std::ofstream(folder / "cut.h5", std::ios::binary).write(whole.data(), static_cast<std::streamsize>(length));
        CHECK_THROWS_AS(read_hdf5_images(folder / "cut.h5"), Error);
    }
}

#else

TEST_CASE("a build without HDF5 says so") {
    CHECK_FALSE(has_hdf5());
    CHECK_THROWS_WITH(read_hdf5_images("any.h5"), Catch::Contains("-DCYCLONE_HDF5=ON"));
}

#endif
