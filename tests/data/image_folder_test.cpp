#include <cyclone/base/threads.h>
#include <cyclone/data/images/image_folder.h>

#include <sys/stat.h>

#include <algorithm>
#include <numeric>

#include "data/image_bytes.h"
#include "support/catch.h"
#include "support/shared_files.h"

using namespace cyclone;
using namespace cyclone::data;
using test::write_bytes;

namespace {

using test::Folder;
using test::pgm;

Tensor read_bytes_as_image(const std::string& bytes) {
    const test::TemporaryFolder folder;
    write_bytes(folder / "image", bytes);
    return read_image(folder / "image");
}

std::vector<int> pixels_of(const PixelStore& images) {
    const Tensor image = images.tensor();
    const auto values = image.to(DType::i64).to_vector<std::int64_t>();
    return {values.begin(), values.end()};
}

}  // namespace

TEST_CASE("PGM and PPM are read plain and binary with 8 and 16 bits and scaled from their maximum") {
    CHECK(pixels_of(read_bytes_as_image("P5 2 2 255\nabcd")) == std::vector{97, 98, 99, 100});
    CHECK(pixels_of(read_bytes_as_image("P2\n# remark\n2 1\n15\n0 15")) == std::vector{0, 255});
    CHECK(pixels_of(read_bytes_as_image("P6 1 1 255\nabc")) == std::vector{97, 98, 99});
    CHECK(read_bytes_as_image("P3 1 2 255 1 2 3 4 5 6").shape() == Shape{2, 1, 3});
    const Tensor wide = read_bytes_as_image(std::string("P5 2 1 65535\n\x01\x02\xFF\xFF", 17));
    CHECK(wide.dtype() == DType::u16);
    CHECK(pixels_of(wide) == std::vector{258, 65535});
    CHECK(pixels_of(read_bytes_as_image(std::string("P5 1 1 1023\n\x03\xFF", 14))) == std::vector{65535});
    for (const char* bad : {"P5 2 2 255\nabc", "P5 2 2 0\nabcd", "P5 0 2 255\n", "P5 -1 2 255\nab",
                            "P5 2 2 70000\nabcd", "P5 99999999 99999999 255\n", "P2 2 1 15 0 16", "P2 2 1 15 0",
                            "P5 16000000 1600000 255\nx", "P4 8 1\na", "P7\nWIDTH 1\n", "P5", ""})
        CHECK_THROWS_AS(read_bytes_as_image(bad), Error);
}

TEST_CASE("BMP of every depth gives the pixels it was made of") {
    CHECK(pixels_of(read_bytes_as_image(test::bmp(1, 2, 24, "abcdef"))) == std::vector{99, 98, 97, 102, 101, 100});
    const std::string grey_palette("\0\0\0\0\x80\x80\x80\0", 8);
    CHECK(pixels_of(read_bytes_as_image(test::bmp(3, 1, 8, std::string{1, 0, 1}, grey_palette))) ==
          std::vector{128, 0, 128});
    const std::string sixteen = test::bmp(2, 1, 16, std::string("\x1F\x00\xE0\x7F", 4));  // 0 0 31 and 31 31 0
    CHECK(pixels_of(read_bytes_as_image(sixteen)) == std::vector{0, 0, 255, 255, 255, 0});
    CHECK(pixels_of(read_bytes_as_image(test::bmp(1, 1, 32, "abcX"))) == std::vector{99, 98, 97});
    const std::string colours("\1\2\3\0\4\5\6\0", 8);
    CHECK(pixels_of(read_bytes_as_image(test::bmp(3, 1, 1, "\x40", colours))) ==
          std::vector{3, 2, 1, 6, 5, 4, 3, 2, 1});
    CHECK(pixels_of(read_bytes_as_image(test::bmp(3, 1, 4, std::string("\x10\x10", 2), colours))) ==
          std::vector{6, 5, 4, 3, 2, 1, 6, 5, 4});
    CHECK_THROWS_WITH(read_bytes_as_image(test::bmp(1, 1, 8, "\x02", colours)), Catch::Contains("has no colour 2"));
    std::string upside_down = test::bmp(1, 2, 24, "abcdef");
    upside_down.replace(22, 4, test::little(0xFFFFFFFE, 4));
    CHECK(pixels_of(read_bytes_as_image(upside_down)) == std::vector{102, 101, 100, 99, 98, 97});
    for (const int bits : {0, 2, 7, 64}) CHECK_THROWS_AS(read_bytes_as_image(test::bmp(1, 1, bits, "abcdefgh")), Error);
}

