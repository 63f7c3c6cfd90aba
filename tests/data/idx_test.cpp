#include <cyclone/data/formats/idx.h>
#include <cyclone/data/open.h>

#include <zlib.h>

#include <fstream>

#include "support/catch.h"
#include "support/shared_files.h"

using namespace cyclone;
using namespace cyclone::data;

namespace {

void write_file(const std::filesystem::path& path, const std::string& bytes) {
    std::ofstream(path, std::ios::binary).write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

// One gzip member.
std::string gzip(const std::string& bytes) {
    z_stream zip{};
    REQUIRE(deflateInit2(&zip, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) == Z_OK);
    std::string out(bytes.size() + 100, '\0');
    zip.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
    zip.avail_in = static_cast<uInt>(bytes.size());
    zip.next_out = reinterpret_cast<Bytef*>(out.data());
    zip.avail_out = static_cast<uInt>(out.size());
    REQUIRE(deflate(&zip, Z_FINISH) == Z_STREAM_END);
    out.resize(out.size() - zip.avail_out);
    deflateEnd(&zip);
    return out;
}

std::string idx(const std::vector<std::uint32_t>& sizes, const std::string& data, char type = 8) {
    std::string out{0, 0, type, static_cast<char>(sizes.size())};
    for (const std::uint32_t size : sizes)
        for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>(size >> shift & 255U);
    return out + data;
}

const std::string kPixels = "abcdefghijklmnopqrstuvwx";

}  // namespace

TEST_CASE("an IDX file is read plain and compressed whatever its name") {
    const test::TemporaryFolder folder;
    const std::string plain = idx({2, 3, 4}, kPixels);
    write_file(folder / "plain.gz", plain);
    write_file(folder / "packed", gzip(plain));
    write_file(folder / "two-members", gzip(plain.substr(0, 20)) + gzip(plain.substr(20)));
    for (const char* name : {"plain.gz", "packed", "two-members"}) {
        const Tensor t = read_idx(folder / name);
        CHECK(t.shape() == Shape{2, 3, 4});
        CHECK(t.to_vector<std::uint8_t>() == std::vector<std::uint8_t>(kPixels.begin(), kPixels.end()));
    }
}

TEST_CASE("an IDX file cut at any length or with bytes too many gives an error") {
    const test::TemporaryFolder folder;
    const std::string plain = idx({2, 3, 4}, kPixels), packed = gzip(plain);
    for (const std::string& whole : {plain, packed}) {
        for (std::size_t length = 0; length < whole.size(); ++length) {
            write_file(folder / "cut", whole.substr(0, length));
            CHECK_THROWS_AS(read_idx(folder / "cut"), Error);
        }
        write_file(folder / "long", whole + "x");
        CHECK_THROWS_AS(read_idx(folder / "long"), Error);
    }
    write_file(folder / "long", gzip(plain + "x"));
    CHECK_THROWS_WITH(read_idx(folder / "long"),
                      Catch::Contains("long: expected 24 bytes") && Catch::Contains("got more"));
}

TEST_CASE("a flipped bit in a gzip file is found or changes nothing") {
    const test::TemporaryFolder folder;
    const std::string packed = gzip(idx({2, 3, 4}, kPixels));
    int refused = 0;
    for (std::size_t byte = 10; byte < packed.size(); ++byte)
        for (unsigned bit = 0; bit < 8; bit += 3) {
            std::string bad = packed;
            bad[byte] = static_cast<char>(static_cast<unsigned char>(bad[byte]) ^ 1U << bit);
            write_file(folder / "flip", bad);
            std::vector<std::uint8_t> pixels;
            try {
                pixels = read_idx(folder / "flip").to_vector<std::uint8_t>();
            } catch (const Error&) {
                ++refused;
                continue;
            }
            CHECK(pixels == std::vector<std::uint8_t>(kPixels.begin(), kPixels.end()));
        }
    CHECK(refused > 100);
}

TEST_CASE("headers with false sizes are refused before memory is taken") {
    const test::TemporaryFolder folder;
    const auto refuse = [&](const std::string& bytes, const std::string& why) {
        write_file(folder / "bad", bytes);
        CHECK_THROWS_WITH(read_idx(folder / "bad"), Catch::Contains("bad: ") && Catch::Contains(why));
    };
    refuse(idx({0xFFFFFFFFU, 0xFFFFFFFFU, 0xFFFFFFFFU}, kPixels), "more elements than the file can hold");
    refuse(gzip(idx({1'000'000'000U}, kPixels)), "more elements than the file can hold");
    refuse(idx({0, 3}, ""), "dimension 0 is 0");
    refuse(idx({2, 3, 4}, kPixels, 0x0D), "expected an IDX file of unsigned bytes, got 32-bit floating-point numbers");
    refuse(idx({2, 3, 4}, kPixels, 0x55), "got an unknown type");
    refuse(idx(std::vector<std::uint32_t>(9, 1), "x"), "expected an IDX file of 1 to 8 dimensions");
    refuse("\x89PNG....", "expected an IDX file");
    CHECK_THROWS_WITH(read_idx(folder / "none"), Catch::Contains("none: cannot read: No such file or directory"));
    CHECK_THROWS_WITH(read_idx(folder.path()), Catch::Contains("expected a file, this is a folder"));
}

TEST_CASE("MNIST has the counts and pixels that numpy reads") {
    CYCLONE_NEED_SHARED("data/mnist");
    const auto [train, test] = read_mnist_folder(test::shared_file("data/mnist"));
    CHECK(train.images.shape() == Shape{60'000, 28, 28, 1});
    CHECK(test.images.shape() == Shape{10'000, 28, 28, 1});
    // numpy: a.sum() and (a * (arange(a.size) % 65521)).sum() of the bytes after the header
    const auto sums = [](const Tensor& t) {
        std::int64_t plain = 0, ordered = 0;
        visit_dtype(t.dtype(), [&](auto zero) {
            const auto* v = t.data<decltype(zero)>();
            for (std::int64_t i = 0; i < t.numel(); ++i) {
                plain += static_cast<std::int64_t>(v[i]);
                ordered += static_cast<std::int64_t>(v[i]) * (i % 65'521);
            }
        });
        return std::pair(plain, ordered);
    };
    CHECK(sums(train.images.tensor()) == std::pair<std::int64_t, std::int64_t>(1567298545, 51355837786562));
    CHECK(sums(test.images.tensor()) == std::pair<std::int64_t, std::int64_t>(264923200, 8671846691775));
    CHECK(sums(train.labels) == std::pair<std::int64_t, std::int64_t>(267236, 8022738712));
    CHECK(sums(test.labels) == std::pair<std::int64_t, std::int64_t>(44434, 221857383));
    CHECK(train.class_names[9] == "9");
    CHECK(test.standardization->mean == train.standardization->mean);
}

TEST_CASE("an MNIST folder with missing or unfitting files is refused") {
    const test::TemporaryFolder folder;
    CHECK_THROWS_WITH(read_mnist_folder(folder.path()), Catch::Contains("missing: train-images-idx3-ubyte"));
    CHECK_THROWS_WITH(read_mnist_folder(folder / "none"), Catch::Contains("expected a folder"));
    const auto write_set = [&](const std::string& set, const std::string& labels) {
        write_file(folder / (set + "-images-idx3-ubyte"), idx({2, 3, 4}, kPixels));
        write_file(folder / (set + "-labels.idx1-ubyte.gz"),
                   gzip(idx({static_cast<std::uint32_t>(labels.size())}, labels)));
    };
    write_set("train", {3, 0});
    write_set("t10k", {0, 3});
    CHECK(read_mnist_folder(folder.path()).train.class_names == std::vector<std::string>{"0", "3"});
    write_set("t10k", {0, 10});
    CHECK_THROWS_WITH(read_mnist_folder(folder.path()), Catch::Contains("class '10' has no image in the training set"));
    write_set("t10k", {0, 1, 2});
    CHECK_THROWS_WITH(read_mnist_folder(folder.path()),
                      Catch::Contains("expected a label for each of the 2 images, got 3"));
}

TEST_CASE("IDX folders of other sets than MNIST are read by their names and with their own classes") {
    const test::TemporaryFolder folder;
    const auto write_set = [&](const std::string& set, const std::string& labels) {
        write_file(folder / (set + "-images-idx3-ubyte"), idx({2, 3, 4}, kPixels));
        write_file(folder / (set + "-labels-idx1-ubyte"), idx({static_cast<std::uint32_t>(labels.size())}, labels));
    };
    write_set("emnist-letters-train", {26, 1});
    write_set("emnist-letters-test", {1, 26});
    const Splits letters = data::open(folder.path());
    CHECK(letters.format == "MNIST's IDX folder");
    CHECK(letters.train.class_names == std::vector<std::string>{"1", "26"});
    CHECK(letters.test->labels.to_vector<std::int64_t>() == std::vector<std::int64_t>{0, 1});
    write_set("emnist-byclass-train", {61, 35});
    write_set("emnist-byclass-t10k", {61, 61});
    CHECK_THROWS_WITH(data::open(folder.path()), Catch::Contains("--images: ") && Catch::Contains("emnist-byclass-"));
    CHECK(data::open(folder.path(), {.array = "emnist-byclass"}).train.class_names[1] == "61");
    write_set("train", {7, 3});
    write_set("t10k", {7, 3});
    CHECK(data::open(folder.path()).train.class_names[0] == "3");
}

TEST_CASE("EMNIST's images, published with rows and columns exchanged, are turned upright and that is said") {
    const auto write_sets = [&](const test::TemporaryFolder& folder, const std::string& prefix, const char* test) {
        for (const char* set : {"train", test}) {
            write_file(folder / (prefix + set + "-images-idx3-ubyte"), idx({2, 3, 4}, kPixels));
            write_file(folder / (prefix + set + "-labels-idx1-ubyte"), idx({2}, {0, 1}));
        }
    };
    const auto pixels_of = [](const Dataset& data) {
        const auto values = data.images.tensor().to_vector<std::uint8_t>();
        return std::string(values.begin(), values.end());
    };
    const std::string upright = "aeibfjcgkdhlmqunrvoswptx";
    const test::TemporaryFolder emnist, mnist;
    write_sets(emnist, "emnist-digits-", "test");
    write_sets(mnist, "", "t10k");
    const Splits turned = data::open(emnist.path());
    CHECK(turned.train.images.shape() == Shape{2, 4, 3, 1});
    CHECK(pixels_of(turned.train) == upright);
    CHECK(pixels_of(*turned.test) == upright);
    REQUIRE(turned.notes.size() == 1);  // of both sets
    CHECK_THAT(turned.notes[0], Catch::Contains(emnist.path().string()) && Catch::Contains("turned upright") &&
                                    Catch::Contains("--layout nhw"));
    const Splits as_it_lies = data::open(emnist.path(), {.layout = "nhw"});
    CHECK(pixels_of(as_it_lies.train) == kPixels);
    CHECK(as_it_lies.notes.empty());
    // Under other names the option says so.
    CHECK(pixels_of(data::open(mnist.path()).train) == kPixels);
    CHECK(pixels_of(*data::open(mnist.path(), {.layout = "nwh"}).test) == upright);
    CHECK_THROWS_WITH(data::open(mnist.path(), {.layout = "nhwc"}), Catch::Contains("--layout: expected nhw or nwh"));
}
