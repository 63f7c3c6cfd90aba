#pragma once
// Small statistics of repeated runs.

#include <cstdint>
#include <span>

namespace cyclone::metrics {

struct MeanSd {
    double mean = 0;
    double sd = 0;  ///< of the sample, divisor n - 1; NaN when n = 1: one run says nothing about the spread
    std::int64_t n = 0;
};

/// Mean and sample standard deviation. A NaN among the values makes both NaN. Error when there are no values.
MeanSd mean_sd(std::span<const double> values);

}  // namespace cyclone::metrics
