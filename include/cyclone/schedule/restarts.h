#pragma once
// Cosine annealing with warm restarts (SGDR; Loshchilov and Hutter 2017, arXiv 1608.03983).

#include <cyclone/schedule/decay.h>

#include <cmath>
#include <cstdint>

namespace cyclone::schedule {

struct WarmRestartsOptions {
    double base = 0;        ///< lowest rate, approached at the end of each cycle
    double max;             ///< rate at update 0 and, times the decay, at each restart
    Length period;          ///< length of the first cycle
    double multiplier = 1;  ///< each cycle is this many times as long as the one before; > 0, any real number
    double peak_decay = 1;  ///< each peak is base + (max - base) * peak_decay^n; in (0, 1]
};

/// Cycle n (0, 1, 2, ...) starts at round(period * (multiplier^n - 1) / (multiplier - 1)), so that every restart is at
/// a whole update and has its full peak. Found from t by a logarithm: a resumed run needs no history, and no loop
/// grows with t. With a multiplier below 1 the cycles shrink; after the last one of at least two updates the rate
/// stays at base.
class RestartClock {
public:
    RestartClock(std::uint64_t period, double multiplier)
        : period_(static_cast<long double>(period)),
          excess_(static_cast<long double>(multiplier) - 1),
          log_multiplier_(std::log(static_cast<long double>(multiplier))) {}

    struct Position {
        double cycle;
        double phase;  ///< in [0, 1); 1 after the last cycle
    };

    Position at(std::uint64_t t) const {
        const auto now = static_cast<long double>(t);
        long double n = excess_ == 0 ? std::floor(now / period_) : cycle_near(now);
        // An exact start <= t rounds to one <= t, so only a start that rounds down can be missed.
        while (n < last_cycle() && start(n + 1) <= now) ++n;
        const long double begin = start(n), end = start(n + 1);
        if (now >= end) return {static_cast<double>(n), 1};
        return {static_cast<double>(n), static_cast<double>((now - begin) / (end - begin))};
    }

private:
    long double start(long double n) const {
        if (excess_ == 0) return n * period_;
        return std::round(period_ * std::expm1(n * log_multiplier_) / excess_);
    }

    /// Without end unless the cycles shrink.
    long double last_cycle() const {
        if (excess_ >= 0) return HUGE_VALL;
        return std::fmax(0.0L, std::floor(std::log(2 / period_) / log_multiplier_));
    }

    long double cycle_near(long double now) const {
        const long double grown = now * excess_ / period_;
        if (grown <= -1) return last_cycle();
        return std::fmin(last_cycle(), std::floor(std::log1p(grown) / log_multiplier_));
    }

    long double period_, excess_, log_multiplier_;
};

/// base + (peak of the cycle - base) * (1 + cos(pi * phase)) / 2.
inline Schedule cosine_warm_restarts(const WarmRestartsOptions& o) {
    return Definition("cosine_warm_restarts")
        .range("base", o.base, "max", o.max)
        .length("period", o.period)
        .positive("multiplier", o.multiplier)
        .factor("peak_decay", o.peak_decay)
        .formula([=](std::uint64_t t, const Parts& parts) {
            const auto position = RestartClock(parts.lengths[0], o.multiplier).at(t);
            const double peak = std::lerp(o.base, o.max, std::pow(o.peak_decay, position.cycle));
            return std::lerp(o.base, peak, half_cosine(position.phase));
        });
}

}  // namespace cyclone::schedule
