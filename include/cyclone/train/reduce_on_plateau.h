#pragma once
// ReduceOnPlateau: a lower learning rate where the training no longer improves.

#include <cyclone/optim/optimizer.h>
#include <cyclone/train/early_stopping.h>

#include <cstdint>

namespace cyclone::train {

/// Multiplies the learning rate by `factor` after each `patience` epochs in a row without a better score than the best
/// so far: an entry of FitOptions::callbacks. It goes through Optimizer::set_lr_factor(), so it works on top of any
/// schedule and is part of every checkpoint: a resumed training gives the same bits. An epoch without a score (NaN) is
/// not counted.
struct ReduceOnPlateau {
    optim::Optimizer& optimizer;  ///< that of the training; must live as long
    Monitor monitor = {};         ///< which epoch is better
    std::int64_t patience = 10;   ///< >= 1
    double factor = 0.1;          ///< in (0, 1)
    double lowest = 1e-4;         ///< Optimizer::lr_factor() is not brought below this, > 0

    /// Always proceeds. UsageError for an option out of range.
    Control operator()(const History& history) const;
};

}  // namespace cyclone::train
