#pragma once
// Cosine annealing with warm restarts (SGDR; Loshchilov and Hutter 2017, arXiv 1608.03983).

#include <cyclone/schedule/schedule.h>

namespace cyclone::schedule {

/// Of cosine_warm_restarts().
struct WarmRestartsOptions {
    double base = 0;        ///< lowest rate, approached at the end of each cycle
    double max;             ///< rate at update 0 and, times the decay, at each restart
    Length period;          ///< length of the first cycle
    double multiplier = 1;  ///< each cycle is this many times as long as the one before; > 0, any real number
    double peak_decay = 1;  ///< each peak is base + (max - base) * peak_decay^n; in (0, 1]
};

/// base + (peak of the cycle - base) * (1 + cos(pi * phase)) / 2. Cycle n (0, 1, 2, ...) starts at
/// round(period * (multiplier^n - 1) / (multiplier - 1)), so that every restart is at a whole update and has its full
/// peak. With a multiplier below 1 the cycles shrink; after the last one of at least two updates the rate stays at
/// base.
Schedule cosine_warm_restarts(const WarmRestartsOptions& options);

}  // namespace cyclone::schedule
