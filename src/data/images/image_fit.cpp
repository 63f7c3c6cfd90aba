// Resize, crop and pad.

#include "data/images/image_fit.h"

#include <cyclone/base/error.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

namespace cyclone::data {
namespace {

// Output pixel i is the sum over k of weights[i * most + k] * input[first[i] + k].
struct Weights {
    std::vector<std::int64_t> first, count;
    std::vector<float> weights;
    std::int64_t most = 0;
};

// The triangle filter, as wide as an output pixel where it shrinks: linear interpolation that averages.
Weights triangle_weights(std::int64_t from, std::int64_t to) {
    const double scale = static_cast<double>(from) / static_cast<double>(to), radius = std::max(scale, 1.0);
    Weights out;
    out.most = static_cast<std::int64_t>(std::ceil(radius)) * 2 + 1;
    out.weights.resize(static_cast<std::size_t>(to * out.most));
    for (std::int64_t i = 0; i < to; ++i) {
        const double centre = (static_cast<double>(i) + 0.5) * scale;
        const auto begin = std::max<std::int64_t>(0, static_cast<std::int64_t>(std::floor(centre - radius + 0.5)));
        const auto end = std::min<std::int64_t>(from, static_cast<std::int64_t>(std::floor(centre + radius + 0.5)));
        double sum = 0;
        std::vector<double> row;
        for (std::int64_t j = begin; j < end; ++j) {
            row.push_back(std::max(0.0, 1 - std::abs((static_cast<double>(j) + 0.5 - centre) / radius)));
            sum += row.back();
        }
        for (std::size_t k = 0; k < row.size(); ++k)
            out.weights[static_cast<std::size_t>(i * out.most) + k] = static_cast<float>(row[k] / sum);
        out.first.push_back(begin);
        out.count.push_back(end - begin);
    }
    return out;
}

template <class T>
Image resize(const Image& image, std::int64_t height, std::int64_t width, std::string_view where) {
    const Weights columns = triangle_weights(image.width, width), rows = triangle_weights(image.height, height);
    Image out = make_image(height, width, image.channels, image.wide, where);
    const T* from = reinterpret_cast<const T*>(image.pixels.get());
    T* into = reinterpret_cast<T*>(out.pixels.get());
    const std::int64_t channels = image.channels, line = image.width * channels;
    std::vector<float> sums(static_cast<std::size_t>(line));
    for (std::int64_t y = 0; y < height; ++y) {  // one output row: the rows above each other, then along the row
        std::fill(sums.begin(), sums.end(), 0.0F);
        for (std::int64_t k = 0; k < rows.count[static_cast<std::size_t>(y)]; ++k) {
            const float weight = rows.weights[static_cast<std::size_t>(y * rows.most + k)];
            const T* row = from + (rows.first[static_cast<std::size_t>(y)] + k) * line;
            for (std::int64_t i = 0; i < line; ++i)
                sums[static_cast<std::size_t>(i)] += weight * static_cast<float>(row[i]);
        }
        for (std::int64_t x = 0; x < width; ++x)
            for (std::int64_t c = 0; c < channels; ++c) {
                float sum = 0;
                for (std::int64_t k = 0; k < columns.count[static_cast<std::size_t>(x)]; ++k)
                    sum +=
                        columns.weights[static_cast<std::size_t>(x * columns.most + k)] *
                        sums[static_cast<std::size_t>((columns.first[static_cast<std::size_t>(x)] + k) * channels + c)];
                const float top = sizeof(T) == 1 ? 255.0F : 65535.0F;
                *into++ = static_cast<T>(std::clamp(sum + 0.5F, 0.0F, top));
            }
    }
    return out;
}

// Copies the overlap of the two, their middles on each other.
Image place(const Image& image, std::int64_t height, std::int64_t width, std::string_view where) {
    Image out = make_image(height, width, image.channels, image.wide, where);
    std::memset(out.pixels.get(), 0, out.bytes());
    const std::int64_t pixel = image.channels * (image.wide ? 2 : 1);
    const std::int64_t rows = std::min(height, image.height), columns = std::min(width, image.width);
    const std::int64_t from_y = (image.height - rows) / 2, from_x = (image.width - columns) / 2;
    const std::int64_t into_y = (height - rows) / 2, into_x = (width - columns) / 2;
    for (std::int64_t y = 0; y < rows; ++y)
        std::memcpy(out.pixels.get() + ((into_y + y) * width + into_x) * pixel,
                    image.pixels.get() + ((from_y + y) * image.width + from_x) * pixel,
                    static_cast<std::size_t>(columns * pixel));
    return out;
}

}  // namespace

Image fit_image(Image image, ImageFit fit, std::int64_t height, std::int64_t width, std::string_view where) {
    if (height == image.height && width == image.width) return image;
    switch (fit) {
        case ImageFit::resize:
            return image.wide ? resize<std::uint16_t>(image, height, width, where)
                              : resize<unsigned char>(image, height, width, where);
        case ImageFit::crop:
            check(image.height >= height && image.width >= width, where, "the image of ", image.height, " x ",
                  image.width, " is smaller than the crop of ", height, " x ", width);
            return place(image, height, width, where);
        case ImageFit::pad:
            check(image.height <= height && image.width <= width, where, "the image of ", image.height, " x ",
                  image.width, " is larger than the padded size of ", height, " x ", width);
            return place(image, height, width, where);
        case ImageFit::exact:
            break;
    }
    return image;  // the caller compares sizes, it can name another file
}

}  // namespace cyclone::data
