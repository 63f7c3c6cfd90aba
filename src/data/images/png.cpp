// PNG (w3.org/TR/png-3): every colour type, depth and interlacing. Chunks and checksums are checked; alpha is dropped.

#include <cyclone/base/error.h>

#include <zlib.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>
#include <utility>
#include <vector>

#include "data/images/image_file.h"

namespace cyclone::data {
namespace {

std::uint32_t big32(ImageBytes b, std::size_t at) {
    return std::uint32_t{b[at]} << 24 | std::uint32_t{b[at + 1]} << 16 | std::uint32_t{b[at + 2]} << 8 | b[at + 3];
}

/// What the chunks say.
struct PngFile {
    std::int64_t height = 0, width = 0;
    unsigned depth = 0, colour = 0;  ///< bits of a value; 0 grey, 2 RGB, 3 palette, 4 grey and alpha, 6 RGB and alpha
    bool interlaced = false;
    ImageBytes palette = {};            ///< R, G, B of each entry
    std::vector<ImageBytes> data = {};  ///< one zlib stream in pieces
};

void read_header(ImageBytes chunk, PngFile& png, std::string_view where) {
    check(chunk.size() == 13, where, "the PNG's header has ", chunk.size(), " bytes, expected 13");
    png.width = big32(chunk, 0);
    png.height = big32(chunk, 4);
    png.depth = chunk[8];
    png.colour = chunk[9];
    png.interlaced = chunk[12] == 1;
    check(png.width > 0 && png.height > 0, where, "the PNG declares a size of 0");
    const bool small = png.depth == 1 || png.depth == 2 || png.depth == 4;
    const bool sixteen = png.depth == 16 && png.colour != 3;
    const bool known = png.colour == 0 || png.colour == 2 || png.colour == 3 || png.colour == 4 || png.colour == 6;
    check(known && (png.depth == 8 || sixteen || (small && (png.colour == 0 || png.colour == 3))), where,
          "PNG has no colour type ", png.colour, " with ", png.depth, " bits, the file is damaged");
    check(chunk[10] == 0 && chunk[11] == 0 && chunk[12] <= 1, where,
          "the PNG names a compression, filter or interlacing that does not exist, the file is damaged");
}

// Chunks are length, type, data, CRC-32 of type and data (section 5.3). A checksum that is wrong makes the file a
// damaged one, whatever the chunk. With a right one a chunk that pixels do not need is left out whatever is in it, as
// section 13 recommends for unexpected values in ancillary chunks.
PngFile read_chunks(ImageBytes file, std::string_view where) {
    PngFile png;
    std::size_t at = 8;
    for (bool first = true;; first = false) {
        check(file.size() - at >= 12, where, "the PNG ends before its IEND chunk, it is truncated");
        const std::uint32_t length = big32(file, at);
        check(length <= file.size() - at - 12, where, "a PNG chunk is longer than the file, it is truncated");
        const ImageBytes type = file.subspan(at + 4, 4), chunk = file.subspan(at + 8, length);
        const auto is = [&](const char* name) { return std::memcmp(type.data(), name, 4) == 0; };
        check(!first || !is("CgBI"), where, "Apple's PNG variant CgBI is not supported");
        check(first == is("IHDR"), where,
              first ? "the PNG does not begin with IHDR" : "the PNG has two headers, the file is damaged");
        const auto crc = static_cast<std::uint32_t>(crc32(0, type.data(), static_cast<uInt>(length) + 4));
        check(crc == big32(file, at + 8 + length), where, "a PNG chunk has a wrong checksum, the file is damaged");
        if (is("IHDR")) {
            read_header(chunk, png, where);
        } else if (is("PLTE")) {
            check(length % 3 == 0 && length <= 768, where, "the PNG's palette has an impossible size");
            png.palette = chunk;
        } else if (is("IDAT")) {
            png.data.push_back(chunk);
        } else if (is("IEND")) {
            return png;
        } else {
            check((type[0] & 0x20) != 0, where, "the PNG has a chunk without which it cannot be read, of unknown type");
        }
        at += 12 + length;
    }
}

/// The bytes of the compressed rows, in order. What is wrong behind the last one that is asked for does not matter.
class Inflater {
public:
    /// `expected` bytes or so are to come.
    Inflater(const std::vector<ImageBytes>& pieces, std::uint64_t expected, std::string_view where)
        : pieces_(pieces), where_(where), buffer_(std::min<std::uint64_t>(expected + 1, 1 << 16)) {
        check(inflateInit(&zip_) == Z_OK, where, "zlib cannot start");
    }
    Inflater(const Inflater&) = delete;
    Inflater& operator=(const Inflater&) = delete;
    ~Inflater() { inflateEnd(&zip_); }

