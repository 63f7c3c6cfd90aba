#pragma once
// A valley without a network: loss = (a^2 + steepness b^2) / 2, with gradients that may be noisy.

#include <cyclone/base/random.h>
#include <cyclone/schedule/schedule.h>

#include <cmath>
#include <cstdint>

namespace cyclone::lab {

struct Valley {
    double steepness = 20;  ///< across; along it is 1
    double noise = 0;       ///< SD of the gradient, times the root of the curvature

    struct Place {
        double a = 3, b = 1;  ///< along, across
    };
    double loss(Place p) const { return (p.a * p.a + steepness * p.b * p.b) / 2; }

    /// Gradient descent; visit(update, place) at the start and after each update. Noise is drawn from `random`.
    template <class Visit>
    Place descend(const Schedule& rate, std::uint64_t updates, Place place, const Random& random, Visit visit) const {
        visit(std::uint64_t{0}, place);
        for (std::uint64_t t = 0; t < updates; ++t) {
            const double lr = rate.value(t);
            const double noise_a = noise > 0 ? noise * random.normal(2 * t) : 0;
            const double noise_b = noise > 0 ? noise * std::sqrt(steepness) * random.normal(2 * t + 1) : 0;
            place.a -= lr * (place.a + noise_a);
            place.b -= lr * (steepness * place.b + noise_b);
            visit(t + 1, place);
        }
        return place;
    }
    Place descend(const Schedule& rate, std::uint64_t updates, Place place) const {
        return descend(rate, updates, place, Random(0), [](std::uint64_t, Place) {});
    }
};

}  // namespace cyclone::lab
