#pragma once
// Sums of a schedule over a run: the learning-rate budget (sum of the rates) is what makes two schedules comparable.

#include <cyclone/schedule/schedule.h>

#include <cstdint>

namespace cyclone::schedule {

/// Sum of value(0) ... value(updates - 1); 0 for no updates. Evaluates every update.
double sum(const Schedule& schedule, std::uint64_t updates);

/// sum / updates; 0 for no updates.
double mean(const Schedule& schedule, std::uint64_t updates);

/// Largest of value(0) ... value(updates - 1); 0 for no updates.
double highest(const Schedule& schedule, std::uint64_t updates);

}  // namespace cyclone::schedule