    void read(unsigned char* into, std::size_t count) {
        while (count > 0) {
            if (at_ == end_) fill();
            const std::size_t some = std::min(count, end_ - at_);
            std::memcpy(into, buffer_.data() + at_, some);
            at_ += some;
            into += some;
            count -= some;
        }
    }

private:
    void fill() {
        zip_.next_out = buffer_.data();
        zip_.avail_out = static_cast<uInt>(buffer_.size());
        int status = Z_OK;
        while (zip_.avail_out > 0 && (status == Z_OK || status == Z_BUF_ERROR)) {
            if (zip_.avail_in == 0) {
                if (next_ == pieces_.size()) break;
                zip_.next_in = const_cast<unsigned char*>(pieces_[next_].data());
                zip_.avail_in = static_cast<uInt>(pieces_[next_++].size());
            }
            status = inflate(&zip_, Z_SYNC_FLUSH);
        }
        at_ = 0;
        end_ = buffer_.size() - zip_.avail_out;
        if (end_ > 0) return;
        check(status == Z_OK || status == Z_BUF_ERROR || status == Z_STREAM_END, where_,
              "the PNG's data are damaged: ", zip_.msg ? zip_.msg : "zlib stopped");
        fail(where_, "the PNG's data end before the last row, it is truncated");
    }

    const std::vector<ImageBytes>& pieces_;
    std::string_view where_;
    std::vector<unsigned char> buffer_;
    std::size_t next_ = 0, at_ = 0, end_ = 0;
    z_stream zip_{};
};

int paeth(int left, int above, int corner) {
    const int guess = left + above - corner;
    const int a = std::abs(guess - left), b = std::abs(guess - above), c = std::abs(guess - corner);
    return a <= b && a <= c ? left : b <= c ? above : corner;
}

// Section 9; `step` is the distance of a byte to that of the pixel before.
void unfilter(unsigned filter, std::vector<unsigned char>& row, const std::vector<unsigned char>& above,
              std::size_t step, std::string_view where) {
    const auto add = [&](auto guess) {
        for (std::size_t i = 0; i < row.size(); ++i) {
            const bool first = i < step;
            row[i] = static_cast<unsigned char>(
                row[i] + guess(first ? 0 : row[i - step], above[i], first ? 0 : above[i - step]));
        }
    };
    switch (filter) {
        case 0:
            return;
        case 1:
            return add([](int left, int, int) { return left; });
        case 2:
            return add([](int, int up, int) { return up; });
        case 3:
            return add([](int left, int up, int) { return (left + up) / 2; });
        case 4:
            return add(paeth);
        default:
            fail(where, "the PNG names a filter that does not exist, the file is damaged");
    }
}

/// Every `dx`-th pixel of every `dy`-th row.
struct Pass {
    std::int64_t x, y, dx, dy;
};
constexpr std::array<Pass, 1> kWhole{{{0, 0, 1, 1}}};
constexpr std::array<Pass, 7> kAdam7{
    {{0, 0, 8, 8}, {4, 0, 8, 8}, {0, 4, 4, 8}, {2, 0, 4, 4}, {0, 2, 2, 4}, {1, 0, 2, 2}, {0, 1, 1, 2}}};

class PngDecoder {
public:
    PngDecoder(const PngFile& png, std::string_view where) : png_(png), where_(where) {
        constexpr std::array<unsigned, 7> values{1, 0, 3, 1, 2, 0, 4};
        stored_ = values.at(png.colour);
    }

