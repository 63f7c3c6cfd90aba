// What single image files decode to, and why others are refused.
#include <cyclone/base/error.h>
#include <cyclone/data/images/image_options.h>

#include "data/image_bytes.h"
#include "data/images/image_file.h"
#include "data/jpeg_bytes.h"
#include "support/catch.h"

using namespace cyclone;
using namespace cyclone::data;

namespace {

Image decode(const std::string& bytes) {
    return decode_image({reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size()}, "image");
}

std::string pixels(const std::string& bytes) {
    const Image image = decode(bytes);
    return {reinterpret_cast<const char*>(image.pixels.get()), image.bytes()};
}

/// Adam7 of rows of whole bytes: the seven small images one after another, each row with its filter byte 0.
std::string interlaced_png(int width, int height, int bits, int colour, std::size_t pixel, const std::string& rows) {
    const int x0[] = {0, 4, 0, 2, 0, 1, 0}, y0[] = {0, 0, 4, 0, 2, 0, 1};
    const int dx[] = {8, 8, 4, 4, 2, 2, 1}, dy[] = {8, 8, 8, 4, 4, 2, 2};
    std::string data;
    for (int pass = 0; pass < 7; ++pass)
        for (int y = y0[pass]; y < height && x0[pass] < width; y += dy[pass]) {
            data += '\0';
            for (int x = x0[pass]; x < width; x += dx[pass])
                data += rows.substr(std::size_t(y * width + x) * pixel, pixel);
        }
    const std::string header = test::big32(std::uint64_t(width)) + test::big32(std::uint64_t(height)) + char(bits) +
                               char(colour) + std::string{0, 0, 1};
    return "\x89PNG\r\n\x1a\n" + test::png_chunk("IHDR", header) + test::png_chunk("IDAT", test::zlib_packed(data)) +
           test::png_chunk("IEND", "");
}

}  // namespace

TEST_CASE("an interlaced PNG gives the pixels of a plain one") {
    std::string rows;
    for (int i = 0; i < 13 * 11 * 8; ++i) rows += char(i * 7 + i / 64);
    for (const auto& [bits, colour, pixel] :
         {std::tuple{8, 0, 1}, {16, 0, 2}, {8, 2, 3}, {16, 2, 6}, {8, 6, 4}, {16, 6, 8}})
        for (const auto& [width, height] : {std::pair{13, 11}, {1, 1}, {3, 9}, {5, 1}, {8, 8}}) {
            const std::string some = rows.substr(0, std::size_t(width * height * pixel));
            CHECK(pixels(interlaced_png(width, height, bits, colour, std::size_t(pixel), some)) ==
                  pixels(test::png(std::uint32_t(width), std::uint32_t(height), bits, colour, some)));
        }
}

TEST_CASE("every filter of PNG gives back the bytes that were filtered") {
    constexpr int kWidth = 5, kHeight = 4, kStep = 3;
    std::string rows, filtered;
    for (int i = 0; i < kWidth * kHeight * kStep; ++i) rows += char(i * 37 + 11);
    const auto at = [&](int y, int i) {
        return y < 0 || i < 0 ? 0 : int(static_cast<unsigned char>(rows[std::size_t(y * kWidth * kStep + i)]));
    };
    for (int filter = 0; filter < 5; ++filter) {
        filtered.clear();
        for (int y = 0; y < kHeight; ++y) {
            filtered += char(filter);
            for (int i = 0; i < kWidth * kStep; ++i) {
                const int a = at(y, i - kStep), b = at(y - 1, i), c = i < kStep ? 0 : at(y - 1, i - kStep);
                const int p = a + b - c, pa = std::abs(p - a), pb = std::abs(p - b), pc = std::abs(p - c);
                const int paeth = pa <= pb && pa <= pc ? a : pb <= pc ? b : c;
                const int guess[] = {0, a, b, (a + b) / 2, paeth};
                filtered += char(at(y, i) - guess[filter]);
            }
        }
        const std::string header = test::big32(kWidth) + test::big32(kHeight) + std::string{8, 2, 0, 0, 0};
        CHECK(pixels("\x89PNG\r\n\x1a\n" + test::png_chunk("IHDR", header) +
                     test::png_chunk("IDAT", test::zlib_packed(filtered)) + test::png_chunk("IEND", "")) == rows);
    }
}

