#pragma once
// Cyclical learning rates (Smith 2017, arXiv 1506.01186) and the momentum that moves against them.

#include <cyclone/schedule/definition.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>
#include <optional>

namespace cyclone::schedule {

/// Where update t stands in a triangle wave of `up` rising and `down` falling updates. Integer arithmetic: no drift.
struct CyclePosition {
    std::uint64_t cycle;  ///< 1, 2, 3, ... as in Smith's formula
    double height;        ///< 0 at the start, 1 after `up` updates, 0 again after `up + down`
};

inline CyclePosition cycle_position(std::uint64_t t, std::uint64_t up, std::uint64_t down) {
    const std::uint64_t position = t % (up + down);
    const double height = position <= up ? static_cast<double>(position) / static_cast<double>(up)
                                         : static_cast<double>(up + down - position) / static_cast<double>(down);
    return {1 + t / (up + down), height};
}

/// Half-cycles: Smith advises a step_size of 2 to 10 epochs, and to stop at the end of a cycle.
struct CyclicOptions {
    double base;                                          ///< lowest rate
    double max;                                           ///< highest rate
    Length step_size;                                     ///< from base up to max
    std::optional<Length> step_size_down = std::nullopt;  ///< from max down to base; default: as step_size
};

struct ExpRangeOptions {
    double base;
    double max;
    Length step_size;
    std::optional<Length> step_size_down = std::nullopt;
    double gamma = 0.99994;  ///< in (0, 1]; the study's value
};

/// What a custom scale is a function of.
enum class ScaleBy {
    cycle,   ///< number of the cycle: 1, 2, 3, ...
    update,  ///< update number: 0, 1, 2, ...
};

struct CustomCyclicOptions {
    double base;
    double max;
    Length step_size;
    std::optional<Length> step_size_down = std::nullopt;
    std::function<double(std::uint64_t)> scale;  ///< factor on (max - base); pure, finite, >= 0
    ScaleBy scale_by = ScaleBy::cycle;
};

/// Name, rates and the two half-cycles (Parts::lengths 0 and 1) that all cyclic schedules share.
template <class Options>
Definition define_cyclic(const char* name, const Options& o) {
    Definition d(name);
    d.range("base", o.base, "max", o.max).length("step_size", o.step_size);
    if (o.step_size_down) d.length("step_size_down", *o.step_size_down);
    return d;
}

/// The triangle of the cycle in which update t lies.
inline CyclePosition cycle_position(std::uint64_t t, const Parts& parts) {
    return cycle_position(t, parts.lengths.front(), parts.lengths.back());
}

enum class CyclicMode { triangular, triangular2, exp_range };

/// height * scale in [0, 1]: the one formula behind the three modes and their momentum.
/// scale = 1 for triangular, 1 / 2^(cycle - 1) for triangular2, gamma^t for exp_range.
inline double cyclic_wave(CyclicMode mode, double gamma, std::uint64_t t, const Parts& parts) {
    const auto [cycle, height] = cycle_position(t, parts);
    if (mode == CyclicMode::triangular2)
        return std::ldexp(height, -static_cast<int>(std::min<std::uint64_t>(cycle - 1, 2000)));
    if (mode == CyclicMode::exp_range) return height * std::pow(gamma, static_cast<double>(t));
    return height;
}

/// base + (max - base) * height: every cycle rises to max.
inline Schedule triangular(const CyclicOptions& o) {
    return define_cyclic("triangular", o).formula([=](std::uint64_t t, const Parts& parts) {
        return std::lerp(o.base, o.max, cyclic_wave(CyclicMode::triangular, 1, t, parts));
    });
}

/// As triangular, with an amplitude that halves from cycle to cycle: (max - base) / 2^(cycle - 1).
inline Schedule triangular2(const CyclicOptions& o) {
    return define_cyclic("triangular2", o).formula([=](std::uint64_t t, const Parts& parts) {
        return std::lerp(o.base, o.max, cyclic_wave(CyclicMode::triangular2, 1, t, parts));
    });
}

/// As triangular, with an amplitude of (max - base) * gamma^t, t = updates since the start of training.
inline Schedule exp_range(const ExpRangeOptions& o) {
    return define_cyclic("exp_range", o).factor("gamma", o.gamma).formula([=](std::uint64_t t, const Parts& parts) {
        return std::lerp(o.base, o.max, cyclic_wave(CyclicMode::exp_range, o.gamma, t, parts));
    });
}

/// As triangular, with an amplitude of (max - base) * scale(cycle or update).
inline Schedule cyclic(const CustomCyclicOptions& o) {
    auto d = define_cyclic("cyclic", o);
    d.require(static_cast<bool>(o.scale), "scale: expected a function, got none (hint: without one use triangular)");
    d.text("scale_by", o.scale_by == ScaleBy::cycle ? "cycle" : "update");
    return d.formula([=](std::uint64_t t, const Parts& parts) {
        const auto [cycle, height] = cycle_position(t, parts);
        return o.base + (o.max - o.base) * height * o.scale(o.scale_by == ScaleBy::cycle ? cycle : t);
    });
}

/// Sum of the heights of updates 0 ... n - 1 of a triangle wave, in closed form.
inline double cycle_heights(std::uint64_t n, std::uint64_t up, std::uint64_t down) {
    const auto u = static_cast<double>(up), d = static_cast<double>(down);
    const std::uint64_t cycles = n / (up + down);
    const auto whole = static_cast<double>(cycles), rest = static_cast<double>(n % (up + down));
    const double rising = std::min(rest, u + 1), falling = rest - rising;  // updates of the last, unfinished cycle
    return whole * (u + d) / 2 + rising * (rising - 1) / (2 * u) + falling * (2 * d - 1 - falling) / (2 * d);
}

/// The constant rate with the budget of triangular over a run: its mean over the updates 0 ... run - 1.
inline Schedule triangular_mean(const CyclicOptions& o, Length run) {
    return define_cyclic("triangular_mean", o).length("run", run).formula([=](std::uint64_t, const Parts& parts) {
        const std::uint64_t n = parts.lengths.back(), down = parts.lengths[parts.lengths.size() - 2];
        const double mean_height = cycle_heights(n, parts.lengths.front(), down) / static_cast<double>(n);
        return std::lerp(o.base, o.max, mean_height);
    });
}

struct CyclicMomentumOptions {
    double base = 0.8;  ///< lowest momentum, reached where the rate is highest
    double max = 0.9;   ///< highest momentum, reached where the rate is lowest
    Length step_size;   ///< falls from max to base while the rate rises
    std::optional<Length> step_size_down = std::nullopt;
    CyclicMode mode = CyclicMode::triangular;  ///< as the rate's schedule
    double gamma = 0.99994;                    ///< used by exp_range only
};

/// Momentum that moves against the rate (Smith 2018, arXiv 1803.09820): max - (max - base) * height * scale, with the
/// height and scale of the rate's schedule of the same lengths and mode.
inline Schedule cyclic_momentum(const CyclicMomentumOptions& o) {
    auto d = define_cyclic("cyclic_momentum", o);
    if (o.mode == CyclicMode::triangular2) d.text("mode", "triangular2");
    if (o.mode == CyclicMode::exp_range) d.text("mode", "exp_range").factor("gamma", o.gamma);
    return d.formula([=](std::uint64_t t, const Parts& parts) {
        return std::lerp(o.max, o.base, cyclic_wave(o.mode, o.gamma, t, parts));
    });
}

}  // namespace cyclone::schedule
