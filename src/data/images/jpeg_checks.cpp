// Walks the segments of a JPEG file (ITU-T T.81, annex B) before it is decoded: what stb_image takes on trust, and what
// it would leave unwritten.

#include <cyclone/base/error.h>

#include <algorithm>
#include <cstring>
#include <vector>

#include "data/images/image_file.h"

namespace cyclone::data {
namespace {

// A decoder visits every block of a component in every scan of it, however few bits they take: 20 million empty blocks
// take about a second. 7680 x 4320 pixels in the ten scans of usual encoders are 7 million.
constexpr std::int64_t kMostBlocks = 20'000'000;
constexpr std::int64_t kPixelsPerByte = 8 * 8 * 8;  // a block of 8 x 8 pixels takes a bit at least

/// A component of the frame.
struct Component {
    unsigned id = 0, h = 1, v = 1, quantisation = 0;
    std::int64_t across = 0, down = 0;  ///< blocks that hold pixels
    bool has_dc = false;                ///< a scan has its DC coefficients
};

std::int64_t divide_up(std::int64_t a, std::int64_t b) { return (a + b - 1) / b; }

/// Where a segment that defines the frame is none that can be read, what the file is.
const char* other_process(unsigned marker) {
    if (marker == 0xF7) return "JPEG-LS";
    if (marker < 0xC3 || marker > 0xCF || marker == 0xC4 || marker == 0xC8 || marker == 0xCC) return nullptr;
    return marker == 0xC3 ? "lossless JPEG" : marker >= 0xC9 ? "JPEG with arithmetic coding" : "hierarchical JPEG";
}

bool is_adobe(ImageBytes s) {
    constexpr std::string_view kHead = "Adobe";
    return s.size() >= kHead.size() && std::memcmp(s.data(), kHead.data(), kHead.size()) == 0;
}

/// The orientation in an EXIF segment (EXIF 2.3, section 4.6): tag 0x112 of its first directory, 1 upright; 0: none.
unsigned orientation_in(ImageBytes s) {
    constexpr std::string_view kHead("Exif\0\0", 6);
    if (s.size() < 14 || std::memcmp(s.data(), kHead.data(), kHead.size()) != 0) return 0;
    s = s.subspan(kHead.size());
    const bool little = s[0] == 'I';
    const auto number = [&](std::size_t at, std::size_t bytes) {
        std::size_t value = 0;
        for (std::size_t i = 0; i < bytes && at + bytes <= s.size(); ++i)
            value |= std::size_t{s[at + i]} << 8 * (little ? i : bytes - 1 - i);
        return value;
    };
    const std::size_t directory = number(4, 4), entries = number(directory, 2);
    for (std::size_t i = 0; i < entries && directory + 14 + 12 * i <= s.size(); ++i)
        if (const std::size_t entry = directory + 2 + 12 * i; number(entry, 2) == 0x112)
            return static_cast<unsigned>(number(entry + 8, 2));
    return 0;
}

class JpegSegments {
public:
    JpegSegments(ImageBytes file, std::string_view where) : file_(file), where_(where) {}

    // Markers are FF and a byte; what is between segments is skipped, as decoders do. Inside a scan FF 00 is data and
    // FF D0 ... D7 are restarts.
    JpegFrame walk() {
        std::size_t at = 2;
        while (at + 2 <= file_.size()) {
            if (file_[at] != 0xFF) {
                const void* next = std::memchr(file_.data() + at, 0xFF, file_.size() - at);
                if (!next) break;
                at = static_cast<std::size_t>(static_cast<const unsigned char*>(next) - file_.data());
                continue;
            }
            const unsigned marker = file_[at + 1];
            if (marker == 0xFF) {
                ++at;
            } else if (in_scan_ && (marker == 0 || (marker >= 0xD0 && marker <= 0xD7))) {
                restarts_ += marker != 0;
                at += 2;
            } else if (marker == 0xD9) {
                end_scan();
                return whole_frame();
            } else {
                if (at + 4 > file_.size()) break;
                const std::size_t length = std::size_t{file_[at + 2]} << 8 | file_[at + 3];
                need(length >= 2, "a segment of the JPEG has an impossible length");
                end_scan();
                read(marker, file_.subspan(at + 4, std::min(length - 2, file_.size() - at - 4)));
                at += 2 + length;
            }
        }
        fail(where_, "the JPEG ends before its end marker, it is truncated");
    }

private:
    void need(bool ok, const char* text) const { check(ok, where_, text, ", the file is damaged"); }

