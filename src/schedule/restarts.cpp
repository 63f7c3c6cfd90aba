// The clock of warm restarts, their formula and row.

#include <cyclone/schedule/restarts.h>

#include <cyclone/schedule/definition.h>

#include <cmath>

#include "schedule/formulas.h"
#include "schedule/rows.h"

namespace cyclone::schedule {
Schedule cosine_warm_restarts(const WarmRestartsOptions& o) {
    const auto position = [multiplier = o.multiplier](std::uint64_t t, const Parts& parts) {
        return formula::RestartClock(parts.lengths[0], multiplier).at(t);
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
            return formula::warm_restarts(o.base, o.max, o.peak_decay, position(t, parts));
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
