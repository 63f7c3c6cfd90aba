// PGM and PPM, plain and binary (netpbm.sourceforge.net/doc/pnm.html). stb_image neither scales by the maximum nor
// notices missing pixels.

#include <cyclone/base/error.h>

#include "data/images/image_file.h"

namespace cyclone::data {
namespace {

class PnmReader {
public:
    PnmReader(ImageBytes file, std::string_view where) : file_(file), where_(where) {}

    /// The next number of at most `most`, after white space and comments.
    std::uint32_t number(std::uint32_t most) {
        skip_space();
        check(at_ < file_.size() && is_digit(file_[at_]), where_,
              at_ < file_.size() ? "expected a number in the PNM file, it is damaged" : "the PNM file is truncated");
        std::uint32_t value = 0;
        for (; at_ < file_.size() && is_digit(file_[at_]); ++at_) {
            value = value * 10 + (file_[at_] - '0');
            check(value <= most, where_, "expected a number up to ", most, " in the PNM file");
        }
        return value;
    }
    void single_space() {
        check(at_ < file_.size() && is_space(file_[at_]), where_, "the PNM header is damaged");
        ++at_;
    }
    std::size_t left() const { return file_.size() - at_; }
    unsigned byte() { return file_[at_++]; }

private:
    static bool is_digit(unsigned char c) { return c >= '0' && c <= '9'; }
    static bool is_space(unsigned char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
    void skip_space() {
        for (; at_ < file_.size() && (is_space(file_[at_]) || file_[at_] == '#'); ++at_)
            if (file_[at_] == '#')
                while (at_ + 1 < file_.size() && file_[at_] != '\n') ++at_;
    }

    ImageBytes file_;
    std::string_view where_;
    std::size_t at_ = 2;
};

}  // namespace

Image decode_pnm(ImageBytes file, std::string_view where) {
    const unsigned char kind = file[1];
    check(kind != '1' && kind != '4', where, "a PBM bitmap is not supported (hint: PGM or PNG)");
    const bool plain = kind <= '3';
    PnmReader reader(file, where);
    const std::uint32_t width = reader.number(1U << 24), height = reader.number(1U << 24);
    const std::uint32_t maximum = reader.number(65535);
    check(width > 0 && height > 0 && maximum > 0, where, "the PNM file declares a size or maximum of 0");
    reader.single_space();
    const bool wide = maximum > 255;
    const std::uint64_t values = std::uint64_t{width} * height * (kind == '3' || kind == '6' ? 3 : 1);
    check(values * (wide || plain ? 2 : 1) <= reader.left() + (plain ? 1 : 0), where,
          "the PNM file ends before its last pixel, it is truncated");
    Image image = make_image(height, width, kind == '3' || kind == '6' ? 3 : 1, wide, where);
    const std::uint32_t top = wide ? 65535 : 255;
    for (std::size_t i = 0; i < image.values(); ++i) {
        std::uint32_t value = plain ? reader.number(65535) : reader.byte();
        if (!plain && wide) value = value << 8 | reader.byte();
        check(value <= maximum, where, "a pixel is above the PNM file's maximum");
        if (maximum != top) value = (value * top + maximum / 2) / maximum;
        if (wide)
            reinterpret_cast<std::uint16_t*>(image.pixels.get())[i] = static_cast<std::uint16_t>(value);
        else
            image.pixels.get()[i] = static_cast<unsigned char>(value);
    }
    return image;
}

}  // namespace cyclone::data
