#pragma once
// The curve that cosine decay, one-cycle and warm restarts share (private).

#include <cmath>
#include <numbers>

namespace cyclone::schedule {

/// (1 + cos(pi p)) / 2, from 1 at p = 0 to 0 at p = 1 (both exact). Written as a square it cannot leave [0, 1].
inline double half_cosine(double p) {
    const double c = std::cos(p * (std::numbers::pi / 2));
    return p >= 1 ? 0.0 : c * c;
}

}  // namespace cyclone::schedule