TEST_CASE("a PNG in many pieces, with bytes behind its last row, is read") {
    std::string packed = test::zlib_packed(std::string("\0ab\0cd\0more", 11)), chunks;
    for (const char c : packed) chunks += test::png_chunk("IDAT", std::string(1, c)) + test::png_chunk("IDAT", "");
    const std::string header = test::big32(2) + test::big32(2) + std::string{8, 0, 0, 0, 0};
    const std::string start = "\x89PNG\r\n\x1a\n" + test::png_chunk("IHDR", header), end = test::png_chunk("IEND", "");
    CHECK(pixels(start + test::png_chunk("tEXt", "a") + chunks + end) == "abcd");
    CHECK_THROWS_WITH(pixels(start + test::png_chunk("NEWS", "a") + chunks + end), Catch::Contains("unknown type"));
    CHECK_THROWS_WITH(pixels(start + test::png_chunk("IHDR", header) + chunks + end), Catch::Contains("two headers"));
    CHECK_THROWS_WITH(pixels(start + end), Catch::Contains("truncated"));
    const std::string bomb = test::png(1, 1, 8, 0, "a" + std::string(30'000'000, '\0'));
    CHECK(pixels(bomb) == "a");  // what is behind the last row is not expanded
}

TEST_CASE("an index beyond the palette of a PNG, and a palette that is not there, are refused") {
    const std::string six = "abcdef";
    CHECK(pixels(test::png(2, 1, 8, 3, std::string{1, 0}, six)) == "defabc");
    CHECK_THROWS_WITH(decode(test::png(2, 1, 8, 3, std::string{1, 2}, six)), Catch::Contains("has no colour 2"));
    CHECK_THROWS_WITH(decode(test::png(2, 1, 2, 3, "\x30", six)), Catch::Contains("has no colour 3"));
    CHECK_THROWS_WITH(decode(test::png(2, 1, 8, 3, std::string{0, 0})), Catch::Contains("has no palette"));
    CHECK_THROWS_WITH(decode(test::png(2, 1, 8, 3, std::string{0, 0}, "abcd")), Catch::Contains("palette"));
}

TEST_CASE("a depth that a colour type of PNG does not have is refused") {
    const std::string row(8, '\0');
    for (const auto& [bits, colour] :
         {std::pair{1, 2}, {2, 2}, {4, 2}, {1, 4}, {4, 4}, {2, 6}, {16, 3}, {3, 0}, {8, 1}, {8, 5}, {8, 7}})
        CHECK_THROWS_WITH(decode(test::png(1, 1, bits, colour, row, "abc")), Catch::Contains("has no colour type"));
    for (const auto& [bits, colour] : {std::pair{1, 0},
                                       {2, 0},
                                       {4, 0},
                                       {8, 0},
                                       {16, 0},
                                       {8, 2},
                                       {16, 2},
                                       {1, 3},
                                       {2, 3},
                                       {4, 3},
                                       {8, 3},
                                       {8, 4},
                                       {16, 4},
                                       {8, 6},
                                       {16, 6}})
        CHECK_NOTHROW(decode(test::png(1, 1, bits, colour, row, "abc")));
}

TEST_CASE(
    "an ancillary chunk of PNG with a value or length that cannot be changes no pixel, a damaged one is refused") {
    const std::string whole = test::png(2, 2, 8, 0, "abcd");
    const std::size_t data = whole.find("IDAT") - 4;
    const auto with = [&](const std::string& chunk) { return whole.substr(0, data) + chunk + whole.substr(data); };
    const std::string dense("\0\0\x0b\x13\0\0\x0b\x13\1", 9);
    for (const auto& [type, content] :
         std::vector<std::pair<std::string, std::string>>{{"pHYs", dense},
                                                          {"pHYs", dense.substr(1)},
                                                          {"pHYs", dense + "x"},
                                                          {"pHYs", ""},
                                                          {"pHYs", "\xFF" + dense.substr(1)},
                                                          {"gAMA", "abc"},
                                                          {"cHRM", "x"},
                                                          {"tIME", std::string(7, '\xFF')},
                                                          {"tRNS", "abcdefgh"},
                                                          {"tEXt", ""},
                                                          {"iCCP", "no profile"},
                                                          {"zzZz", "unknown"}}) {
        CAPTURE(type, content.size());
        CHECK(pixels(with(test::png_chunk(type, content))) == "abcd");
        // A checksum that is wrong says that the file has been changed; which bytes, nobody knows.
        for (const std::size_t at : {std::size_t{4}, 8 + content.size()}) {
            std::string chunk = test::png_chunk(type, content);
            chunk[at] = static_cast<char>(chunk[at] ^ 1);
            CHECK_THROWS_WITH(decode(with(chunk)), Catch::Contains("wrong checksum"));
        }
        for (const int length : {-1, 1, 1 << 20}) {
            std::string chunk = test::png_chunk(type, content);
            chunk.replace(0, 4, test::big32(static_cast<std::uint32_t>(static_cast<int>(content.size()) + length)));
            CHECK_THROWS_AS(decode(with(chunk)), Error);
        }
    }
}

TEST_CASE("a PNG of 24 megapixels is read") {
    const Image image = decode(test::png(6000, 4000, 8, 6, std::string(6000 * 4000 * 4, '\x55')));
    CHECK(image.channels == 3);
    CHECK(image.pixels.get()[image.bytes() - 1] == 0x55);
}

