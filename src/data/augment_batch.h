#pragma once
// Augmentation of a whole batch (private: the loader's).

#include <cyclone/data/augment.h>
#include <cyclone/data/batch.h>

namespace cyclone::data {

/// Augments every image of `batch` in place, and mixes them when asked; `key.place` is that of the first image.
void augment(Batch& batch, const Augmentation& augmentation, const AugmentationKey& key);

}  // namespace cyclone::data
