#pragma once
// Batch: what the loader makes of some images of a dataset.

#include <cyclone/tensor/tensor.h>

#include <cstdint>
#include <vector>

namespace cyclone::data {

/// Tensors of one update; never written again.
struct Batch {
    Tensor x = {};           ///< (N, H, W, C), f32, standardised; of a BatchSource (N, ...)
    Tensor y = {};           ///< (N), i64; of a BatchSource it may be undefined
    std::int64_t index = 0;  ///< number of the batch in its epoch, from 0
    /// Mixup (Augmentation::mixup): x is lambda * its own image + (1 - lambda) * another one of the batch, whose labels
    /// are mixed_y; the loss is lambda * loss(out, y) + (1 - lambda) * loss(out, mixed_y). Cutmix: the same, lambda is
    /// the fraction of x that is the own image. Undefined and 1 without either.
    Tensor mixed_y = {};
    double lambda = 1;              ///< mixing weight of the batch, see mixed_y
    Tensor targets = {};            ///< (N, ...), f32: Dataset::targets; undefined where there are none
    Tensor weights = {};            ///< (N), f32: Dataset::weights; undefined where there are none
    std::vector<Tensor> more = {};  ///< of a BatchSource: further tensors with one row per image

    /// `count` images from `first` on, without a copy.
    Batch rows(std::int64_t first, std::int64_t count) const {
        Batch part = *this;
        for (Tensor* t : {&part.x, &part.y, &part.mixed_y, &part.targets, &part.weights})
            if (t->defined()) *t = t->rows(first, count);
        for (Tensor& t : part.more) t = t.rows(first, count);
        return part;
    }
};

/// Batches in an epoch of `samples`: the last one may be smaller, or with drop_last is left out then. batch_size >= 1.
constexpr std::int64_t batches_in(std::int64_t samples, std::int64_t batch_size, bool drop_last = false) {
    return samples / batch_size + (!drop_last && samples % batch_size > 0 ? 1 : 0);
}

}  // namespace cyclone::data
