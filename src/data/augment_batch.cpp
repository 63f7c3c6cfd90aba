// Augmentation of a batch: images by themselves, then mixup or cutmix.

#include "data/augment_batch.h"

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "data/draws.h"

namespace cyclone::data {
namespace {

constexpr std::uint64_t kMixupStream = std::uint64_t{0x5AFF'1E04} << 32;  // plus the epoch
constexpr int kDrawBits = 32;                                             // of an index: draws of one batch

// Logarithm of a Gamma(alpha, 1) draw: Marsaglia and Tsang 2000, for alpha + 1, then times u^(1 / alpha). The logarithm
// because a small alpha would underflow.
double log_gamma_draw(double alpha, Draws& draws) {
    const double d = alpha + 1 - 1.0 / 3, c = 1 / std::sqrt(9 * d);
    double v = 0;
    for (bool accepted = false; !accepted;) {
        const double x = draws.normal();
        v = std::pow(1 + c * x, 3);
        const double u = 1 - draws.uniform(0, 1);
        accepted = v > 0 && std::log(u) < 0.5 * x * x + d - d * v + d * std::log(v);
    }
    return std::log(d * v) + std::log(1 - draws.uniform(0, 1)) / alpha;
}

}  // namespace

Mixing draw_mixing(const Augmentation& augmentation, const Shape& batch, const AugmentationKey& key) {
    const bool cuts = augmentation.cutmix > 0;
    Draws draws(Random(key.seed, kMixupStream + static_cast<std::uint64_t>(key.epoch)),
                static_cast<std::uint64_t>(key.place) << kDrawBits);
    const double alpha = cuts ? augmentation.cutmix : augmentation.mixup;
    const double a = log_gamma_draw(alpha, draws), b = log_gamma_draw(alpha, draws);
    Mixing mixing{1 / (1 + std::exp(b - a)), draws.integer(0, batch[0] - 1)};  // in random order already
    if (!cuts) return mixing;
    const std::int64_t rows = batch[1], columns = batch[2];
    const double side = std::sqrt(1 - mixing.lambda);
    const auto part = [&](std::int64_t size) { return static_cast<std::int64_t>(side * static_cast<double>(size)); };
    const std::int64_t height = part(rows), width = part(columns);
    const std::int64_t top = draws.integer(0, rows - 1) - height / 2, left = draws.integer(0, columns - 1) - width / 2;
    mixing.cut = {.top = std::max<std::int64_t>(top, 0),
                  .bottom = std::min(top + height, rows),
                  .left = std::max<std::int64_t>(left, 0),
                  .right = std::min(left + width, columns)};
    const auto area =
        static_cast<double>((mixing.cut->bottom - mixing.cut->top) * (mixing.cut->right - mixing.cut->left));
    mixing.lambda = 1 - area / static_cast<double>(rows * columns);
    return mixing;
}

void augment_rows(Batch& batch, std::int64_t first, std::int64_t last, const Augmentation& augmentation,
                  AugmentationKey key, std::span<const std::int64_t> samples, const Standardization* standardization) {
    const Shape shape{batch.x.size(1), batch.x.size(2), batch.x.size(3)};
    const auto size = static_cast<std::size_t>(shape.numel());
    Tensor scratch = Tensor::empty(shape);
    float *x = batch.x.mutable_data<float>(), *spare = scratch.mutable_data<float>();
    const std::int64_t place = key.place;
    for (std::int64_t i = first; i < last; ++i) {
        key.place = place + i;
        key.sample = samples[static_cast<std::size_t>(i)];
        augment_image({x + static_cast<std::size_t>(i) * size, size}, {spare, size}, shape, augmentation, key,
                      standardization);
    }
}

void mix_rows(Batch& batch, std::int64_t first, std::int64_t last, const Mixing& mixing) {
    const std::int64_t count = batch.x.size(0), row = batch.x.size(2) * batch.x.size(3), channels = batch.x.size(3);
    const std::int64_t per_image = batch.x.size(1) * row;
    batch.lambda = mixing.lambda;
    batch.mixed_y = Tensor::empty({count}, DType::i64);
    const Tensor own = batch.x.clone();
    const auto* y = batch.y.data<std::int64_t>();
    auto* mixed = batch.mixed_y.mutable_data<std::int64_t>();
    const auto lambda = static_cast<float>(batch.lambda);
    for (std::int64_t i = 0; i < count; ++i) {
        const std::int64_t from = (i + mixing.step) % count;
        mixed[i] = y[from];
        if (i < first || i >= last) continue;
        const float* other = own.data<float>() + from * per_image;
        float* out = batch.x.mutable_data<float>() + i * per_image;
        if (!mixing.cut) {
            for (std::int64_t k = 0; k < per_image; ++k) out[k] = lambda * out[k] + (1 - lambda) * other[k];
            continue;
        }
        const auto [top, bottom, left, right] = *mixing.cut;
        for (std::int64_t r = top; r < bottom; ++r) {
            const std::int64_t begin = r * row + left * channels;
            std::copy_n(other + begin, (right - left) * channels, out + begin);
        }
    }
}

}  // namespace cyclone::data