TEST_CASE("PNG of every colour type becomes grey or colour without alpha") {
    using test::png;
    const Tensor grey = read_bytes_as_image(png(2, 2, 8, 0, "abcd"));
    CHECK(grey.shape() == Shape{2, 2, 1});
    CHECK(pixels_of(grey) == std::vector{97, 98, 99, 100});
    CHECK(pixels_of(read_bytes_as_image(png(1, 2, 8, 2, "abcdef"))) == std::vector{97, 98, 99, 100, 101, 102});
    CHECK(pixels_of(read_bytes_as_image(png(2, 1, 8, 4, "aXbY"))) == std::vector{97, 98});
    CHECK(pixels_of(read_bytes_as_image(png(2, 1, 8, 6, "abcXdefY"))) == std::vector{97, 98, 99, 100, 101, 102});
    CHECK(pixels_of(read_bytes_as_image(png(2, 1, 8, 3, std::string{0, 1}, "abcdef"))) ==
          std::vector{97, 98, 99, 100, 101, 102});
    CHECK(pixels_of(read_bytes_as_image(png(2, 1, 8, 3, std::string{1, 0}, "aaabbb"))) == std::vector{98, 97});
    const Tensor wide = read_bytes_as_image(png(2, 1, 16, 4, "\x01\x02zz\xFE\xFFyy"));
    CHECK(wide.dtype() == DType::u16);
    CHECK(pixels_of(wide) == std::vector{258, 65279});
}

TEST_CASE("a PNG with any bit flipped is refused") {
    const std::string whole = test::png(4, 4, 8, 2, std::string(48, 'q'));
    for (std::size_t byte = 0; byte < whole.size(); ++byte) {
        std::string bad = whole;
        bad[byte] = static_cast<char>(bad[byte] ^ (1 << byte % 8));
        CHECK_THROWS_AS(read_bytes_as_image(bad), Error);
    }
}

#ifdef CYCLONE_WITH_IMAGES

TEST_CASE("JPEG gives the pixels it was made of") {
    const Tensor image = read_bytes_as_image(test::jpeg());
    REQUIRE(image.shape() == Shape{8, 16, 1});
    for (int i = 0; i < 128; ++i) CHECK(std::abs(pixels_of(image)[std::size_t(i)] - (i % 16 < 8 ? 40 : 200)) <= 1);
}

TEST_CASE("a PNG or JPEG or BMP cut anywhere is refused") {
    for (const std::string& whole : {test::png(4, 4, 8, 2, std::string(48, 'q')), test::jpeg(),
                                     test::bmp(3, 3, 24, std::string(27, 'q')).substr(0, 54 + 3 * 12 - 3)})
        for (std::size_t length = 0; length < whole.size(); ++length)
            CHECK_THROWS_AS(read_bytes_as_image(whole.substr(0, length)), Error);
}

