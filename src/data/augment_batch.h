#pragma once
// Augmentation of the rows of a batch (private: the loader's).

#include <cyclone/data/augment.h>
#include <cyclone/data/batch.h>

#include <cstdint>

namespace cyclone::data {

/// Mixup: row i of a batch with row (i + step) % rows of it.
struct Mixing {
    double lambda = 1;
    std::int64_t step = 0;
};

/// That of a batch of `rows` under Augmentation::mixup; `key.place` is that of the first image.
Mixing draw_mixing(const Augmentation& augmentation, std::int64_t rows, const AugmentationKey& key);

/// Augments rows [first, last) of `batch` in place, without mixup.
void augment_rows(Batch& batch, std::int64_t first, std::int64_t last, const Augmentation& augmentation,
                  const AugmentationKey& key);

/// Mixes rows [first, last) of `batch`, and the labels of all; those rows and the ones that they are mixed with are
/// there.
void mix_rows(Batch& batch, std::int64_t first, std::int64_t last, const Mixing& mixing);

}  // namespace cyclone::data
