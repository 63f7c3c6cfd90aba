#pragma once
// Does the cost of a patch stay when the data, the batch or the network grow?

#include "bench/paired.h"
#include "bench/report.h"

#include <cyclone/data/dataset.h>

#include <cstdint>

namespace bench {

/// `count` patches of 16x16 u16 noise with random labels, standardised; quick to make, for measurements only.
cyclone::data::Dataset random_patches(std::int64_t count);

/// Sets of 1, 2 and 4 million patches: images/s, setting up, memory.
void add_data_growth(Report& report, const Rounds& rounds);
/// Batches of 64, 128 and 256 against 32, and 2, 4 and 8 times the channels against the study's.
void add_size_growth(Report& report, const cyclone::data::Dataset& data, const Rounds& rounds);

}  // namespace bench
