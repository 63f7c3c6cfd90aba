#pragma once
// Rates that go one way: constant, time-based, steps, exponential, straight line, polynomial, cosine.
// Those with a length reach their end exactly at that update and stay there.

#include <cyclone/schedule/schedule.h>

#include <vector>

namespace cyclone::schedule {

/// The same value at every update.
Schedule constant(double value);

/// Of keras_time_decay().
struct TimeDecayOptions {
    double base;   ///< rate at update 0
    double decay;  ///< per update, >= 0; the study's "fixed" rate has 0.96
};

/// base / (1 + decay * t): `SGD(lr=base, decay=decay)` of Keras 2 (keras/optimizers.py), counted in updates.
Schedule keras_time_decay(const TimeDecayOptions& options);

/// Of step().
struct StepDecayOptions {
    double base;         ///< rate at update 0
    double gamma = 0.1;  ///< in (0, 1]
    Length every;        ///< time between two falls
};

/// base * gamma^floor(t / every).
Schedule step(const StepDecayOptions& options);

/// Of multi_step().
struct MultiStepDecayOptions {
    double base;                     ///< rate at update 0
    double gamma = 0.1;              ///< in (0, 1]
    std::vector<Length> milestones;  ///< at least one, from the start of the run
};

/// base * gamma^(number of milestones reached); a milestone counts from its own update on.
Schedule multi_step(const MultiStepDecayOptions& options);

/// Of exponential().
struct ExponentialDecayOptions {
    double base;                   ///< rate at update 0
    double gamma;                  ///< in (0, 1]
    Length every = Iterations{1};  ///< the time in which the rate falls by gamma
};

/// base * gamma^(t / every), falling a little at every update.
Schedule exponential(const ExponentialDecayOptions& options);

/// Of linear().
struct LinearDecayOptions {
    double start;    ///< rate at update 0
    double end = 0;  ///< rate from update `length` on; may be above start
    Length length;   ///< of the way from start to end
};

/// A straight line from start to end. Down to 0 over the run it is the modern baseline (Defazio 2023, arXiv
/// 2310.07831).
Schedule linear(const LinearDecayOptions& options);

/// Of polynomial().
struct PolynomialDecayOptions {
    double start;      ///< rate at update 0
    double end = 0;    ///< rate from update `length` on
    double power = 2;  ///< > 0; 1 is the straight line
    Length length;     ///< of the way from start to end
};

/// end + (start - end) * (1 - t / length)^power.
Schedule polynomial(const PolynomialDecayOptions& options);

/// Of cosine().
struct CosineDecayOptions {
    double start;    ///< rate at update 0
    double end = 0;  ///< rate from update `length` on
    Length length;   ///< of the way from start to end
};

/// end + (start - end) * (1 + cos(pi t / length)) / 2 (Loshchilov and Hutter 2017, arXiv 1608.03983).
Schedule cosine(const CosineDecayOptions& options);

}  // namespace cyclone::schedule
