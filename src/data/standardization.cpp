#include <cyclone/data/dataset.h>
#include <cyclone/data/standardization.h>

#include <cmath>

#include "data/each_image.h"
#include "data/pixels.h"

namespace cyclone::data {
namespace {

// Sums f(pixel) per channel over all images; one partial sum an image keeps rounding errors small.
template <class T, class F>
void sum_channels(const Dataset& dataset, std::vector<double>& total, F f) {
    const std::int64_t channels = dataset.images.size(3), per_image = dataset.images.shape().numel_between(1, 4);
    std::vector<double> part(total.size());
    for_each_image<T>(dataset, [&](std::int64_t, const T* pixel) {
        part.assign(part.size(), 0.0);
        for (std::int64_t p = 0; p < per_image; p += channels)
            for (std::int64_t c = 0; c < channels; ++c)
                part[static_cast<std::size_t>(c)] += f(static_cast<double>(pixel[p + c]), static_cast<std::size_t>(c));
        for (std::size_t c = 0; c < part.size(); ++c) total[c] += part[c];
    });
}

}  // namespace

Standardization Standardization::fit(const Dataset& dataset) {
    const Tensor& images = dataset.images;
    check(images.rank() == 4 && images.numel() > 0, "Standardization::fit", "expected images (N, H, W, C), got shape ",
          images.shape());
    const auto channels = static_cast<std::size_t>(images.size(3));
    const double count = static_cast<double>(dataset.size() * images.size(1) * images.size(2));
    Standardization out{std::vector<double>(channels), std::vector<double>(channels)};
    visit_pixels(images.dtype(), "Standardization::fit", [&](auto zero) {
        using T = decltype(zero);
        sum_channels<T>(dataset, out.mean, [](double x, std::size_t) { return x; });
        for (double& m : out.mean) m /= count;
        sum_channels<T>(dataset, out.scale,
                        [&](double x, std::size_t c) { return (x - out.mean[c]) * (x - out.mean[c]); });
    });
    for (double& s : out.scale) s = std::sqrt(s / count) + 1e-7;
    return out;
}

}  // namespace cyclone::data