TEST_CASE("files of other kinds are called by their name") {
    const auto says = [](const std::string& bytes, const char* name) {
        CHECK_THROWS_WITH(decode(bytes),
                          Catch::Contains(std::string("expected a PNG, JPEG, BMP, PGM or PPM image, got ") + name));
    };
    says(std::string("II*\0\x08\0\0\0", 8), "a TIFF image");
    says(std::string("MM\0*\0\0\0\x08", 8), "a TIFF image");
    says("GIF89a..", "a GIF image");
    says("RIFF....WEBPVP8 ", "a WebP image");
    says(std::string("\0\0\0\x1C"
                     "ftypavif",
                     12),
         "an AVIF image");
    says(std::string("\0\0\0\x18"
                     "ftypheic",
                     12),
         "a HEIC image");
    says(std::string("\0\0\0\x0CjP  \r\n", 10), "a JPEG 2000 image");
    says(std::string(128, '\0') + "DICM", "a DICOM image");
    says("<html>not found</html>", "text");
    says("", "an empty file");
    says("\x01\x02\x03\x04", "an unrecognised signature");
    for (const char* name : {"a.TIF", "b.webp", "c.Jpg", "d.jfif", "e.heic"}) CHECK(called_like_an_image(name));
    for (const char* name : {"a.txt", "b", "png", ".png.txt", "Thumbs.db"}) CHECK_FALSE(called_like_an_image(name));
}

#ifdef CYCLONE_WITH_IMAGES

TEST_CASE("a JPEG gives the same pixels baseline and progressive, interleaved or not, with restarts or none") {
    using Sampling = std::vector<std::pair<int, int>>;
    unsigned state = 1;
    const auto draw = [&](unsigned most) { return (state = state * 1664525U + 1013904223U) / 65536U % most; };
    for (const Sampling& sampling :
         {Sampling{{1, 1}}, {{1, 1}, {1, 1}, {1, 1}}, {{2, 2}, {1, 1}, {1, 1}}, {{2, 1}, {1, 1}, {1, 1}}})
        for (const auto& [width, height] : {std::pair{16, 16}, {33, 17}, {5, 40}}) {
            auto writer = test::random_jpeg(width, height, sampling, draw);
            const std::string expected = pixels(writer.baseline());
            CHECK(expected.size() == std::size_t(width * height) * (sampling.size() == 1 ? 1 : 3));
            CHECK(pixels(writer.baseline(false)) == expected);
            CHECK(pixels(writer.progressive()) == expected);
            writer.restart_interval = 2;
            CHECK(pixels(writer.baseline()) == expected);
            CHECK(pixels(writer.baseline(false)) == expected);
            CHECK(pixels(writer.progressive()) == expected);
        }
}

TEST_CASE("a JPEG of blocks without detail gives their levels") {
    test::JpegWriter writer(16, 8, {{1, 1}});
    writer.components[0].blocks[0][0] = -40;
    writer.components[0].blocks[1][0] = 60;
    const std::string out = pixels(writer.baseline());
    for (std::size_t i = 0; i < out.size(); ++i)  // 128 + 8 (the quantisation) * DC / 8
        CHECK(int(static_cast<unsigned char>(out[i])) == (i % 16 < 8 ? 88 : 188));
}

TEST_CASE("a JPEG with a component that no scan writes is refused") {
    const test::JpegWriter colour(20, 20, {{1, 1}, {1, 1}, {1, 1}});
    const std::string end = "\xFF\xD9", baseline = colour.head('\xC0'), progressive = colour.head('\xC2');
    for (const std::string& bad :
         {baseline + colour.scan({0}, 0, 63, 0, 0), baseline + colour.scan({0, 2}, 0, 63, 0, 0),
          progressive + colour.scan({0, 1}, 0, 0, 0, 0),
          progressive + colour.scan({0, 1}, 0, 0, 0, 0) + colour.scan({2}, 1, 63, 0, 0),
          progressive + colour.scan({2}, 1, 63, 0, 0), progressive + colour.scan({0, 1, 2}, 0, 0, 1, 0)})
        CHECK_THROWS_WITH(decode(bad + end), Catch::Contains("has no scan"));
    CHECK_NOTHROW(decode(progressive + colour.scan({0, 1, 2}, 0, 0, 0, 0) + end));  // coarse, but every block is there
    CHECK_THROWS_WITH(decode(baseline + end), Catch::Contains("has no scan"));
    CHECK_THROWS_WITH(decode("\xFF\xD8\xFF\xE0" + std::string("\0\x02", 2) + end), Catch::Contains("no image data"));
}