// Found by the fuzzer: Debian 12's stb_image writes as many code lengths as the table claims into room for 257.
TEST_CASE("a JPEG whose Huffman table claims too many codes is refused before it is decoded") {
    const std::string whole = test::jpeg();
    const auto with_table = [&](const std::string& counts, std::size_t codes) {
        const std::size_t length = 2 + 1 + counts.size() + codes;
        const std::string head{'\xFF', '\xC4', static_cast<char>(length >> 8), static_cast<char>(length & 255), '\3'};
        return whole.substr(0, 2) + head + counts + std::string(codes, '\1') + whole.substr(2);
    };
    const std::string most = std::string(8, '\0') + std::string(8, '\x20');  // 256 codes of 9 to 16 bits
    CHECK(read_bytes_as_image(with_table(most, 256)).shape() == Shape{8, 16, 1});
    for (const std::string& bad : {with_table(std::string(16, '\x11'), 272), with_table(std::string(16, '\xFF'), 4080),
                                   with_table(most, 255), with_table(most.substr(0, 15), 0)})
        CHECK_THROWS_WITH(read_bytes_as_image(bad), Catch::Contains("Huffman table"));
}

TEST_CASE("a JPEG scan must not use a Huffman table that is not there") {
    const std::string whole = test::jpeg();
    const std::size_t scan = whole.find("\xFF\xDA"), frame = whole.find("\xFF\xC0");
    const auto with_tables = [&](char tables, std::size_t from) {
        std::string changed = whole;
        changed[scan + 6] = tables;
        return changed.erase(from, from == 0 ? 0 : 2 + 0x14);
    };
    CHECK_NOTHROW(read_bytes_as_image(with_tables('\0', 0)));
    const std::size_t ac_table = whole.find(std::string("\xFF\xC4\0\x14\x10", 5));
    for (const std::string& bad : {with_tables('\x10', 0), with_tables('\x01', 0), with_tables('\0', ac_table)})
        CHECK_THROWS_WITH(read_bytes_as_image(bad), Catch::Contains("not there"));

    // A progressive scan of DC coefficients needs no AC table.
    std::string progressive = with_tables('\x02', 0);
    progressive[frame + 1] = '\xC2';
    progressive[scan + 8] = '\0';
    CHECK_NOTHROW(read_bytes_as_image(progressive));
    progressive[scan + 7] = progressive[scan + 8] = '\1';
    CHECK_THROWS_WITH(read_bytes_as_image(progressive), Catch::Contains("not there"));
}

// 54 bytes kept the decoder busy for as long as one liked.
TEST_CASE("a JPEG that claims more pixels than its bytes can hold is refused") {
    std::string large = test::jpeg();
    const std::size_t frame = large.find("\xFF\xC0");
    large.replace(frame + 5, 4, "\x47\x0D\x0A\x1A");
    CHECK_THROWS_WITH(read_bytes_as_image(large), Catch::Contains("claims 18189 x 2586 pixels"));
}

TEST_CASE("the PNG suite gives the pixels of its BMP copies") {
    CYCLONE_NEED_SHARED("hostile/images/pngsuite/png");
    int compared = 0;
    for (const auto& entry : std::filesystem::directory_iterator(test::shared_file("hostile/images/pngsuite/png"))) {
        const std::string name = entry.path().stem().string();
        const auto copy = test::shared_file("hostile/images/pngsuite/bmp/" + name + ".bmp");
        // Not comparable: transparency, which the copies blend, and 16 bits, which they round.
        const bool opaque =
            name[0] != 't' && name.find("4a") == std::string::npos && name.find("6a") == std::string::npos;
        if (name.size() != 8 || !opaque || !std::filesystem::exists(copy)) continue;
        const Tensor image = read_image(entry.path()), expected = read_image(copy);
        if (image.dtype() == DType::u16) continue;
        CAPTURE(name);
        REQUIRE(image.size(0) == expected.size(0));
        REQUIRE(image.size(1) == expected.size(1));
        const auto got = pixels_of(image), wanted = pixels_of(expected);
        const std::size_t channels = std::size_t(image.size(2)), others = std::size_t(expected.size(2));
        int worst = 0;
        for (std::size_t i = 0; i < got.size() / channels; ++i)
            for (std::size_t c = 0; c < 3; ++c)
                worst = std::max(worst, std::abs(got[i * channels + (channels == 1 ? 0 : c)] -
                                                 wanted[i * others + (others == 1 ? 0 : c)]));
        CHECK(worst <= 1);
        ++compared;
    }
    CHECK(compared > 80);
}

