// Formulas and rows of the cyclical learning rates: one triangle wave, three amplitudes.

#include <cyclone/schedule/cyclic.h>

#include <cyclone/schedule/definition.h>

#include <algorithm>
#include <cmath>

#include "schedule/formulas.h"
#include "schedule/rows.h"

namespace cyclone::schedule {
namespace {

using formula::Wave;

/// The first one or two (`halves`) lengths.
Wave wave_of(const Parts& parts, std::size_t halves) { return {parts.lengths[0], parts.lengths[halves - 1]}; }

template <class Options>
std::size_t halves_of(const Options& o) {
    return o.step_size_down ? 2 : 1;
}

/// Rates and half-cycles, which all schedules of this file have.
template <class Options>
Definition define(const char* name, const Options& o) {
    Definition d(name);
    d.range("base", o.base, "max", o.max).length("step_size", o.step_size);
    if (o.step_size_down) d.length("step_size_down", *o.step_size_down);
    return d;
}

/// base + (max - base) * height, where `height` (of a Wave and an update) is at most 1. The peak of the first cycle
/// comes after its rise, or before where the amplitude falls faster than the wave rises.
template <class Options, class Height>
Schedule swing(Definition d, const Options& o, Height height, double latest_peak = HUGE_VAL) {
    const std::size_t halves = halves_of(o);
    const auto formula = [=](std::uint64_t t, const Parts& parts) { return height(wave_of(parts, halves), t); };
    d.cycles([=](std::uint64_t t, const Parts& parts) -> std::optional<Cycle> {
        const Wave wave = wave_of(parts, halves);
        const std::uint64_t cycle = wave.up + wave.down, number = wave.cycle(t);
        return Cycle{number, number * cycle, (number + 1) * cycle};
    });
    d.rises_to([=](const Parts& parts) {
        return static_cast<std::uint64_t>(std::min(parts.updates(0), std::max(1.0, latest_peak)));
    });
    return d.height(formula).formula([=, base = o.base, max = o.max](std::uint64_t t, const Parts& parts) {
        return formula::mix(base, max, formula(t, parts));
    });
}

CyclicOptions cycle_of(const ScheduleContext& c) { return {.base = c.base, .max = c.max, .step_size = c.step_size}; }

}  // namespace

Schedule triangular(const CyclicOptions& o) {
    return swing(define("triangular", o), o, [](const Wave& wave, std::uint64_t t) { return wave.height(t); });
}

Schedule triangular2(const CyclicOptions& o) {
    return swing(define("triangular2", o), o, [](const Wave& wave, std::uint64_t t) { return wave.halving_height(t); });
}

Schedule exp_range(const ExpRangeOptions& o) {
    return swing(
        define("exp_range", o).factor("gamma", o.gamma).counts_updates(), o,
        [gamma = o.gamma](const Wave& wave, std::uint64_t t) { return wave.falling_height(t, gamma); },
        std::abs(1 / std::log(o.gamma)));  // where t * gamma^t is largest
}

Schedule triangular_mean(const CyclicOptions& o, Length run) {
    return define("triangular_mean", o)
        .length("run", run)
        .formula([base = o.base, max = o.max, halves = halves_of(o)](std::uint64_t, const Parts& parts) {
            const std::uint64_t n = parts.lengths.back();
            return formula::mix(base, max, wave_of(parts, halves).sum_of_heights(n) / static_cast<double>(n));
        });
}

Rows cyclic_rows() {
    return {
        {"triangular", "", "base up to max and back, each way in step_size",
         [](Arguments&, const ScheduleContext& c) { return triangular(cycle_of(c)); }},
        {"triangular2", "", "triangular with an amplitude that halves every cycle",
         [](Arguments&, const ScheduleContext& c) { return triangular2(cycle_of(c)); }},
        {"exp-range", "[:gamma]", "triangular with an amplitude that falls by gamma every update (0.99994)",
         [](Arguments& a, const ScheduleContext& c) {
             return exp_range(
                 {.base = c.base, .max = c.max, .step_size = c.step_size, .gamma = a.number_or("gamma", 0.99994)});
         }},
    };
}

}  // namespace cyclone::schedule
