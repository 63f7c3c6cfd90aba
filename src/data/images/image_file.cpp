// Memory for decoded images, and the choice of the decoder.

#include "data/images/image_file.h"

#include <cyclone/base/error.h>

#include <cstdlib>

namespace cyclone::data {

Image make_image(std::int64_t height, std::int64_t width, std::int64_t channels, bool wide, std::string_view where) {
    const auto most = static_cast<std::int64_t>(kMostPixelBytes);
    const std::int64_t pixel = channels * (wide ? 2 : 1);
    check(height > 0 && width > 0 && width <= most / pixel && height <= most / pixel / width, where,
          "expected an image of at most ", kMostPixelBytes >> 20, " MB of pixels, got ", height, " x ", width);
    Image out{height, width, channels, wide, nullptr};
    // The same room in front as stb_decoder.cpp keeps, so that one deleter fits both.
    auto* block = static_cast<unsigned char*>(std::malloc(out.bytes() + 16));
    check(block != nullptr, where, "no memory for an image of ", height, " x ", width);
    out.pixels.reset(block + 16);
    return out;
}

void FreePixels::operator()(unsigned char* pixels) const { std::free(pixels - 16); }

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
            check_png(file, where);
            return decode_with_stb(file, where);
        case ImageFormat::jpeg:
            check_jpeg(file, where);
            return decode_with_stb(file, where);
        case ImageFormat::bmp:
            return decode_bmp(file, where);
        case ImageFormat::pnm:
            return decode_pnm(file, where);
        case ImageFormat::none:
            break;
    }
    fail(where, file.empty() ? "expected an image, got an empty file"
                             : "expected a PNG, JPEG, BMP, PGM or PPM image, got an unrecognised signature");
}

}  // namespace cyclone::data