#else

TEST_CASE("a build without JPEG says so") {
    CHECK_FALSE(has_images());
    CHECK_THROWS_WITH(read_bytes_as_image(test::jpeg()), Catch::Contains("CYCLONE_IMAGES"));
}

#endif

TEST_CASE("a folder of images has a class for each subfolder in the order of their names") {
    const Folder folder;
    folder.add("b/2.pgm", pgm(1, 2, "cd"));
    folder.add("b/1.pgm", pgm(1, 2, "ab"));
    folder.add("a/deep/er/x", pgm(1, 2, "ef"));
    folder.add("a/.hidden.pgm", "bad");
    folder.add("a/notes.txt", "words");
    folder.add("README", "words");
    const Splits parts = read_image_folder(folder.path());
    CHECK(parts.train.class_names == std::vector<std::string>{"a", "b"});
    CHECK(parts.train.images.shape() == Shape{3, 1, 2, 1});
    CHECK(pixels_of(parts.train.images) == std::vector{101, 102, 97, 98, 99, 100});
    CHECK(parts.train.labels.to_vector<std::int64_t>() == std::vector<std::int64_t>{0, 1, 1});
    REQUIRE(parts.skipped.size() == 2);
    CHECK_THAT(parts.skipped[0].path, Catch::Contains("README"));
    CHECK_THAT(parts.skipped[1].path, Catch::Contains("notes.txt"));
    CHECK(parts.skipped[1].reason == "not an image");
    CHECK_FALSE(parts.test);
}

TEST_CASE("train and val and test folders become the sets") {
    const Folder folder;
    for (const char* part : {"train", "val", "test"})
        for (const char* name : {"/cat/1.pgm", "/dog/1.pgm"}) folder.add(part + std::string(name), pgm(1, 1, "a"));
    folder.add("train/dog/2.pgm", pgm(1, 1, "d"));
    const Splits parts = read_image_folder(folder.path());
    CHECK(parts.train.class_counts() == std::vector<std::int64_t>{1, 2});
    REQUIRE(parts.validation);
    REQUIRE(parts.test);
    REQUIRE(parts.test->standardization);
    CHECK(parts.test->standardization->mean[0] == 98);
    folder.add("test/bird/1.pgm", pgm(1, 1, "a"));
    CHECK_THROWS_WITH(read_image_folder(folder.path()), Catch::Contains("the training set has no class 'bird'"));
}

TEST_CASE("bad files stop the reading unless a fraction of them is allowed and then each is named") {
    const Folder folder;
    for (int i = 0; i < 9; ++i) folder.add("a/" + std::to_string(i) + ".pgm", pgm(1, 1, "a"));
    folder.add("b/0.pgm", pgm(1, 1, "b"));
    folder.add("b/cut.pgm", pgm(1, 2, "b"));
    folder.add("b/text.png", "hello");
    CHECK_THROWS_WITH(read_image_folder(folder.path()), Catch::Contains("2 of 12 files are bad") &&
                                                            Catch::Contains("cut.pgm: the PNM file ends before") &&
                                                            Catch::Contains("text.png: expected a PNG"));
    CHECK_THROWS_AS(read_image_folder(folder.path(), {.most_bad = 0.1}), Error);
    const Splits parts = read_image_folder(folder.path(), {.most_bad = 0.2});
    CHECK(parts.train.class_counts() == std::vector<std::int64_t>{9, 1});
    REQUIRE(parts.skipped.size() == 2);
    CHECK_THAT(parts.skipped[0].path, Catch::Contains("cut.pgm"));
    CHECK_THAT(parts.train.source, Catch::Contains("2 files left out"));
    std::filesystem::remove(folder / "b/0.pgm");
    CHECK_THROWS_WITH(read_image_folder(folder.path(), {.most_bad = 0.5}),
                      Catch::Contains("no image of the class 'b' can be read: the PNM file ends before"));
}

