// Fitting a standardisation.

#include <cyclone/data/pixel_store.h>
#include <cyclone/data/pixels.h>
#include <cyclone/data/standardization.h>

#include <cmath>

namespace cyclone::data {
namespace {

// Sums f(pixel) per channel over all images; one partial sum per image keeps rounding errors small.
template <class T, class F>
void sum_channels(const PixelStore& images, std::vector<double>& total, F f) {
    const std::int64_t channels = images.size(3), per_image = images.shape().numel_between(1, 4);
    std::vector<double> part(total.size());
    images.visit([&](std::int64_t, const void* pixels) {
        const T* pixel = static_cast<const T*>(pixels);
        part.assign(part.size(), 0.0);
        for (std::int64_t p = 0; p < per_image; p += channels)
            for (std::int64_t c = 0; c < channels; ++c)
                part[static_cast<std::size_t>(c)] += f(static_cast<double>(pixel[p + c]), static_cast<std::size_t>(c));
        for (std::size_t c = 0; c < part.size(); ++c) total[c] += part[c];
    });
}

}  // namespace

Standardization Standardization::fit(const PixelStore& images) {
    const char* where = "Standardization::fit";
    check(images.defined(), where, "expected images, got none");
    check(images.rank() == 4 && images.numel() > 0, where, "expected images (N, H, W, C), got shape ", images.shape());
    const auto channels = static_cast<std::size_t>(images.size(3));
    const double count = static_cast<double>(images.size(0) * images.size(1) * images.size(2));
    Standardization out{std::vector<double>(channels), std::vector<double>(channels)};
    visit_pixels(images.dtype(), where, [&](auto zero) {
        using T = decltype(zero);
        sum_channels<T>(images, out.mean, [](double x, std::size_t) { return x; });
        for (double& m : out.mean) m /= count;
        sum_channels<T>(images, out.scale,
                        [&](double x, std::size_t c) { return (x - out.mean[c]) * (x - out.mean[c]); });
    });
    for (double& s : out.scale) s = std::sqrt(s / count) + 1e-7;
    return out;
}

}  // namespace cyclone::data