    void read(unsigned marker, ImageBytes segment) {
        const char* other = other_process(marker);
        check(!other, where_, "is a ", other ? other : "",
              ", which is not supported (hint: save it as a PNG or an ordinary JPEG)");
        if (marker >= 0xC0 && marker <= 0xC2) read_frame(segment, marker == 0xC2);
        if (marker == 0xC4) read_huffman(segment);
        if (marker == 0xDA) read_scan(segment);
        if (marker == 0xDB) read_quantisation(segment);
        if (marker == 0xEE) adobe_ = adobe_ || is_adobe(segment);
        if (marker == 0xE1) turned_ = turned_ || orientation_in(segment) > 1;
        if (marker == 0xDD) {
            need(segment.size() == 2, "the restart interval of the JPEG is broken");
            interval_ = std::int64_t{segment[0]} << 8 | segment[1];
        }
    }

    // Precision, height, width, count of components; id, sampling and quantisation table of each (B.2.2).
    void read_frame(ImageBytes s, bool progressive) {
        need(frame_.empty(), "the JPEG has two frames");
        need(s.size() >= 6 && s.size() == 6 + std::size_t{3} * s[5], "the frame of the JPEG has an impossible size");
        check(s[0] == 8, where_, "a JPEG of ", int{s[0]}, " bits is not supported, expected 8");
        height_ = std::int64_t{s[1]} << 8 | s[2];
        width_ = std::int64_t{s[3]} << 8 | s[4];
        check(height_ > 0 && width_ > 0, where_, "the JPEG declares a size of 0 or none yet, which is not supported");
        check(s[5] == 1 || s[5] == 3 || s[5] == 4, where_, "a JPEG of ", int{s[5]},
              " components is not supported, expected 1, 3 or 4");
        check(height_ * width_ <= static_cast<std::int64_t>(file_.size()) * kPixelsPerByte, where_, "the JPEG claims ",
              height_, " x ", width_, " pixels, more than its ", file_.size(), " bytes can hold, the file is damaged");
        progressive_ = progressive;
        for (std::size_t i = 6; i < s.size(); i += 3) {
            const unsigned sampling = s[i + 1];
            const Component c{.id = s[i], .h = sampling >> 4, .v = sampling & 15, .quantisation = s[i + 2]};
            need(c.h >= 1 && c.h <= 4 && c.v >= 1 && c.v <= 4, "a component of the JPEG has an impossible sampling");
            need(c.quantisation <= 3, "a component of the JPEG uses an impossible quantisation table");
            check(component(c.id) == nullptr, where_,
                  "two components of the JPEG have the same number, which is not supported");
            frame_.push_back(c);
            h_ = std::max(h_, c.h);
            v_ = std::max(v_, c.v);
        }
        for (Component& c : frame_) {
            check(h_ % c.h == 0 && v_ % c.v == 0, where_, "the sampling of the JPEG's components is not supported");
            c.across = divide_up(divide_up(width_ * c.h, h_), 8);
            c.down = divide_up(divide_up(height_ * c.v, v_), 8);
        }
    }

    // Class and number of a table, 16 counts of codes by length, the symbols; the next table (B.2.4.2). Older versions
    // of stb_image write past the end of one that is too large.
    void read_huffman(ImageBytes segment) {
        constexpr std::size_t kHead = 17, kMostCodes = 256;
        while (!segment.empty()) {
            std::size_t codes = 0;
            for (std::size_t i = 1; i < kHead && i < segment.size(); ++i) codes += segment[i];
            need(segment.size() >= kHead && codes <= kMostCodes && codes <= segment.size() - kHead,
                 "a Huffman table of the JPEG has an impossible size");
            huffman_ |= 1U << (segment[0] & 31);
            segment = segment.subspan(kHead + codes);
        }
    }

    // Precision and number of a table, 64 values of 1 or 2 bytes; the next table (B.2.4.1).
    void read_quantisation(ImageBytes segment) {
        while (!segment.empty()) {
            const std::size_t bytes = 1 + (segment[0] >> 4 ? std::size_t{128} : 64);
            need(segment.size() >= bytes, "a quantisation table of the JPEG has an impossible size");
            quantisation_ |= 1U << (segment[0] & 15);
            segment = segment.subspan(bytes);
        }
    }

