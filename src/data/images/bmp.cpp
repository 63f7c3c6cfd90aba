// BMP without compression (learn.microsoft.com, "Bitmap header types"): palettes, 16 to 32 bits, bit masks. Older
// versions of stb_image refuse many good ones and fill missing rows with grey.

#include <cyclone/base/error.h>

#include <array>
#include <bit>

#include "data/images/image_file.h"

namespace cyclone::data {
namespace {

class BmpDecoder {
public:
    BmpDecoder(ImageBytes file, std::string_view where) : file_(file), where_(where) {
        read_header();
        if (bits_ <= 8)
            read_palette();
        else
            read_masks();
    }

    Image decode() const {
        const std::uint64_t row = (static_cast<std::uint64_t>(width_) * bits_ + 31) / 32 * 4;
        const std::uint64_t last_row = (static_cast<std::uint64_t>(width_) * bits_ + 7) / 8;
        check(offset_ + row * static_cast<std::uint64_t>(height_ - 1) + last_row <= file_.size(), where_,
              "the BMP ends before its last row, it is truncated");
        Image image = make_image(height_, width_, 3, false, where_);
        unsigned char* into = image.pixels.get();
        for (std::int64_t y = 0; y < height_; ++y) {
            const std::int64_t stored = from_top_ ? y : height_ - 1 - y;
            const std::size_t begin = static_cast<std::size_t>(offset_ + row * static_cast<std::uint64_t>(stored));
            for (std::int64_t x = 0; x < width_; ++x, into += 3) {
                const auto colour = bits_ <= 8 ? from_palette(begin, x) : from_masks(begin, x);
                for (std::size_t c = 0; c < 3; ++c) into[c] = colour[c];
            }
        }
        if (bits_ <= 8) collapse_grey(image);
        return image;
    }

private:
    using Colour = std::array<unsigned char, 3>;

    std::uint32_t little(std::size_t at, std::size_t bytes) const {
        check(at + bytes <= file_.size(), where_, "the BMP ends inside its header, it is truncated");
        std::uint32_t value = 0;
        for (std::size_t i = 0; i < bytes; ++i) value |= std::uint32_t{file_[at + i]} << (8 * i);
        return value;
    }

    void read_header() {
        offset_ = little(10, 4);
        header_ = little(14, 4);
        check(header_ == 12 || (header_ >= 40 && header_ <= 124), where_, "a BMP header of ", header_,
              " bytes is not supported");
        const bool core = header_ == 12;
        width_ = core ? std::int64_t{little(18, 2)} : static_cast<std::int32_t>(little(18, 4));
        height_ = core ? std::int64_t{little(20, 2)} : static_cast<std::int32_t>(little(22, 4));
        from_top_ = height_ < 0;
        if (from_top_) height_ = -height_;
        bits_ = little(core ? 24 : 28, 2);
        compression_ = core ? 0 : little(30, 4);
        const bool masks = compression_ == 3 && (bits_ == 16 || bits_ == 32);
        check(compression_ == 0 || masks, where_, "a compressed BMP (method ", compression_, ") is not supported");
        check(width_ > 0 && height_ > 0, where_, "the BMP declares a size of 0");
        check(bits_ == 1 || bits_ == 4 || bits_ == 8 || bits_ == 16 || bits_ == 24 || bits_ == 32, where_, "a BMP of ",
              bits_, " bits is not supported");
    }

    void read_palette() {
        const std::size_t begin = 14 + header_, entry = header_ == 12 ? 3 : 4;
        std::size_t count = header_ == 12 ? 0 : little(46, 4);
        if (count == 0 || count > std::size_t{1} << bits_) count = std::size_t{1} << bits_;
        for (; colours_ < count && begin + (colours_ + 1) * entry <= offset_; ++colours_)
            for (std::size_t c = 0; c < 3; ++c)
                palette_[colours_][c] = static_cast<unsigned char>(little(begin + colours_ * entry + 2 - c, 1));
    }

    void read_masks() {
        masks_ = bits_ == 16 ? std::array<std::uint32_t, 3>{0x7C00, 0x3E0, 0x1F}
                             : std::array<std::uint32_t, 3>{0xFF0000, 0xFF00, 0xFF};
        if (compression_ == 3)
            for (std::size_t c = 0; c < 3; ++c) masks_[c] = little(54 + 4 * c, 4);
        for (const std::uint32_t mask : masks_) {
            const std::uint32_t ones = mask ? mask >> std::countr_zero(mask) : 0;
            check(ones != 0 && (ones & (ones + 1)) == 0 && ones <= 0xFFFF, where_,
                  "the BMP's colour masks are damaged");
        }
    }

    Colour from_palette(std::size_t row, std::int64_t x) const {
        const auto bit = static_cast<std::size_t>(x) * bits_;
        const unsigned byte = file_[row + bit / 8];
        const unsigned index = byte >> (8 - bits_ - bit % 8) & ((1U << bits_) - 1);
        check(index < colours_, where_, "the BMP's palette has no colour ", index);
        return palette_[index];
    }

    Colour from_masks(std::size_t row, std::int64_t x) const {
        const std::uint32_t value = little(row + static_cast<std::size_t>(x) * bits_ / 8, bits_ / 8);
        Colour out{};
        for (std::size_t c = 0; c < 3; ++c) {
            const int shift = std::countr_zero(masks_[c]);
            const std::uint32_t top = masks_[c] >> shift;
            out[c] = static_cast<unsigned char>((((value & masks_[c]) >> shift) * 255 + top / 2) / top);
        }
        return out;
    }

    ImageBytes file_;
    std::string_view where_;
    std::uint64_t offset_ = 0;
    std::size_t header_ = 0, colours_ = 0;
    std::int64_t width_ = 0, height_ = 0;
    std::uint32_t bits_ = 0, compression_ = 0;
    bool from_top_ = false;
    std::array<Colour, 256> palette_{};
    std::array<std::uint32_t, 3> masks_{};
};

}  // namespace

Image decode_bmp(ImageBytes file, std::string_view where) { return BmpDecoder(file, where).decode(); }

}  // namespace cyclone::data