TEST_CASE("a pipe among the images is left out and does not hang") {
    const Folder folder;
    folder.add("a/0.pgm", pgm(1, 1, "a"));
    folder.add("b/0.pgm", pgm(1, 1, "b"));
    REQUIRE(mkfifo((folder / "b/pipe").c_str(), 0600) == 0);
    const Splits splits = read_image_folder(folder.path());
    CHECK(splits.train.size() == 2);
    REQUIRE(splits.skipped.size() == 1);
    CHECK(splits.skipped[0].reason == "not an image");
    REQUIRE(mkfifo((folder / "b/pipe.png").c_str(), 0600) == 0);
    CHECK_THROWS_WITH(read_image_folder(folder.path()), Catch::Contains("1 of 3 files are bad"));
}

TEST_CASE("images of two sizes need a fit") {
    const Folder folder;
    folder.add("a/1.pgm", pgm(2, 4, "abcdefgh"));
    folder.add("b/1.pgm", pgm(4, 2, "ABCDEFGH"));
    CHECK_THROWS_WITH(read_image_folder(folder.path()), Catch::Contains("1.pgm: is 4 x 2, expected 2 x 4 like") &&
                                                            Catch::Contains("hint: name a size for all"));
    const Splits crop = read_image_folder(folder.path(), {.fit = ImageFit::crop, .height = 2, .width = 2});
    CHECK(pixels_of(crop.train.images) == std::vector<int>{'b', 'c', 'f', 'g', 'C', 'D', 'E', 'F'});
    const Splits pad = read_image_folder(folder.path(), {.fit = ImageFit::pad, .height = 4, .width = 4});
    CHECK(pixels_of(pad.train.images.tensor().rows(0, 1)) ==
          std::vector<int>{0, 0, 0, 0, 'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 0, 0, 0, 0});
    const Splits resized = read_image_folder(folder.path(), {.fit = ImageFit::resize, .height = 2, .width = 2});
    CHECK(resized.train.images.shape() == Shape{2, 2, 2, 1});
    const ImageOptions large{.fit = ImageFit::crop, .height = 3, .width = 3};
    CHECK_THROWS_WITH(read_image_folder(folder.path(), large), Catch::Contains("is smaller than the crop"));
    const ImageOptions small{.fit = ImageFit::pad, .height = 3, .width = 3};
    CHECK_THROWS_WITH(read_image_folder(folder.path(), small), Catch::Contains("is larger than the padded size"));
}

TEST_CASE("resizing keeps constants and linear ramps and averages where it shrinks") {
    const Folder folder;
    std::string ramp, half;
    for (int y = 0; y < 8; ++y)
        for (int x = 0; x < 32; ++x) {
            ramp += static_cast<char>(8 * x);
            half += static_cast<char>(x % 2 ? 100 : 0);
        }
    folder.add("a/constant.pgm", pgm(8, 32, std::string(256, 'z')));
    folder.add("a/ramp.pgm", pgm(8, 32, ramp));
    folder.add("b/stripes.pgm", pgm(8, 32, half));
    const Splits parts = read_image_folder(folder.path(), {.fit = ImageFit::resize, .height = 4, .width = 16});
    const auto values = pixels_of(parts.train.images);
    for (std::size_t i = 0; i < 64; ++i) {
        CHECK(values[i] == 'z');
        const std::size_t x = i % 16;
        // The middle of output pixel x is between input pixels 2 x and 2 x + 1.
        if (x > 0 && x < 15) CHECK(values[64 + i] == static_cast<int>(8 * (2 * x) + 4));
        if (x > 0 && x < 15) CHECK(values[128 + i] == 50);
    }
}

TEST_CASE("mixed depths and colours take the richest form unless options say otherwise") {
    const Folder folder;
    folder.add("a/grey.pgm", pgm(1, 1, "\x10"));
    folder.add("b/colour.ppm", "P6 1 1 255\n\x10\x20\x30");
    const Splits both = read_image_folder(folder.path());
    CHECK(pixels_of(both.train.images) == std::vector{16, 16, 16, 16, 32, 48});
    const Splits grey = read_image_folder(folder.path(), {.channels = 1});
    CHECK(pixels_of(grey.train.images) == std::vector{16, 29});  // .299 * 16 + .587 * 32 + .114 * 48 = 29.04
    folder.add("b/wide.pgm", std::string("P5 1 1 65535\n\x01\x01", 15));
    const Splits wide = read_image_folder(folder.path(), {.channels = 1});
    CHECK(wide.train.images.dtype() == DType::u16);
    CHECK(pixels_of(wide.train.images) == std::vector{16 * 257, 29 * 257, 257});
    CHECK(pixels_of(read_image_folder(folder.path(), {.channels = 1, .bits = 8}).train.images) ==
          std::vector{16, 29, 1});
}

TEST_CASE("folders without classes and wrong options are refused") {
    const Folder folder;
    CHECK_THROWS_WITH(read_image_folder(folder.path()), Catch::Contains("expected one subfolder for each"));
    folder.add("a/1.pgm", pgm(1, 1, "a"));
    CHECK_THROWS_WITH(read_image_folder(folder.path()), Catch::Contains("two or more classes, got 1"));
    std::filesystem::create_directory(folder / "b");
    CHECK_THROWS_WITH(read_image_folder(folder.path()), Catch::Contains("b: the class has no image"));
    CHECK_THROWS_WITH(read_image_folder(folder / "none"), Catch::Contains("nothing of that name"));
    CHECK_THROWS_WITH(read_image_folder(folder / "a/1.pgm"), Catch::Contains("got a file"));
    CHECK_THROWS_AS(read_image_folder(folder.path(), {.fit = ImageFit::crop}), UsageError);
    CHECK_THROWS_AS(read_image_folder(folder.path(), {.height = 3}), UsageError);
    CHECK_THROWS_AS(read_image_folder(folder.path(), {.channels = 2}), UsageError);
    CHECK_THROWS_AS(read_image_folder(folder.path(), {.bits = 12}), UsageError);
    CHECK_THROWS_AS(read_image_folder(folder.path(), {.most_bad = -1}), UsageError);
}

TEST_CASE("the MNIST images give the same tensors with one thread and two") {
    if (!has_images()) CYCLONE_SKIP("built without images");
    CYCLONE_NEED_SHARED("data/mnist_png");
    const int before = num_threads();
    set_num_threads(1);
    const Splits one = read_image_folder(test::shared_file("data/mnist_png"));
    set_num_threads(2);
    const Splits two = read_image_folder(test::shared_file("data/mnist_png"));
    set_num_threads(before);
    CHECK(one.train.size() == 5000);
    REQUIRE(one.test);
    CHECK(one.test->size() == 1000);
    CHECK(one.train.classes() == 10);
    CHECK(one.train.image_shape() == Shape{28, 28, 1});
    CHECK(one.train.images.tensor().to_vector<std::uint8_t>() == two.train.images.tensor().to_vector<std::uint8_t>());
    CHECK(one.train.labels.to_vector<std::int64_t>() == two.train.labels.to_vector<std::int64_t>());
}

TEST_CASE("the orientation that a photo names is not applied") {
    CYCLONE_NEED_SHARED("hostile/images/exif-orientation/Landscape_6.jpg");
    if (!has_images()) CYCLONE_SKIP("built without images");
    const auto shape = [](const char* name) {
        return read_image(test::shared_file(std::string("hostile/images/exif-orientation/") + name)).shape();
    };
    const Shape upright = shape("Landscape_1.jpg");
    CHECK(upright[1] > upright[0]);
    CHECK(shape("Landscape_6.jpg") == Shape{upright[1], upright[0], upright[2]});  // on its side, as it is stored
}