TEST_CASE("a JPEG scan that is broken off at a restart is refused") {
    test::JpegWriter writer(32, 32, {{1, 1}});
    writer.restart_interval = 3;
    const std::string whole = writer.baseline();
    CHECK_NOTHROW(decode(whole));
    const std::size_t restart = whole.find("\xFF\xD2");
    REQUIRE(restart != std::string::npos);
    CHECK_THROWS_WITH(decode(whole.substr(0, restart) + "\xFF\xD9"), Catch::Contains("ends before its last block"));
    CHECK_THROWS_WITH(decode(std::string(whole).erase(restart, 2)), Catch::Contains("ends before its last block"));
}

TEST_CASE("other kinds of JPEG are called by their name") {
    test::JpegWriter writer(8, 8, {{1, 1}});
    const auto with_frame = [&](char marker) {
        return writer.head(marker) + writer.scan({0}, 0, 63, 0, 0) + "\xFF\xD9";
    };
    CHECK_THROWS_WITH(decode(with_frame('\xC3')), Catch::Contains("lossless JPEG"));
    CHECK_THROWS_WITH(decode(with_frame('\xC5')), Catch::Contains("hierarchical JPEG"));
    for (const char marker : {'\xC9', '\xCA', '\xCB'})
        CHECK_THROWS_WITH(decode(with_frame(marker)), Catch::Contains("arithmetic coding"));
    CHECK_THROWS_WITH(decode(with_frame('\xF7')), Catch::Contains("JPEG-LS"));
    std::string twelve = writer.baseline();
    twelve[twelve.find("\xFF\xC0") + 4] = 12;
    CHECK_THROWS_WITH(decode(twelve), Catch::Contains("of 12 bits"));
    std::string video = writer.baseline();
    const std::size_t tables = video.find("\xFF\xC4");
    video.erase(tables, video.find("\xFF\xDA") - tables);
    CHECK_THROWS_WITH(decode(video), Catch::Contains("motion JPEG"));
    std::string plain = writer.baseline();
    plain.erase(plain.find("\xFF\xDB"), 2 + 67);
    CHECK_THROWS_WITH(decode(plain), Catch::Contains("quantisation table that is not there"));
    std::string twice = test::JpegWriter(8, 8, {{1, 1}, {1, 1}, {1, 1}}).baseline();
    twice[twice.find("\xFF\xC0") + 13] = 1;
    CHECK_THROWS_WITH(decode(twice), Catch::Contains("the same number"));
    std::string unknown = writer.baseline();
    unknown[unknown.find("\xFF\xDA") + 5] = 9;
    CHECK_THROWS_WITH(decode(unknown), Catch::Contains("a component that is not there"));
}

// Zero bits are the shortest code of either table: a difference of 0, the end of a block.
TEST_CASE("a JPEG of 7680 x 4320 in full colour is read, baseline and progressive") {
    const test::JpegWriter writer(7680, 4320, {{1, 1}, {1, 1}, {1, 1}});
    const std::size_t blocks = 7680 / 8 * 4320 / 8;
    const auto scan = [](const std::string& header, std::size_t bits) {
        return test::JpegWriter::segment('\xDA', header) + std::string(bits / 8, '\0');
    };
    const std::string three{3, 1, 0, 2, 0, 3, 0};
    const std::string end = "\xFF\xD9";
    std::string progressive = writer.head('\xC2') + scan(three + std::string{0, 0, 0}, blocks * 3 * 4);
    for (char c = 1; c <= 3; ++c) progressive += scan(std::string{1, c, 0, 1, 63, 0}, blocks * 8);
    for (const std::string& file :
         {writer.head('\xC0') + scan(three + std::string{0, 63, 0}, blocks * 3 * 12) + end, progressive + end}) {
        const Image image = decode(file);
        CHECK(image.width == 7680);
        CHECK(image.bytes() == 7680U * 4320U * 3U);
        CHECK(int(image.pixels.get()[image.bytes() - 1]) == 128);
    }
}

TEST_CASE("a JPEG whose scans would keep a decoder busy is refused, and many scans of a small one are not") {
    const test::JpegWriter large(6560, 6560, {{1, 1}}), small(8, 8, {{1, 1}});
    const std::string more =
        test::JpegWriter::segment('\xDA', std::string{1, 1, 0, 1, 63, 0}) + std::string(1000, '\0');
    const auto file = [&](const test::JpegWriter& writer, const std::string& dc) {
        std::string out = writer.head('\xC2') + dc;
        for (int i = 0; i < 98; ++i) out += more;
        return out + "\xFF\xD9";
    };
    CHECK_THROWS_WITH(decode(file(large, large.scan({0}, 0, 0, 0, 0))), Catch::Contains("million blocks together"));
    CHECK_NOTHROW(decode(file(small, small.scan({0}, 0, 0, 0, 0))));
}

#endif
