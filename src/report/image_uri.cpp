// Images as data URIs.
#include "report/image_uri.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "report/html.h"

namespace cyclone::report {
namespace {

constexpr std::int64_t kLargestSide = 48;  // keeps a page of a hundred pictures small

// Mean of the pixels of one cell of the picture.
struct Image {
    std::vector<double> pixels;
    std::int64_t height, width, channels;

    double mean(std::int64_t y0, std::int64_t y1, std::int64_t x0, std::int64_t x1, std::int64_t c) const {
        double sum = 0;
        for (std::int64_t y = y0; y < y1; ++y)
            for (std::int64_t x = x0; x < x1; ++x)
                sum += pixels[static_cast<std::size_t>((y * width + x) * channels + c)];
        return sum / static_cast<double>((y1 - y0) * (x1 - x0));
    }
};

Image read_image(const data::Dataset& dataset, std::int64_t index) {
    const Shape shape = dataset.image_shape();
    const Tensor row = dataset.image(index);
    Image image{{}, shape[0], shape[1], shape[2]};
    visit_dtype(row.dtype(), [&](auto zero) {
        for (const auto value : row.values<decltype(zero)>()) image.pixels.push_back(static_cast<double>(value));
    });
    return image;
}

}  // namespace

std::string image_data_uri(const data::Dataset& dataset, std::int64_t index) {
    const Image image = read_image(dataset, index);
    const std::int64_t height = std::min(image.height, kLargestSide), width = std::min(image.width, kLargestSide);
    const std::int64_t channels = image.channels == 3 ? 3 : 1;
    std::vector<double> values;
    for (std::int64_t y = 0; y < height; ++y)
        for (std::int64_t x = 0; x < width; ++x)
            for (std::int64_t c = 0; c < channels; ++c)
                values.push_back(image.mean(y * image.height / height, (y + 1) * image.height / height,
                                            x * image.width / width, (x + 1) * image.width / width, c));
    const auto [low, high] = std::minmax_element(values.begin(), values.end());
    const double dark = *low, range = std::max(*high - *low, std::numeric_limits<double>::min());
    std::vector<std::uint8_t> bytes;
    bytes.reserve(values.size());
    for (const double value : values)
        bytes.push_back(static_cast<std::uint8_t>(std::lround(255 * (value - dark) / range)));
    return "data:image/png;base64," +
           base64(png_file(static_cast<std::uint32_t>(width), static_cast<std::uint32_t>(height),
                           static_cast<int>(channels), bytes));
}

}  // namespace cyclone::report
