#pragma once
// The formulas of the schedules (private). C++17 without exceptions and without the library, since clr.hpp is made of
// this file as well: whoever writes a loop of his own gets the values of the library.

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>

namespace cyclone::formula {

/// a at p = 0 and b at p = 1, both exact, and monotone between: C++20's std::lerp (WG21 paper P0811R3).
inline double mix(double a, double b, double p) {
#ifdef __cpp_lib_interpolate
    return std::lerp(a, b, p);
#else
    if ((a <= 0 && b >= 0) || (a >= 0 && b <= 0)) return p * b + (1 - p) * a;
    if (p == 1) return b;
    const double x = a + p * (b - a);
    return (p > 1) == (b > a) ? std::max(x, b) : std::min(x, b);
#endif
}

/// (1 + cos(pi p)) / 2, from 1 at p = 0 to 0 at p = 1 (both exact). Written as a square it cannot leave [0, 1].
inline double half_cosine(double p) {
    constexpr double kHalfPi = 1.5707963267948966;
    const double c = std::cos(p * kHalfPi);
    return p >= 1 ? 0.0 : c * c;
}

/// The part of n updates that has passed at update t, at most 1.
inline double passed(std::uint64_t t, std::uint64_t n) {
    return t >= n ? 1.0 : static_cast<double>(t) / static_cast<double>(n);
}

/// Triangles of `up` rising and `down` falling updates, both at least 1. Integer arithmetic: no drift.
struct Wave {
    std::uint64_t up, down;

    /// 0, 1, 2, ...
    std::uint64_t cycle(std::uint64_t t) const { return t / (up + down); }

    /// 0 at the start of a cycle, 1 after `up` updates, 0 again after `up + down`.
    double height(std::uint64_t t) const {
        const std::uint64_t position = t % (up + down);
        return position <= up ? static_cast<double>(position) / static_cast<double>(up)
                              : static_cast<double>(up + down - position) / static_cast<double>(down);
    }

    /// Halves with each cycle: triangular2.
    double halving_height(std::uint64_t t) const {
        return std::ldexp(height(t), -static_cast<int>(std::min<std::uint64_t>(cycle(t), 2000)));
    }

    /// Falls by gamma with each update: exp_range.
    double falling_height(std::uint64_t t, double gamma) const {
        return height(t) * std::pow(gamma, static_cast<double>(t));
    }

    /// Sum of the heights of updates 0 ... n - 1, in closed form.
    double sum_of_heights(std::uint64_t n) const {
        const auto u = static_cast<double>(up), d = static_cast<double>(down);
        const auto rest = static_cast<double>(n % (up + down));
        const double rising = std::min(rest, u + 1), falling = rest - rising;  // of the last, unfinished cycle
        return static_cast<double>(cycle(n)) * (u + d) / 2 + rising * (rising - 1) / (2 * u) +
               falling * (2 * d - 1 - falling) / (2 * d);
    }
};

/// base / (1 + decay t): Keras's SGD(decay=...).
inline double time_decay(double base, double decay, std::uint64_t t) {
    return base / (1 + decay * static_cast<double>(t));
}

/// base * gamma^k.
inline double decayed(double base, double gamma, double k) { return base * std::pow(gamma, k); }

/// Where the phases of one cycle over n updates end: phase k (1, 2, ...) lasts from ends[k - 1] to ends[k]. They end at
/// updates pct * n - 1, (with three phases 2 * pct * n - 2,) n - 1. PyTorch divides by zero or starts beyond the first
/// rate where pct * n <= 1; here the rise then takes one update (none where that would leave a later phase without
/// one).
template <std::size_t N>
std::array<double, N> phase_ends(std::uint64_t n, double pct) {
    const auto last = static_cast<double>(n - 1);
    double rise = pct * static_cast<double>(n) - 1;
    if (rise <= 0) rise = pct > 0 && n >= N ? 1 : 0;
    std::array<double, N> ends{};
    for (std::size_t k = 1; k < N; ++k) ends[k] = std::min(rise * static_cast<double>(k), last);
    ends[N - 1] = last;
    return ends;
}

/// The value at update t of a path through levels[0] -> levels[1] -> ..., one more than there are phases. It begins at
/// levels[0] whenever there is a rise, and after n - 1 it stays where it is.
template <std::size_t N>
double path(std::uint64_t t, std::uint64_t n, double pct, bool straight, const std::array<double, N>& levels) {
    if (n == 1) return levels[0];
    const auto ends = phase_ends<N>(n, pct);
    const double now = static_cast<double>(std::min(t, n - 1));
    if (now == 0 && pct > 0) return levels[0];
    std::size_t k = 1;  // the phase that ends at ends[k]
    while (k < N - 1 && (now > ends[k] || ends[k] == 0)) ++k;
    const double p = ends[k] > ends[k - 1] ? (now - ends[k - 1]) / (ends[k] - ends[k - 1]) : 1.0;
    if (straight) return mix(levels[k - 1], levels[k], p);
    return mix(levels[k], levels[k - 1], half_cosine(p));
}

/// One cycle of n updates: from `first` to `top` over pct of them, then to `final`, with three phases by way of
/// `first`.
struct OneCyclePath {
    double pct;
    bool straight, three_phases;

    double level(std::uint64_t t, std::uint64_t n, double first, double top, double final) const {
        if (three_phases) return path<4>(t, n, pct, straight, {first, top, first, final});
        return path<3>(t, n, pct, straight, {first, top, final});
    }
    /// The update, perhaps a fraction, at which the rise ends.
    double rise(std::uint64_t n) const { return three_phases ? phase_ends<4>(n, pct)[1] : phase_ends<3>(n, pct)[1]; }
};

/// The clock of warm restarts: the cycle of an update, found by a logarithm, so that a resumed run needs no history and
/// no loop grows with t. Each cycle is `multiplier` times as long as the one before.
class RestartClock {
public:
    RestartClock(std::uint64_t period, double multiplier)
        : period_(static_cast<long double>(period)),
          excess_(static_cast<long double>(multiplier) - 1),
          log_multiplier_(std::log(static_cast<long double>(multiplier))) {}

    struct Position {
        long double cycle, begin, end;
        bool over;     ///< after the last cycle
        double phase;  ///< in [0, 1); 1 after the last cycle
    };

    Position at(std::uint64_t t) const {
        const auto now = static_cast<long double>(t);
        long double n = excess_ == 0 ? std::floor(now / period_) : cycle_near(now);
        // An exact start <= t rounds to one <= t, so only a start that rounds down can be missed.
        while (n < last_cycle() && start(n + 1) <= now) ++n;
        const long double begin = start(n), end = start(n + 1);
        const bool over = now >= end;
        return {n, begin, end, over, over ? 1 : static_cast<double>((now - begin) / (end - begin))};
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

/// Cosine from max to base in each cycle; the peaks shrink by peak_decay.
inline double warm_restarts(double base, double max, double peak_decay, const RestartClock::Position& now) {
    const double peak = mix(base, max, std::pow(peak_decay, static_cast<double>(now.cycle)));
    return mix(base, peak, half_cosine(now.phase));
}

}  // namespace cyclone::formula
