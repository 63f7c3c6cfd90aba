// The path of one cycle, and its rows.

#include <cyclone/schedule/one_cycle.h>

#include <cyclone/schedule/definition.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "schedule/half_cosine.h"
#include "schedule/rows.h"

namespace cyclone::schedule {
namespace {

/// Where the phases of a run of n updates end: phase k (1, 2, ...) lasts from ends[k - 1] to ends[k]. They end at
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
double path(std::uint64_t t, std::uint64_t n, double pct, Anneal anneal, const std::array<double, N>& levels) {
    if (n == 1) return levels[0];
    const auto ends = phase_ends<N>(n, pct);
    const double now = static_cast<double>(std::min(t, n - 1));
    if (now == 0 && pct > 0) return levels[0];
    std::size_t k = 1;  // the phase that ends at ends[k]
    while (k < N - 1 && (now > ends[k] || ends[k] == 0)) ++k;
    const double p = ends[k] > ends[k - 1] ? (now - ends[k - 1]) / (ends[k] - ends[k - 1]) : 1.0;
    if (anneal == Anneal::linear) return std::lerp(levels[k - 1], levels[k], p);
    return std::lerp(levels[k], levels[k - 1], half_cosine(p));
}

/// first: before the rise, and after the second of three phases.
double level(const OneCycleOptions& o, std::uint64_t t, std::uint64_t n, double first, double top, double final) {
    if (o.three_phase) return path<4>(t, n, o.pct_start, o.anneal, {first, top, first, final});
    return path<3>(t, n, o.pct_start, o.anneal, {first, top, final});
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
        return level(o, t, parts.lengths[0], first, o.max, first / o.final_div_factor);
    };
    d.height([o](std::uint64_t t, const Parts& parts) { return level(o, t, parts.lengths[0], 0, 1, 0); });
    d.rises_to([=](const Parts& parts) {
        const std::uint64_t n = parts.lengths[0];
        const double rise = o.three_phase ? phase_ends<4>(n, o.pct_start)[1] : phase_ends<3>(n, o.pct_start)[1];
        const auto before = static_cast<std::uint64_t>(rise);
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
