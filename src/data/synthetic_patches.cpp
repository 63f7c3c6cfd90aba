// Patches that look like pieces of a mammogram.

#include <cyclone/base/threads.h>
#include <cyclone/data/synthetic.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <vector>

#include "data/draws.h"

namespace cyclone::data {
namespace {

constexpr std::uint64_t kPatchStream = std::uint64_t{0x9A7C} << 48;  // plus class * 2^40 plus the patch's number

// Brightness in units of a 16-bit pixel.
constexpr double kBrightness = 20'000, kBrightnessSpread = 500;
constexpr double kTissue = 1'000;  // standard deviation of the coarsest scale; each finer one has half of it
constexpr double kGrain = 400;
constexpr double kSpot = 3'050;  // mean height of a micro-calcification

class Patch {
public:
    explicit Patch(std::int64_t size) : size_(size), pixels_(static_cast<std::size_t>(size * size)) {}

    void draw(Draws& draws, bool positive, double difficulty) {
        background(draws);
        if (draws.chance(0.15)) blob(draws);
        if (draws.chance(0.15)) line(draws);
        if (draws.chance(0.10)) hot_pixel(draws);
        if (positive) cluster(draws, difficulty);
    }

    void store(std::uint16_t* out) const {
        for (const float v : pixels_) *out++ = static_cast<std::uint16_t>(std::clamp(v, 0.0F, 65'535.0F));
    }

private:
    float& at(std::int64_t row, std::int64_t column) { return pixels_[static_cast<std::size_t>(row * size_ + column)]; }
    double side() const { return static_cast<double>(size_); }

    // Grain, brightness, and tissue at three scales, all but the brightness under a common gain.
    void background(Draws& draws) {
        const double gain = std::exp(0.25 * draws.normal());
        const auto brightness = static_cast<float>(kBrightness + kBrightnessSpread * draws.normal());
        draws.fill_noise(pixels_.data(), pixels_.size());
        for (float& v : pixels_) v = brightness + static_cast<float>(gain * kGrain) * v;
        double height = gain * kTissue;
        for (std::int64_t cells = 2; cells <= 8; cells *= 2, height /= 2)
            tissue(draws, cells, static_cast<float>(height));
    }

    // Adds noise on a grid of cells x cells squares, interpolated linearly between their corners.
    void tissue(Draws& draws, std::int64_t cells, float height) {
        corners_.resize(static_cast<std::size_t>((cells + 1) * (cells + 1)));
        draws.fill_noise(corners_.data(), corners_.size());
        const float step = static_cast<float>(cells) / static_cast<float>(size_);
        for (std::int64_t row = 0; row < size_; ++row) {
            const float y = (static_cast<float>(row) + 0.5F) * step;
            const float* above = corners_.data() + static_cast<std::int64_t>(y) * (cells + 1);
            const float* below = above + cells + 1;
            const float v = y - std::floor(y);
            for (std::int64_t column = 0; column < size_; ++column) {
                const float x = (static_cast<float>(column) + 0.5F) * step;
                const auto left = static_cast<std::int64_t>(x);
                const float u = x - static_cast<float>(left);
                at(row, column) += height * ((1 - v) * ((1 - u) * above[left] + u * above[left + 1]) +
                                             v * ((1 - u) * below[left] + u * below[left + 1]));
            }
        }
    }

    // Adds a Gaussian bump; (y, x) in pixels from the upper left corner.
    void bump(double y, double x, double sigma, double height) {
        const double reach = 3.5 * sigma;
        const auto low = [](double v) { return std::max<std::int64_t>(0, static_cast<std::int64_t>(std::floor(v))); };
        const auto high = [&](double v) { return std::min(size_ - 1, static_cast<std::int64_t>(std::ceil(v))); };
        for (std::int64_t row = low(y - reach); row <= high(y + reach); ++row)
            for (std::int64_t column = low(x - reach); column <= high(x + reach); ++column) {
                const double dy = static_cast<double>(row) + 0.5 - y, dx = static_cast<double>(column) + 0.5 - x;
                at(row, column) += static_cast<float>(height * std::exp(-(dy * dy + dx * dx) / (2 * sigma * sigma)));
            }
    }

    void cluster(Draws& draws, double difficulty) {
        const double margin = 5.5, radius = 4.0;
        const double y = draws.uniform(margin, side() - margin), x = draws.uniform(margin, side() - margin);
        const std::int64_t spots = draws.integer(2, 5);
        for (std::int64_t k = 0; k < spots; ++k) {
            const double spot_y = std::clamp(y + draws.uniform(-radius, radius), 1.0, side() - 1);
            const double spot_x = std::clamp(x + draws.uniform(-radius, radius), 1.0, side() - 1);
            const double height = kSpot * draws.uniform(0.4, 1.6) / difficulty;
            bump(spot_y, spot_x, draws.uniform(0.8, 1.2), height);
        }
    }

    void blob(Draws& draws) {
        const double y = draws.uniform(0, side()), x = draws.uniform(0, side());
        const double sigma = draws.uniform(2.0, 3.5);
        bump(y, x, sigma, draws.uniform(1'000, 2'500));
    }

    // A vessel: a bright straight ridge through the patch.
    void line(Draws& draws) {
        const double angle = draws.uniform(0, std::numbers::pi), width = draws.uniform(0.6, 1.2);
        const double y = draws.uniform(0.2, 0.8) * side(), x = draws.uniform(0.2, 0.8) * side();
        const double height = draws.uniform(800, 2'000), ny = std::cos(angle), nx = -std::sin(angle);
        for (std::int64_t row = 0; row < size_; ++row)
            for (std::int64_t column = 0; column < size_; ++column) {
                const double d =
                    (static_cast<double>(row) + 0.5 - y) * ny + (static_cast<double>(column) + 0.5 - x) * nx;
                at(row, column) += static_cast<float>(height * std::exp(-d * d / (2 * width * width)));
            }
    }

    void hot_pixel(Draws& draws) {
        const std::int64_t row = draws.integer(0, size_ - 1), column = draws.integer(0, size_ - 1);
        at(row, column) += static_cast<float>(draws.uniform(0.5, 1.5) * kSpot);
    }

    std::int64_t size_;
    std::vector<float> pixels_, corners_;
};

std::string source_of(const SyntheticPatchesOptions& o) {
    return joined("synthetic patches, seed ", o.seed, ", difficulty ", o.difficulty);
}

}  // namespace

Dataset synthetic_patches(SyntheticPatchesOptions options) {
    const auto& o = options;
    check<UsageError>(o.positives >= 0 && o.negatives >= 0 && o.positives + o.negatives > 0, "synthetic_patches",
                      "expected counts of at least 0 and one patch in all, got ", o.positives, " positives and ",
                      o.negatives, " negatives");
    check<UsageError>(o.first >= 0, "synthetic_patches", "expected a first patch of at least 0, got ", o.first);
    check<UsageError>(o.size >= 8 && o.size <= 256, "synthetic_patches", "expected a size of 8 to 256, got ", o.size);
    check<UsageError>(o.difficulty >= 0.1 && o.difficulty <= 10, "synthetic_patches",
                      "expected a difficulty of 0.1 to 10, got ", o.difficulty);
    const std::int64_t count = o.positives + o.negatives;
    Dataset out{Tensor::empty({count, o.size, o.size, 1}, DType::u16),
                Tensor::empty({count}, DType::i64),
                {"negative", "positive"},
                source_of(o),
                std::nullopt};
    auto* pixels = out.images.tensor().mutable_data<std::uint16_t>();
    auto* labels = out.labels.mutable_data<std::int64_t>();
    in_parallel(num_threads(), [&](int part, int parts) {
        Patch patch(o.size);
        for (std::int64_t i = count * part / parts; i < count * (part + 1) / parts; ++i) {
            const bool positive = i < o.positives;
            const auto number = static_cast<std::uint64_t>(o.first + (positive ? i : i - o.positives));
            Draws draws(Random(o.seed, kPatchStream + (static_cast<std::uint64_t>(positive) << 40) + number));
            patch.draw(draws, positive, o.difficulty);
            patch.store(pixels + i * o.size * o.size);
            labels[i] = positive;
        }
    });
    return out;
}

}  // namespace cyclone::data
