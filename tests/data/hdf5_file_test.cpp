#include <cyclone/data/hdf5/hdf5_file.h>
#include <cyclone/data/open.h>

#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <csignal>
#include <thread>

#include "data/hdf5/isolated.h"
#include "support/catch.h"
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
    const Splits named = read_hdf5(folder / "a.h5", {.images = "deep/pix", .labels = "deep/y"});
    CHECK(named.train.labels.to_vector<std::int64_t>() == std::vector<std::int64_t>{1, 0, 1});
    CHECK(data::open(folder / "a.h5").format == "HDF5");
    write_hdf5(folder / "split.h5", {{"x_train", labels}, {"y_train", labels}, {"x_test", {1}}, {"y_test", {1}}});
    const Splits split = read_hdf5(folder / "split.h5");
    REQUIRE(split.test);
    CHECK(split.test->size() == 1);
    CHECK(split.test->standardization);
    CHECK_THROWS_WITH(read_hdf5(folder / "split.h5", {}, 3),
                      Catch::Contains("at most 3 bytes of memory (the memory limit), got"));
}

TEST_CASE("HDF5 files without matching images and labels are refused") {
    const test::TemporaryFolder folder;
    write_hdf5(folder / "a.h5", {{"images", {0, 1, 1}}, {"labels", {0, 1}}});
    CHECK_THROWS_WITH(read_hdf5(folder / "a.h5"), Catch::Contains("a label for each of the 3 images, got 2"));
    CHECK_THROWS_WITH(read_hdf5(folder / "a.h5", {.images = "images", .labels = "none"}),
                      Catch::Contains("has no 'none'"));
    CHECK_THROWS_WITH(read_hdf5(folder / "a.h5", {.images = "images", .labels = "images"}),
                      Catch::Contains("labels N or N x 1"));
    CHECK_THROWS_AS(read_hdf5(folder / "a.h5", {.images = "images"}), UsageError);
    write_hdf5(folder / "b.h5", {{"images", {0, 1, 1}}});
    CHECK_THROWS_WITH(read_hdf5(folder / "b.h5"),
                      Catch::Contains("expected the datasets images and labels") && Catch::Contains("got: images"));
    CHECK_THROWS_WITH(read_hdf5(folder / "none.h5"), Catch::Contains("nothing of that name"));
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
            read_hdf5(file, {.seconds = 10});
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
    const test::TemporaryFolder folder;
    write_hdf5(folder / "a.h5", {{"images", {0, 1, 1}}, {"labels", {0, 1, 1}}});
    std::vector<std::thread> threads;
    std::atomic<int> good{0};
    for (int t = 0; t < 3; ++t)
        threads.emplace_back([&] {
            for (int i = 0; i < 5; ++i) good += read_hdf5(folder / "a.h5", {.seconds = 30}).train.size() == 3;
        });
    for (auto& thread : threads) thread.join();
    CHECK(good == 15);
}

#else

TEST_CASE("a build without HDF5 says so when a file comes") {
    CHECK_THROWS_WITH(read_hdf5("a.h5"), Catch::Contains("CYCLONE_HDF5"));
}

#endif
