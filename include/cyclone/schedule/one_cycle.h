#pragma once
// One cycle over the whole run (Smith 2018, arXiv 1803.09820), in the definition of PyTorch's OneCycleLR.

#include <cyclone/schedule/decay.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>

namespace cyclone::schedule {

enum class Anneal { cosine, linear };

struct OneCycleOptions {
    double max;                     ///< highest rate
    Length length;                  ///< the whole run; the last update is length - 1
    double pct_start = 0.3;         ///< share of the run that rises; in [0, 1], with three phases in (0, 0.5]
    double div_factor = 25;         ///< the first rate is max / div_factor; >= 1
    double final_div_factor = 1e4;  ///< the last rate is max / div_factor / final_div_factor; >= 1
    Anneal anneal = Anneal::cosine;
    bool three_phase = false;  ///< Smith's form: up, down to the first rate, then on to the last rate
};

struct OneCycleMomentumOptions {
    double base = 0.85;  ///< lowest momentum, reached where the rate is highest
    double max = 0.95;   ///< first and last momentum
    Length length;
    double pct_start = 0.3;
    Anneal anneal = Anneal::cosine;
    bool three_phase = false;
};

/// The value at update t of a path through first -> peak -> ... -> last, whose phases end at updates pct * n - 1,
/// (with three phases 2 * pct * n - 2,) n - 1. `levels` holds the phases' ends, one more than there are phases.
/// PyTorch divides by zero or starts beyond the first rate where pct * n <= 1; here the rise then takes one update
/// (none where that would leave a later phase without one), the path begins at levels[0] whenever there is a rise, and
/// after n - 1 it stays where it is.
template <std::size_t N>
double one_cycle_path(std::uint64_t t, std::uint64_t n, double pct, Anneal anneal,
                      const std::array<double, N>& levels) {
    if (n == 1) return levels[0];
    const auto last = static_cast<double>(n - 1);
    double rise = pct * static_cast<double>(n) - 1;
    if (rise <= 0) rise = pct > 0 && n >= N ? 1 : 0;
    std::array<double, N> ends{};  // ends[k] = where phase k begins and phase k - 1 ends; ends[0] = 0
    for (std::size_t k = 1; k < N; ++k) ends[k] = std::min(rise * static_cast<double>(k), last);
    ends[N - 1] = last;

    const double now = static_cast<double>(std::min(t, n - 1));
    if (now == 0 && pct > 0) return levels[0];
    std::size_t k = 1;  // the phase that ends at ends[k]
    while (k < N - 1 && (now > ends[k] || ends[k] == 0)) ++k;
    const double p = ends[k] > ends[k - 1] ? (now - ends[k - 1]) / (ends[k] - ends[k - 1]) : 1.0;
    if (anneal == Anneal::linear) return std::lerp(levels[k - 1], levels[k], p);
    return std::lerp(levels[k], levels[k - 1], half_cosine(p));
}

/// What the rate and the momentum have in common.
template <class Options>
void define_one_cycle(Definition& d, const Options& o) {
    d.length("length", o.length).share("pct_start", o.pct_start);
    d.require(!o.three_phase || (o.pct_start > 0 && o.pct_start <= 0.5),
              "pct_start: expected a share in (0, 0.5] with three phases (up and down take pct_start each), got ",
              o.pct_start);
    if (o.anneal == Anneal::linear) d.text("anneal", "linear");
    if (o.three_phase) d.text("phases", "3");
}

/// max / div_factor up to max, and down to max / div_factor / final_div_factor at the last update and ever after.
/// (fastai's fit_one_cycle: pct_start 0.25, final_div_factor 4000.)
inline Schedule one_cycle(const OneCycleOptions& o) {
    Definition d("one_cycle");
    d.rate("max", o.max);
    define_one_cycle(d, o);
    d.positive("div_factor", o.div_factor).positive("final_div_factor", o.final_div_factor);
    d.require(o.div_factor >= 1 && o.final_div_factor >= 1, "expected div_factor and final_div_factor >= 1, got ",
              o.div_factor, " and ", o.final_div_factor, " (below 1 the cycle would not rise first or fall last)");
    return d.formula([=](std::uint64_t t, const Parts& parts) {
        const double first = o.max / o.div_factor, final = first / o.final_div_factor;
        if (o.three_phase)
            return one_cycle_path<4>(t, parts.lengths[0], o.pct_start, o.anneal, {first, o.max, first, final});
        return one_cycle_path<3>(t, parts.lengths[0], o.pct_start, o.anneal, {first, o.max, final});
    });
}

/// The momentum of one_cycle: from max down to base while the rate rises, and back to max.
inline Schedule one_cycle_momentum(const OneCycleMomentumOptions& o) {
    Definition d("one_cycle_momentum");
    d.range("base", o.base, "max", o.max);
    define_one_cycle(d, o);
    return d.formula([=](std::uint64_t t, const Parts& parts) {
        if (o.three_phase)
            return one_cycle_path<4>(t, parts.lengths[0], o.pct_start, o.anneal, {o.max, o.base, o.max, o.max});
        return one_cycle_path<3>(t, parts.lengths[0], o.pct_start, o.anneal, {o.max, o.base, o.max});
    });
}

}  // namespace cyclone::schedule
