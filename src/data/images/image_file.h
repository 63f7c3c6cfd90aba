#pragma once
// One image file in memory: checks and decoding.

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace cyclone::data {

using ImageBytes = std::span<const unsigned char>;

enum class ImageFormat { none, png, jpeg, bmp, pnm };

/// By the first bytes.
ImageFormat format_of(ImageBytes file);
/// What these first bytes (128 and more) are instead: "a TIFF image", "text", ...; empty: unknown.
std::string other_kind_of(ImageBytes file);
/// Whether the name ends like that of an image, also of one that is not read here: .png, .TIFF.
bool called_like_an_image(const std::filesystem::path& path);

struct FreePixels {
    void operator()(unsigned char* pixels) const;
};

/// Decoded pixels, row by row, channels innermost; 16-bit values in the machine's byte order.
struct Image {
    std::int64_t height = 0, width = 0, channels = 0;
    bool wide = false;  ///< 16 bits a value
    std::unique_ptr<unsigned char, FreePixels> pixels;
    bool turned =
        false;  ///< the file says that the picture lies on its side or is mirrored (EXIF), which is not applied

    std::size_t values() const { return static_cast<std::size_t>(height * width * channels); }
    std::size_t bytes() const { return values() * (wide ? 2 : 1); }
};

constexpr std::size_t kMostFileBytes = std::size_t{48} << 20;
constexpr std::size_t kMostPixelBytes = std::size_t{96} << 20;

/// How the Error of decode_image() for a file of another kind begins.
constexpr std::string_view kExpectedImage = "expected a PNG, JPEG, BMP, PGM or PPM image, got ";

/// Errors: pixels of more than kMostPixelBytes.
void check_pixel_bytes(std::int64_t height, std::int64_t width, std::int64_t pixel_bytes, std::string_view where);

/// An image of these dimensions with undefined pixels. Errors: more than kMostPixelBytes.
Image make_image(std::int64_t height, std::int64_t width, std::int64_t channels, bool wide, std::string_view where);

/// Where R = G = B everywhere, one channel is kept; for 8 bits.
void collapse_grey(Image& image);

/// Decodes a whole file to 1 or 3 channels. Errors name `where`; no message holds bytes of the file.
Image decode_image(ImageBytes file, std::string_view where);

// The steps, by format.
Image decode_png(ImageBytes file, std::string_view where);
Image decode_jpeg(ImageBytes file, std::string_view where);
Image decode_bmp(ImageBytes file, std::string_view where);
Image decode_pnm(ImageBytes file, std::string_view where);

/// What a JPEG's segments say.
struct JpegFrame {
    std::int64_t height = 0, width = 0;
    std::int64_t channels = 0;        ///< of the pixels: 1 or 3
    std::uint64_t decoder_bytes = 0;  ///< memory that stb_image takes for it
    bool turned = false;              ///< see Image
};
/// Errors: what stb_image does not read or takes on trust.
JpegFrame check_jpeg(ImageBytes file, std::string_view where);

}  // namespace cyclone::data
