// Augmentation of a batch: images by themselves, then mixup.

#include "data/augment_batch.h"

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

Mixing draw_mixing(const Augmentation& augmentation, std::int64_t rows, const AugmentationKey& key) {
    Draws draws(Random(key.seed, kMixupStream + static_cast<std::uint64_t>(key.epoch)),
                static_cast<std::uint64_t>(key.place) << kDrawBits);
    const double a = log_gamma_draw(augmentation.mixup, draws), b = log_gamma_draw(augmentation.mixup, draws);
    return {1 / (1 + std::exp(b - a)), draws.integer(0, rows - 1)};  // the batch is in random order already
}

void augment_rows(Batch& batch, std::int64_t first, std::int64_t last, const Augmentation& augmentation,
                  const AugmentationKey& key) {
    const Shape shape{batch.x.size(1), batch.x.size(2), batch.x.size(3)};
    const auto size = static_cast<std::size_t>(shape.numel());
    Tensor scratch = Tensor::empty(shape);
    float *x = batch.x.mutable_data<float>(), *spare = scratch.mutable_data<float>();
    for (std::int64_t i = first; i < last; ++i)
        augment_image({x + static_cast<std::size_t>(i) * size, size}, {spare, size}, shape, augmentation,
                      {key.seed, key.epoch, key.place + i});
}

void mix_rows(Batch& batch, std::int64_t first, std::int64_t last, const Mixing& mixing) {
    const std::int64_t count = batch.x.size(0), per_image = batch.x.shape().numel_between(1, 4);
    batch.lambda = mixing.lambda;
    batch.mixed_y = Tensor::empty({count}, DType::i64);
    const Tensor own = batch.x.clone();
    const float* x = own.data<float>();
    const auto* y = batch.y.data<std::int64_t>();
    float* out = batch.x.mutable_data<float>();
    auto* mixed = batch.mixed_y.mutable_data<std::int64_t>();
    const auto lambda = static_cast<float>(batch.lambda);
    for (std::int64_t i = 0; i < count; ++i) {
        const std::int64_t other = (i + mixing.step) % count;
        mixed[i] = y[other];
        for (std::int64_t k = 0; k < per_image && i >= first && i < last; ++k)
            out[i * per_image + k] = lambda * x[i * per_image + k] + (1 - lambda) * x[other * per_image + k];
    }
}

}  // namespace cyclone::data
