// A thousand damaged images: what they decode to must not depend on what memory held before.
#include <cyclone/base/error.h>
#include <cyclone/base/random.h>
#include <cyclone/data/images/image_options.h>

#include <malloc.h>

#include <cstring>
#include <functional>

#include "data/image_bytes.h"
#include "data/images/image_file.h"
#include "data/jpeg_bytes.h"
#include "support/catch.h"

using namespace cyclone;
using namespace cyclone::data;

namespace {

/// Small numbers in a fixed order.
class Draw {
public:
    explicit Draw(std::uint64_t seed) : random_(seed, 0) {}
    unsigned operator()(unsigned most) { return unsigned(random_.below(at_++, most)); }

private:
    Random random_;
    std::uint64_t at_ = 0;
};

Image decode(const std::string& bytes) {
    return decode_image({reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size()}, "image");
}

/// Size and checksum of the pixels, or the Error.
std::string outcome(const std::string& bytes) {
    try {
        const Image image = decode(bytes);
        const std::string pixels(reinterpret_cast<const char*>(image.pixels.get()), image.bytes());
        return std::to_string(image.height) + 'x' + std::to_string(image.width) + 'x' + std::to_string(image.channels) +
               ' ' + std::to_string(test::crc_of(pixels));
    } catch (const Error& error) {
        return std::string("error: ") + error.what();
    }
}

/// Fills what the next calls will find on the stack.
[[gnu::noinline]] void paint_stack(int value) {
    volatile char bytes[1 << 17];
    for (auto& byte : bytes) byte = static_cast<char>(value);
}

std::string flipped(std::string bytes, Draw& draw, std::size_t from) {
    const unsigned count = 1 + draw(4);
    for (unsigned i = 0; i < count && bytes.size() > from; ++i) {
        const std::size_t at = from + draw(unsigned(bytes.size() - from));
        bytes[at] = char(bytes[at] ^ (1 << draw(8)));
    }
    return bytes;
}

// With checksums that are right.
std::string damaged_png(Draw& draw) {
    struct Kind {
        int bits, colour, values;
    };
    const Kind kinds[] = {{1, 0, 1}, {8, 0, 1}, {16, 0, 1}, {8, 2, 3}, {16, 2, 3}, {2, 3, 1},
                          {4, 3, 1}, {8, 3, 1}, {8, 4, 2},  {8, 6, 4}, {16, 6, 4}};
    const Kind kind = kinds[draw(11)];
    const unsigned width = 1 + draw(20), height = 1 + draw(20);
    const std::size_t row = (width * unsigned(kind.bits * kind.values) + 7) / 8;
    std::string rows, palette;
    for (std::size_t i = 0; i < row * height; ++i) rows += char(draw(kind.colour == 3 ? 40 : 256));
    for (unsigned i = 0; kind.colour == 3 && i < 3 * (1 + draw(1U << kind.bits)); ++i) palette += char(draw(256));
    palette.resize(palette.size() / 3 * 3);
    std::string header = test::big32(width) + test::big32(height) + char(kind.bits) + char(kind.colour) +
                         std::string(2, '\0') + char(draw(2));
    std::string filtered;
    for (std::size_t y = 0; y < height; ++y) filtered += char(draw(5)) + rows.substr(y * row, row);
    if (draw(3) == 0) filtered.resize(draw(unsigned(filtered.size()) + 1));
    std::string packed = test::zlib_packed(filtered);
    switch (draw(4)) {
        case 0:
            packed = flipped(packed, draw, 2);
            break;
        case 1:
            header = flipped(header, draw, draw(2) ? 8 : 0);
            break;
        case 2:
            packed.resize(draw(unsigned(packed.size()) + 1));
            break;
        default:
            break;  // what the draws above made: a short palette, missing rows, an interlacing of too few bytes
    }
    return "\x89PNG\r\n\x1a\n" + test::png_chunk("IHDR", header) +
           (palette.empty() ? "" : test::png_chunk("PLTE", palette)) + test::png_chunk("IDAT", packed) +
           test::png_chunk("IEND", "");
}

std::string damaged_jpeg(Draw& draw) {
    using Sampling = std::vector<std::pair<int, int>>;
    const Sampling samplings[] = {{{1, 1}},
                                  {{1, 1}, {1, 1}, {1, 1}},
                                  {{2, 2}, {1, 1}, {1, 1}},
                                  {{2, 1}, {1, 1}, {1, 1}},
                                  {{1, 1}, {1, 1}, {1, 1}, {1, 1}}};
    auto writer = test::random_jpeg(int(1 + draw(50)), int(1 + draw(50)), samplings[draw(5)], draw);
    if (draw(2)) writer.restart_interval = int(1 + draw(4));
    const bool progressive = draw(2) != 0;
    std::string whole = progressive ? writer.progressive() : writer.baseline(draw(2) != 0);
    const std::string end = "\xFF\xD9";
    const std::size_t scan = whole.find("\xFF\xDA");
    switch (draw(6)) {
        case 0:  // broken off, also inside a header
            return whole.substr(0, draw(4) ? scan + draw(unsigned(whole.size() - scan)) : draw(unsigned(scan))) + end;
        case 1:  // some scans only
            return writer.head(progressive ? '\xC2' : '\xC0') +
                   writer.scan({int(draw(unsigned(writer.components.size())))}, 0, progressive ? 0 : 63, 0, 0) + end;
        case 2: {  // a scan that comes before its DC, or alone
            const int first = int(1 + draw(63));
            return writer.head('\xC2') + writer.scan({0}, first, first + int(draw(unsigned(64 - first))), 0, 0) + end;
        }
        case 3:  // in the headers
            return flipped(whole.substr(0, scan + 12), draw, 4) + whole.substr(scan + 12);
        case 4:  // a restart lost
            if (const std::size_t at = whole.find("\xFF\xD0", scan); at != std::string::npos) whole.erase(at, 2);
            return whole;
        default:  // in the data
            return flipped(whole.substr(0, whole.size() - 2), draw, scan) + end;
    }
}

std::string damaged_bmp(Draw& draw) {
    const int depths[] = {1, 4, 8, 16, 24, 32};
    const int bits = depths[draw(6)];
    const unsigned width = 1 + draw(20), height = 1 + draw(20);
    std::string rows, palette;
    for (std::size_t i = 0; i < (width * unsigned(bits) + 7) / 8 * height; ++i)
        rows += char(draw(bits < 16 ? 20 : 256));
    for (unsigned i = 0; bits <= 8 && i < 4 * (1 + draw(1U << bits)); ++i) palette += char(draw(256));
    const std::string whole = test::bmp(width, height, bits, rows, palette);
    if (draw(4) == 0) return whole.substr(0, draw(unsigned(whole.size())));
    return flipped(whole, draw, draw(2) ? 10 : 54);
}

std::string damaged_pnm(Draw& draw) {
    const unsigned width = 1 + draw(9), height = 1 + draw(9), kind = draw(2) ? 3 : 1, plain = draw(2);
    const unsigned top = draw(2) ? 255 : 1 + draw(65535);
    std::string out = std::string("P") + char('0' + (plain ? 0 : 3) + (kind == 3 ? 3 : 2)) + ' ' +
                      std::to_string(width) + ' ' + std::to_string(height) + ' ' + std::to_string(top) + '\n';
    for (unsigned i = 0; i < width * height * kind; ++i) {
        const unsigned value = draw(top + 1);
        if (plain)
            out += std::to_string(value) + ' ';
        else
            out += top > 255 ? std::string{char(value >> 8), char(value)} : std::string(1, char(value));
    }
    return draw(3) == 0 ? out.substr(0, draw(unsigned(out.size()))) : flipped(out, draw, draw(2) ? 2 : 8);
}

struct Part {
    std::string (*make)(Draw&);
    int count, least;  ///< of them at least so many are still read
};

std::vector<Part> corpus() {
    std::vector<Part> parts{{damaged_png, 300, 40}, {damaged_bmp, 125, 40}, {damaged_pnm, 125, 20}};
    if (has_images()) parts.push_back({damaged_jpeg, 450, 100});
    return parts;
}

}  // namespace