    Image decode(std::size_t file_bytes) {
        check(png_.colour != 3 || !png_.palette.empty(), where_, "the PNG has no palette, the file is damaged");
        constexpr std::uint64_t kBestRatio = 1032;  // of deflate (zlib.net, technical details)
        const std::uint64_t bits = static_cast<std::uint64_t>(stored_) * png_.depth;
        const auto width = static_cast<std::uint64_t>(png_.width), height = static_cast<std::uint64_t>(png_.height);
        check(width * height * bits / 8 <= file_bytes * kBestRatio, where_, "the PNG claims ", height, " x ", width,
              " pixels, more than its ", file_bytes, " bytes can hold, the file is damaged");
        Image image =
            make_image(png_.height, png_.width, png_.colour == 0 || png_.colour == 4 ? 1 : 3, png_.depth == 16, where_);
        Inflater data(png_.data, width * height * bits / 8 + height, where_);
        if (png_.interlaced)
            for (const Pass& pass : kAdam7) read_pass(pass, data, image);
        else
            for (const Pass& pass : kWhole) read_pass(pass, data, image);
        if (png_.colour == 3) collapse_grey(image);
        return image;
    }

private:
    void read_pass(const Pass& pass, Inflater& data, Image& image) {
        const auto count = [](std::int64_t all, std::int64_t first, std::int64_t step) {
            return first < all ? (all - first + step - 1) / step : 0;
        };
        const std::int64_t width = count(png_.width, pass.x, pass.dx), height = count(png_.height, pass.y, pass.dy);
        if (width == 0) return;
        const std::size_t bits = static_cast<std::size_t>(stored_) * png_.depth;
        row_.assign((static_cast<std::size_t>(width) * bits + 7) / 8, 0);
        above_ = row_;
        for (std::int64_t y = 0; y < height; ++y) {
            unsigned char filter = 0;
            data.read(&filter, 1);
            data.read(row_.data(), row_.size());
            unfilter(filter, row_, above_, std::max<std::size_t>(1, bits / 8), where_);
            const std::int64_t first = (pass.y + y * pass.dy) * png_.width + pass.x;
            if (png_.depth == 16)
                write_wide(image, first, pass.dx, width);
            else
                write_bytes(image, first, pass.dx, width);
            std::swap(row_, above_);
        }
    }

    void write_wide(Image& image, std::int64_t first, std::int64_t step, std::int64_t width) const {
        auto* into = reinterpret_cast<std::uint16_t*>(image.pixels.get());
        for (std::int64_t x = 0; x < width; ++x)
            for (std::int64_t c = 0; c < image.channels; ++c) {
                const auto at = static_cast<std::size_t>(x * stored_ + c) * 2;
                into[(first + x * step) * image.channels + c] =
                    static_cast<std::uint16_t>(unsigned{row_[at]} << 8 | row_[at + 1]);
            }
    }

    void write_bytes(Image& image, std::int64_t first, std::int64_t step, std::int64_t width) const {
        unsigned char* into = image.pixels.get() + first * image.channels;
        if (png_.depth == 8 && png_.colour != 3) {
            for (std::int64_t x = 0; x < width; ++x, into += step * image.channels)
                for (std::int64_t c = 0; c < image.channels; ++c)
                    into[c] = row_[static_cast<std::size_t>(x * stored_ + c)];
            return;
        }
        const unsigned top = (1U << png_.depth) - 1;
        for (std::int64_t x = 0; x < width; ++x, into += step * image.channels) {
            const std::size_t bit = static_cast<std::size_t>(x) * png_.depth;
            const unsigned value = row_[bit / 8] >> (8 - png_.depth - bit % 8) & top;
            if (png_.colour == 0) {
                into[0] = static_cast<unsigned char>(value * 255 / top);
                continue;
            }
            check(value < png_.palette.size() / 3, where_, "the PNG's palette has no colour ", value,
                  ", the file is damaged");
            std::memcpy(into, png_.palette.data() + std::size_t{value} * 3, 3);
        }
    }

    const PngFile& png_;
    std::string_view where_;
    std::int64_t stored_ = 0;  // values of a pixel in the file
    std::vector<unsigned char> row_, above_;
};

}  // namespace

Image decode_png(ImageBytes file, std::string_view where) {
    const PngFile png = read_chunks(file, where);
    return PngDecoder(png, where).decode(file.size());
}

}  // namespace cyclone::data
