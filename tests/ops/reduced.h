#pragma once
// The oracles' reduction of losses.

#include <cyclone/ops/loss.h>

#include <vector>

namespace cyclone::test {

inline constexpr const char* kReductionNames[] = {"mean", "sum", "none"};

/// What the loss of these samples is; `divisor` is that of the mean.
inline std::vector<double> reduced(std::vector<double> losses, double divisor, Reduction reduction) {
    if (reduction == Reduction::none) return losses;
    double sum = 0;
    for (const double v : losses) sum += v;
    return {reduction == Reduction::mean ? sum / divisor : sum};
}

}  // namespace cyclone::test