    // Count of components; id and tables (DC << 4 | AC) of each; first and last coefficient, approximation (B.2.3).
    void read_scan(ImageBytes s) {
        check(
            frame_.size() != 4 || adobe_, where_,
            "a JPEG of 4 components that does not say what they are (an Adobe marker) is not supported (hint: save it "
            "in RGB)");
        need(!frame_.empty(), "a scan of the JPEG comes before its frame");
        const std::size_t count = s.empty() ? 0 : s[0];
        need(count >= 1 && count <= frame_.size() && s.size() == 4 + 2 * count,
             "a scan of the JPEG has an impossible size");
        check(
            huffman_ != 0, where_,
            "the JPEG has no Huffman tables, as a frame of a motion JPEG video has, which is not supported (hint: let "
            "the video program save its frames as PNG)");
        const bool dc = s[1 + 2 * count] == 0, first = s[3 + 2 * count] >> 4 == 0;
        std::int64_t units = 0;  // what a restart interval counts: blocks of one component, or of all
        for (std::size_t i = 0; i < count; ++i) {
            Component* c = component(s[1 + 2 * i]);
            need(c != nullptr, "a scan of the JPEG is of a component that is not there");
            need((quantisation_ >> c->quantisation & 1U) != 0,
                 "a component of the JPEG uses a quantisation table that is not there");
            const unsigned tables = s[2 + 2 * i];
            const bool needs_dc = !progressive_ || (dc && first), needs_ac = !progressive_ || !dc;
            need((!needs_dc || has_huffman(tables >> 4)) && (!needs_ac || has_huffman(16 | (tables & 15))),
                 "a scan of the JPEG uses a Huffman table that is not there");
            c->has_dc = c->has_dc || needs_dc;
            if (count == 1) blocks_ += units = c->across * c->down;
        }
        if (count > 1) {
            units = divide_up(width_, 8 * h_) * divide_up(height_, 8 * v_);
            for (std::size_t i = 0; i < count; ++i) {
                const Component& c = *component(s[1 + 2 * i]);
                blocks_ += units * c.h * c.v;
            }
        }
        check(blocks_ <= kMostBlocks, where_, "the scans of the JPEG have more than ", kMostBlocks / 1'000'000,
              " million blocks together (hint: save it again with fewer scans, or as a PNG)");
        in_scan_ = true;
        restarts_ = 0;
        needed_restarts_ = interval_ > 0 ? (units - 1) / interval_ : 0;
    }

    // A decoder stops where a restart is missing, and the rest stays unwritten.
    void end_scan() {
        need(!in_scan_ || restarts_ >= needed_restarts_, "a scan of the JPEG ends before its last block");
        in_scan_ = false;
    }

    JpegFrame whole_frame() const {
        check(!frame_.empty(), where_, "the JPEG has no image data");
        JpegFrame out{height_, width_, frame_.size() == 1 ? 1 : 3, 0, turned_};
        const std::int64_t across = divide_up(width_, 8 * h_), down = divide_up(height_, 8 * v_);
        std::int64_t samples = 0;
        for (const Component& c : frame_) {
            need(c.has_dc, "a component of the JPEG has no scan");
            samples += across * c.h * down * c.v * 64;
        }
        // Samples, coefficients of two bytes, a row of each component, the pixels.
        out.decoder_bytes =
            static_cast<std::uint64_t>(samples * (progressive_ ? 3 : 1) + 4 * width_ + height_ * width_ * out.channels);
        return out;
    }

    Component* component(unsigned id) {
        const auto at = std::find_if(frame_.begin(), frame_.end(), [&](const Component& c) { return c.id == id; });
        return at == frame_.end() ? nullptr : &*at;
    }
    bool has_huffman(unsigned table) const { return (huffman_ >> table & 1U) != 0; }

    ImageBytes file_;
    std::string_view where_;
    std::vector<Component> frame_;
    std::int64_t height_ = 0, width_ = 0, interval_ = 0, blocks_ = 0, restarts_ = 0, needed_restarts_ = 0;
    unsigned h_ = 1, v_ = 1;                        // the largest sampling
    std::uint32_t huffman_ = 0, quantisation_ = 0;  // bit: class << 4 | number of a table; number of a table
    bool in_scan_ = false, progressive_ = false, turned_ = false;
    bool adobe_ = false;  // a segment says whether four components are CMYK or YCCK
};

}  // namespace

JpegFrame check_jpeg(ImageBytes file, std::string_view where) { return JpegSegments(file, where).walk(); }

}  // namespace cyclone::data
