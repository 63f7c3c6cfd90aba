// The clock of warm restarts, their formula and row.

#include <cyclone/schedule/restarts.h>

#include <cyclone/schedule/definition.h>

#include <cmath>

#include "schedule/half_cosine.h"
#include "schedule/rows.h"

namespace cyclone::schedule {
namespace {

/// The cycle of an update, found by a logarithm: a resumed run needs no history, and no loop grows with t.
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

}  // namespace

Schedule cosine_warm_restarts(const WarmRestartsOptions& o) {
    const auto position = [multiplier = o.multiplier](std::uint64_t t, const Parts& parts) {
        return RestartClock(parts.lengths[0], multiplier).at(t);
    };
    return Definition("cosine_warm_restarts")
        .range("base", o.base, "max", o.max)
        .length("period", o.period)
        .positive("multiplier", o.multiplier)
        .factor("peak_decay", o.peak_decay)
        .cycles([=](std::uint64_t t, const Parts& parts) -> std::optional<Cycle> {
            const auto now = position(t, parts);
            if (now.over) return std::nullopt;
            const auto whole = [](long double x) { return static_cast<std::uint64_t>(std::fmin(x, 0x1p63L)); };
            return Cycle{whole(now.cycle), whole(now.begin), whole(now.end)};
        })
        .formula([=](std::uint64_t t, const Parts& parts) {
            const auto now = position(t, parts);
            const double peak = std::lerp(o.base, o.max, std::pow(o.peak_decay, static_cast<double>(now.cycle)));
            return std::lerp(o.base, peak, half_cosine(now.phase));
        });
}

Rows restart_rows() {
    return {{"cosine-restarts", "[:multiplier[:peak_decay]]",
             "cosine from max to base in 2 step_size, restarted; each cycle multiplier (1) times as long, peaks shrink "
             "by peak_decay (1)",
             [](Arguments& a, const ScheduleContext& c) {
                 const double multiplier = a.number_or("multiplier", 1), peak_decay = a.number_or("peak_decay", 1);
                 return cosine_warm_restarts({.base = c.base,
                                              .max = c.max,
                                              .period = c.step_size * 2,
                                              .multiplier = multiplier,
                                              .peak_decay = peak_decay});
             }}};
}

}  // namespace cyclone::schedule
