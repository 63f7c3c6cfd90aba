#pragma once
// Cyclical learning rates (Smith 2017, arXiv 1506.01186). For an amplitude of your own, write a Definition
// (definition.h) around `triangular({.base = 0, .max = 1, ...})`.

#include <cyclone/schedule/schedule.h>

#include <optional>

namespace cyclone::schedule {

/// Half-cycles: Smith advises a step_size of 2 to 10 epochs, and to stop at the end of a cycle.
struct CyclicOptions {
    double base;                                          ///< lowest rate
    double max;                                           ///< highest rate
    Length step_size;                                     ///< from base up to max
    std::optional<Length> step_size_down = std::nullopt;  ///< from max down to base; default: as step_size
};

/// As CyclicOptions, with the decay of the amplitude.
struct ExpRangeOptions {
    double base;                                          ///< lowest rate
    double max;                                           ///< highest rate, before the amplitude falls
    Length step_size;                                     ///< from base up
    std::optional<Length> step_size_down = std::nullopt;  ///< down to base; default: as step_size
    double gamma = 0.99994;                               ///< in (0, 1]; the study's value
};

/// base + (max - base) * height: every cycle rises to max.
Schedule triangular(const CyclicOptions& options);

/// As triangular, with an amplitude that halves from cycle to cycle: (max - base) / 2^(cycle - 1), cycle = 1, 2, ...
Schedule triangular2(const CyclicOptions& options);

/// As triangular, with an amplitude of (max - base) * gamma^t, t = updates since the start of training.
Schedule exp_range(const ExpRangeOptions& options);

/// The constant rate with the budget of triangular over a run: its mean over the updates 0 ... run - 1.
Schedule triangular_mean(const CyclicOptions& options, Length run);

}  // namespace cyclone::schedule
