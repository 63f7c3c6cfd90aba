#pragma once
// One cycle over the whole run (Smith 2018, arXiv 1803.09820), in the definition of PyTorch's OneCycleLR.

#include <cyclone/schedule/schedule.h>

namespace cyclone::schedule {

/// The form of the way from one rate to the next.
enum class Anneal {
    cosine,  ///< half a cosine
    linear,  ///< a straight line
};

/// Of one_cycle().
struct OneCycleOptions {
    double max;                      ///< highest rate
    Length length;                   ///< the whole run; the last update is length - 1
    double pct_start = 0.3;          ///< fraction of the run that rises; in [0, 1], with three phases in (0, 0.5]
    double div_factor = 25;          ///< the first rate is max / div_factor; >= 1
    double final_div_factor = 1e4;   ///< the last rate is max / div_factor / final_div_factor; >= 1
    Anneal anneal = Anneal::cosine;  ///< of all phases
    bool three_phase = false;        ///< Smith's form: up, down to the first rate, then on to the last rate
};

/// max / div_factor up to max, and down to max / div_factor / final_div_factor at the last update and ever after.
/// (fastai's fit_one_cycle: pct_start 0.25, final_div_factor 4000.) against() makes its momentum.
Schedule one_cycle(const OneCycleOptions& options);

}  // namespace cyclone::schedule