TEST_CASE("a JPEG of four components says what they are or is refused") {
    if (!has_images()) CYCLONE_SKIP("without JPEG");
    Draw draw(3);
    std::string bytes = test::random_jpeg(8, 8, {{1, 1}, {1, 1}, {1, 1}, {1, 1}}, draw).baseline(false);
    CHECK_THAT(outcome(bytes), !Catch::StartsWith("error: "));
    bytes.erase(bytes.find("\xFF\xEE"), 16);
    CHECK_THAT(outcome(bytes), Catch::Contains("does not say what they are"));
}

TEST_CASE("a thousand damaged images give the same pixels whatever memory held before") {
    std::vector<std::string> first;
    for (const int value : {0, 0x5A, 0xC3}) {
#ifdef __GLIBC__
        mallopt(M_PERTURB, value);  // as MALLOC_PERTURB_ does
#endif
        std::vector<std::string> now;
        for (const Part& part : corpus()) {
            Draw draw(7);
            int read = 0;
            for (int i = 0; i < part.count; ++i) {
                const std::string bytes = part.make(draw);
                paint_stack(value);
                now.push_back(outcome(bytes));
                read += !now.back().starts_with("error: ");
            }
            CHECK(read >= part.least);
            CHECK(read < part.count);
        }
        if (first.empty()) first = now;
        CHECK(first.size() >= 550);
        CHECK(now == first);
    }
#ifdef __GLIBC__
    mallopt(M_PERTURB, 0);
#endif
    for (const std::string& text : first)
        for (const char* useless : {"outofmem", "no reason"}) CHECK(text.find(useless) == std::string::npos);
}
