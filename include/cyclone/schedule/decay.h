#pragma once
// Rates that go one way: constant, time-based, steps, exponential, straight line, polynomial, cosine.
// Those with a length reach their end exactly at that update and stay there.

#include <cyclone/schedule/definition.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numbers>
#include <vector>

namespace cyclone::schedule {

/// The part of a length that has passed at update t: t / length, at most 1.
inline double progress(std::uint64_t t, std::uint64_t length) {
    return t >= length ? 1.0 : static_cast<double>(t) / static_cast<double>(length);
}

/// (1 + cos(pi p)) / 2, from 1 at p = 0 to 0 at p = 1 (both exact). Written as a square it cannot leave [0, 1].
inline double half_cosine(double p) {
    const double c = std::cos(p * (std::numbers::pi / 2));
    return p >= 1 ? 0.0 : c * c;
}

/// The same value at every update.
inline Schedule constant(double value) { return {value}; }

struct TimeDecayOptions {
    double base;   ///< rate at update 0
    double decay;  ///< per update, >= 0; the study's "fixed" rate has 0.96
};

/// base / (1 + decay * t): `SGD(lr=base, decay=decay)` of Keras 2 (keras/optimizers.py), counted in updates.
inline Schedule keras_time_decay(const TimeDecayOptions& o) {
    return Definition("keras_time_decay")
        .rate("base", o.base)
        .rate("decay", o.decay)
        .formula([=](std::uint64_t t, const Parts&) { return o.base / (1 + o.decay * static_cast<double>(t)); });
}

struct StepOptions {
    double base;         ///< rate at update 0
    double gamma = 0.1;  ///< in (0, 1]
    Length every;
};

/// base * gamma^floor(t / every).
inline Schedule step(const StepOptions& o) {
    return Definition("step")
        .rate("base", o.base)
        .factor("gamma", o.gamma)
        .length("every", o.every)
        .formula([=](std::uint64_t t, const Parts& parts) {
            const std::uint64_t steps = t / parts.lengths[0];
            return o.base * std::pow(o.gamma, static_cast<double>(steps));
        });
}

struct MultiStepOptions {
    double base;         ///< rate at update 0
    double gamma = 0.1;  ///< in (0, 1]
    std::vector<Length> milestones;
};

/// base * gamma^(number of milestones reached); a milestone counts from its own update on.
inline Schedule multi_step(const MultiStepOptions& o) {
    Definition d("multi_step");
    d.rate("base", o.base).factor("gamma", o.gamma);
    d.require(!o.milestones.empty(), "milestones: expected at least one, got none");
    for (const Length& milestone : o.milestones) d.length("milestone", milestone);
    return d.formula([base = o.base, gamma = o.gamma](std::uint64_t t, const Parts& parts) {
        const auto reached = std::count_if(parts.lengths.begin(), parts.lengths.end(),
                                           [t](std::uint64_t milestone) { return milestone <= t; });
        return base * std::pow(gamma, static_cast<double>(reached));
    });
}

struct ExponentialOptions {
    double base;                   ///< rate at update 0
    double gamma;                  ///< in (0, 1]
    Length every = Iterations{1};  ///< the time in which the rate falls by gamma
};

/// base * gamma^(t / every), falling a little at every update.
inline Schedule exponential(const ExponentialOptions& o) {
    return Definition("exponential")
        .rate("base", o.base)
        .factor("gamma", o.gamma)
        .length("every", o.every)
        .formula([=](std::uint64_t t, const Parts& parts) {
            return o.base * std::pow(o.gamma, static_cast<double>(t) / parts.updates(0));
        });
}

struct LinearOptions {
    double start;    ///< rate at update 0
    double end = 0;  ///< rate from update `length` on; may be above start
    Length length;
};

/// A straight line from start to end. Down to 0 over the run it is the modern baseline (Defazio 2023, arXiv
/// 2310.07831).
inline Schedule linear(const LinearOptions& o) {
    return Definition("linear")
        .rate("start", o.start)
        .rate("end", o.end)
        .length("length", o.length)
        .formula([=](std::uint64_t t, const Parts& parts) {
            return std::lerp(o.start, o.end, progress(t, parts.lengths[0]));
        });
}

struct PolynomialOptions {
    double start;      ///< rate at update 0
    double end = 0;    ///< rate from update `length` on
    double power = 2;  ///< > 0; 1 is the straight line
    Length length;
};

/// end + (start - end) * (1 - t / length)^power.
inline Schedule polynomial(const PolynomialOptions& o) {
    return Definition("polynomial")
        .rate("start", o.start)
        .rate("end", o.end)
        .positive("power", o.power)
        .length("length", o.length)
        .formula([=](std::uint64_t t, const Parts& parts) {
            return std::lerp(o.end, o.start, std::pow(1 - progress(t, parts.lengths[0]), o.power));
        });
}

struct CosineOptions {
    double start;    ///< rate at update 0
    double end = 0;  ///< rate from update `length` on
    Length length;
};

/// end + (start - end) * (1 + cos(pi t / length)) / 2 (Loshchilov and Hutter 2017, arXiv 1608.03983).
inline Schedule cosine(const CosineOptions& o) {
    return Definition("cosine")
        .rate("start", o.start)
        .rate("end", o.end)
        .length("length", o.length)
        .formula([=](std::uint64_t t, const Parts& parts) {
            return std::lerp(o.end, o.start, half_cosine(progress(t, parts.lengths[0])));
        });
}

}  // namespace cyclone::schedule
