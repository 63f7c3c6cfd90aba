#pragma once
// Rates that only fall (or never change): constant, time-based, steps, exponential, straight line, polynomial, cosine.

#include <cyclone/schedule/definition.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numbers>
#include <vector>

namespace cyclone::schedule {

/// The same value at every update.
inline Schedule constant(double value) { return {value}; }

struct TimeDecayOptions {
    double base;
    double decay;  ///< per update, >= 0; the study's "fixed" rate has 0.96
};

/// base / (1 + decay * t): `SGD(lr=base, decay=decay)` of Keras 2 (keras/optimizers.py), counted in updates.
inline Schedule keras_time_decay(const TimeDecayOptions& o) {
    return Definition("keras_time_decay")
        .rate("base", o.base)
        .rate("decay", o.decay)
        .formula([=](std::uint64_t t, const Parts&) { return o.base / (1 + o.decay * static_cast<double>(t)); });
}

}  // namespace cyclone::schedule
