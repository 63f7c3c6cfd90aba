#pragma once
// bf16 against f32, both Cyclone's.

#include "bench/paired.h"
#include "bench/report.h"

#include <cyclone/data/dataset.h>

namespace bench {

/// Rows of training and inference; each is named as skipped where the processor has no bf16.
void add_bf16(Report& report, const cyclone::data::Dataset& data, const Rounds& rounds);

}  // namespace bench
