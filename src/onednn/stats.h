#pragma once
// Counters of the primitive caches, over all threads.

#include <cstdint>

namespace cyclone::onednn {

struct Stats {
    std::uint64_t primitives_created = 0;  ///< reorders included; a steady-state training step adds none
    std::uint64_t kernels_refused = 0;     ///< cases oneDNN has no kernel for; they run on the reference kernels
};
Stats stats();

}  // namespace cyclone::onednn
