// Memory for decoded images, which kind of file this is, and the choice of the decoder.

#include "data/images/image_file.h"

#include <cyclone/base/error.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdlib>
#include <cstring>

namespace cyclone::data {
namespace {

using namespace std::string_view_literals;

/// Files that other programs show as images, by the bytes at a place.
struct OtherKind {
    std::size_t at;
    std::string_view signature;
    const char* name;
};
constexpr std::array kOtherKinds{
    OtherKind{0, "II*\0"sv, "a TIFF image"},
    OtherKind{0, "MM\0*"sv, "a TIFF image"},
    OtherKind{0, "II+\0"sv, "a TIFF image"},
    OtherKind{0, "MM\0+"sv, "a TIFF image"},
    OtherKind{0, "GIF8"sv, "a GIF image"},
    OtherKind{8, "WEBP"sv, "a WebP image"},
    OtherKind{4, "ftypavi"sv, "an AVIF image"},
    OtherKind{4, "ftyphe"sv, "a HEIC image"},
    OtherKind{4, "ftypmif1"sv, "a HEIC image"},
    OtherKind{4, "ftyp"sv, "a video"},
    OtherKind{8, "AVI "sv, "a video"},
    OtherKind{0, "\0\0\0\x0CjP  "sv, "a JPEG 2000 image"},
    OtherKind{0, "\xFF\x4F\xFF\x51"sv, "a JPEG 2000 image"},
    OtherKind{0, "\0\0\0\x0CJXL "sv, "a JPEG XL image"},
    OtherKind{0, "\xFF\x0A"sv, "a JPEG XL image"},
    OtherKind{128, "DICM"sv, "a DICOM image"},
    OtherKind{0, "P7\n"sv, "a PAM image"},
    OtherKind{0, "PF\n"sv, "a PFM image"},
    OtherKind{0, "Pf\n"sv, "a PFM image"},
    OtherKind{0, "8BPS"sv, "a Photoshop image"},
    OtherKind{0, "v/1\x01"sv, "an OpenEXR image"},
    OtherKind{0, "#?RADIANCE"sv, "a Radiance image"},
    OtherKind{0, "DDS "sv, "a DDS image"},
    OtherKind{0, "%PDF"sv, "a PDF document"},
};

constexpr std::array kEndings{".png"sv,   ".jpg"sv,  ".jpeg"sv, ".jpe"sv,  ".jfif"sv, ".bmp"sv, ".dib"sv,  ".pgm"sv,
                              ".ppm"sv,   ".pnm"sv,  ".pbm"sv,  ".pam"sv,  ".pfm"sv,  ".tif"sv, ".tiff"sv, ".gif"sv,
                              ".webp"sv,  ".avif"sv, ".heic"sv, ".heif"sv, ".jp2"sv,  ".j2k"sv, ".jxl"sv,  ".dcm"sv,
                              ".dicom"sv, ".psd"sv,  ".exr"sv,  ".hdr"sv,  ".dds"sv,  ".tga"sv, ".ico"sv,  ".svg"sv,
                              ".dng"sv,   ".nef"sv,  ".cr2"sv,  ".arw"sv};

bool begins_as_text(ImageBytes file) {
    const ImageBytes start = file.first(std::min<std::size_t>(file.size(), 64));
    return std::all_of(start.begin(), start.end(),
                       [](unsigned char c) { return (c >= ' ' && c != 127) || c == '\n' || c == '\r' || c == '\t'; });
}

}  // namespace

ImageFormat format_of(ImageBytes file) {
    const auto begins = [&](std::string_view signature) {
        return file.size() >= signature.size() && std::memcmp(file.data(), signature.data(), signature.size()) == 0;
    };
    if (begins("\x89PNG\r\n\x1A\n"sv)) return ImageFormat::png;
    if (begins("\xFF\xD8\xFF"sv)) return ImageFormat::jpeg;
    if (file.size() >= 26 && begins("BM"sv)) return ImageFormat::bmp;
    const bool digit = file.size() >= 3 && file[0] == 'P' && file[1] >= '1' && file[1] <= '6';
    if (digit && (file[2] == ' ' || file[2] == '\n' || file[2] == '\r' || file[2] == '\t' || file[2] == '#'))
        return ImageFormat::pnm;
    return ImageFormat::none;
}

std::string other_kind_of(ImageBytes file) {
    for (const OtherKind& kind : kOtherKinds)
        if (file.size() >= kind.at + kind.signature.size() &&
            std::memcmp(file.data() + kind.at, kind.signature.data(), kind.signature.size()) == 0)
            return kind.name;
    return "";
}

bool called_like_an_image(const std::filesystem::path& path) {
    std::string ending = path.extension().string();
    std::transform(ending.begin(), ending.end(), ending.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return std::find(kEndings.begin(), kEndings.end(), ending) != kEndings.end();
}

void check_pixel_bytes(std::int64_t height, std::int64_t width, std::int64_t pixel_bytes, std::string_view where) {
    const auto most = static_cast<std::int64_t>(kMostPixelBytes);
    check(height > 0 && width > 0 && width <= most / pixel_bytes && height <= most / pixel_bytes / width, where,
          "expected an image of at most ", kMostPixelBytes >> 20, " MB of pixels, got ", height, " x ", width);
}

Image make_image(std::int64_t height, std::int64_t width, std::int64_t channels, bool wide, std::string_view where) {
    check_pixel_bytes(height, width, channels * (wide ? 2 : 1), where);
    Image out{height, width, channels, wide, nullptr};
    out.pixels.reset(static_cast<unsigned char*>(std::malloc(out.bytes())));
    check(out.pixels != nullptr, where, "no memory for an image of ", height, " x ", width);
    return out;
}

void FreePixels::operator()(unsigned char* pixels) const { std::free(pixels); }

void collapse_grey(Image& image) {
    unsigned char* values = image.pixels.get();
    const std::int64_t pixels = image.height * image.width;
    for (std::int64_t i = 0; i < pixels; ++i)
        if (values[3 * i] != values[3 * i + 1] || values[3 * i] != values[3 * i + 2]) return;
    for (std::int64_t i = 0; i < pixels; ++i) values[i] = values[3 * i];
    image.channels = 1;
}

Image decode_image(ImageBytes file, std::string_view where) {
    check(file.size() <= kMostFileBytes, where, "expected an image file of at most ", kMostFileBytes >> 20, " MB, got ",
          file.size(), " bytes");
    switch (format_of(file)) {
        case ImageFormat::png:
            return decode_png(file, where);
        case ImageFormat::jpeg:
            return decode_jpeg(file, where);
        case ImageFormat::bmp:
            return decode_bmp(file, where);
        case ImageFormat::pnm:
            return decode_pnm(file, where);
        case ImageFormat::none:
            break;
    }
    const std::string kind = other_kind_of(file);
    fail(where, kExpectedImage,
         file.empty()           ? "an empty file"
         : !kind.empty()        ? kind
         : begins_as_text(file) ? "text"
                                : "an unrecognised signature");
}

}  // namespace cyclone::data
