#pragma once
// Where a training step of the study's CNN spends its time: layer by layer against the arithmetic peak, and what lies
// outside the layers.

#include "bench/paired.h"
#include "bench/report.h"

#include <cyclone/data/dataset.h>

namespace bench {

/// Prints both tables for batch 32 on the calling thread's num_threads(), and puts them into the report's JSON as
/// "roofline" and "outside".
void add_roofline(Report& report, const cyclone::data::Dataset& data, const Rounds& rounds);

}  // namespace bench
