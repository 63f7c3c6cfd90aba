// The shift of probabilities to another prior.

#include <cyclone/metrics/recalibration.h>

#include <algorithm>

#include "metrics/checks.h"

namespace cyclone::metrics {

double shift_prior(double probability, double from, double to) {
    check_probabilities("shift_prior", {&probability, 1});
    for (const double prior : {from, to})
        check(prior > 0 && prior < 1, "shift_prior", "expected priors between 0 and 1, got ", prior);
    const double p = std::clamp(probability, 0.0, 1.0);
    const double positive = p * (to / from), negative = (1 - p) * ((1 - to) / (1 - from));
    return positive / (positive + negative);
}

}  // namespace cyclone::metrics
