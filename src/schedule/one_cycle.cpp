// The path of one cycle, and its rows.

#include <cyclone/schedule/one_cycle.h>

#include <cyclone/schedule/definition.h>

#include "schedule/formulas.h"
#include "schedule/rows.h"

namespace cyclone::schedule {
namespace {

formula::OneCyclePath path_of(const OneCycleOptions& o) {
    return {o.pct_start, o.anneal == Anneal::linear, o.three_phase};
}

Schedule from_row(Arguments& a, const ScheduleContext& c, bool three_phase) {
    return one_cycle(
        {.max = c.max, .length = c.total, .pct_start = a.number_or("pct_start", 0.3), .three_phase = three_phase});
}

}  // namespace

Schedule one_cycle(const OneCycleOptions& o) {
    Definition d("one_cycle");
    d.rate("max", o.max).length("length", o.length, Marks::end).fraction("pct_start", o.pct_start);
    d.require(!o.three_phase || (o.pct_start > 0 && o.pct_start <= 0.5),
              "pct_start: expected a fraction in (0, 0.5] with three phases (up and down take pct_start each), got ",
              o.pct_start);
    if (o.anneal == Anneal::linear) d.text("anneal", "linear");
    if (o.three_phase) d.text("phases", "3");
    d.positive("div_factor", o.div_factor).positive("final_div_factor", o.final_div_factor);
    d.require(o.div_factor >= 1 && o.final_div_factor >= 1, "expected div_factor and final_div_factor >= 1, got ",
              o.div_factor, " and ", o.final_div_factor, " (below 1 the cycle would not rise first or fall last)");
    const auto rate = [o](std::uint64_t t, const Parts& parts) {
        const double first = o.max / o.div_factor;
        return path_of(o).level(t, parts.lengths[0], first, o.max, first / o.final_div_factor);
    };
    d.height([o](std::uint64_t t, const Parts& parts) { return path_of(o).level(t, parts.lengths[0], 0, 1, 0); });
    d.rises_to([=](const Parts& parts) {
        const auto before = static_cast<std::uint64_t>(path_of(o).rise(parts.lengths[0]));
        return rate(before, parts) >= rate(before + 1, parts) ? before : before + 1;
    });
    return d.formula(rate);
}

Rows one_cycle_rows() {
    return {
        {"one-cycle", "[:pct_start]", "one rise to max over pct_start (0.3) of the run, then down to almost nothing",
         [](Arguments& a, const ScheduleContext& c) { return from_row(a, c, false); }},
        {"one-cycle-3", "[:pct_start]", "one-cycle in three phases: up, down, and a last phase to almost nothing",
         [](Arguments& a, const ScheduleContext& c) { return from_row(a, c, true); }},
    };
}

}  // namespace cyclone::schedule
