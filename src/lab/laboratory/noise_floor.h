#pragma once
// The rates of the experiment noise-floor, and the loss that follows from them.

#include <cyclone/schedule/schedule.h>

#include <cstdint>
#include <vector>

#include "lab/laboratory/valley.h"

namespace cyclone::lab {

inline constexpr Valley noise_floor_valley{.steepness = 20, .noise = 0.3};
inline constexpr std::uint64_t noise_floor_updates = 600;

/// Constant, triangular, linear, of the same budget.
std::vector<Schedule> noise_floor_rates();
/// The expected loss after the last update: E[x^2] becomes (1 - rate c)^2 E[x^2] + rate^2 (variance of the gradient).
double noise_floor_expected(const Schedule& rate);

}  // namespace cyclone::lab
