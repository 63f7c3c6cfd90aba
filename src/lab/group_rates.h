#pragma once
// One rate for an optimizer with several groups (private).

#include <cyclone/optim/optimizer.h>

#include <algorithm>
#include <span>

namespace cyclone::lab {

/// The group with the highest rate gets `rate`; the others keep their ratio to it.
inline void set_rates(std::span<optim::GroupValues> groups, double rate) {
    double highest = 0;
    for (const auto& group : groups) highest = std::max(highest, group["lr"]);
    for (auto& group : groups) group["lr"] = highest > 0 ? rate * (group["lr"] / highest) : rate;
}

}  // namespace cyclone::lab
