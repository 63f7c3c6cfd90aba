#pragma once
// Deeper networks against their raw primitives.

#include "bench/paired.h"
#include "bench/report.h"

namespace bench {

/// Rows of ResNet-20 and, unless `brief`, of ResNet-56 and DenseNet-40-12, on 32x32x3 images.
void add_deep(Report& report, const Rounds& rounds, bool brief);

}  // namespace bench
