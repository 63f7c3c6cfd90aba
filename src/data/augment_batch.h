#pragma once
// Augmentation of the rows of a batch (private: the loader's).

#include <cyclone/data/augment.h>
#include <cyclone/data/batch.h>

#include <cstdint>
#include <optional>
#include <span>

namespace cyclone::data {

/// Row i of a batch with row (i + step) % rows of it.
struct Mixing {
    double lambda = 1;  ///< of the own image: mixup's weight, cutmix's fraction of the pixels
    std::int64_t step = 0;
    /// Cutmix: the rectangle that comes from the other image.
    struct Rectangle {
        std::int64_t top, bottom, left, right;  ///< bottom and right are outside
    };
    std::optional<Rectangle> cut = {};  ///< none: mixup
};

/// That of a batch (N, H, W, C) under Augmentation::mixup or cutmix; `key.place` is that of the first image.
Mixing draw_mixing(const Augmentation& augmentation, const Shape& batch, const AugmentationKey& key);

/// Augments rows [first, last) of `batch` in place, without mixup and cutmix. `samples` are the numbers of all its
/// images in the dataset, `standardization` is the dataset's or null.
void augment_rows(Batch& batch, std::int64_t first, std::int64_t last, const Augmentation& augmentation,
                  AugmentationKey key, std::span<const std::int64_t> samples, const Standardization* standardization);

/// Mixes rows [first, last) of `batch`, and the labels of all; those rows and the ones that they are mixed with are
/// there.
void mix_rows(Batch& batch, std::int64_t first, std::int64_t last, const Mixing& mixing);

}  // namespace cyclone::data
