// Plain loops over the run: a run has thousands of updates, a value takes nanoseconds.

#include <cyclone/schedule/summary.h>

#include <algorithm>

namespace cyclone::schedule {

double sum(const Schedule& schedule, std::uint64_t updates) {
    double total = 0;
    for (std::uint64_t t = 0; t < updates; ++t) total += schedule.value(t);
    return total;
}

double mean(const Schedule& schedule, std::uint64_t updates) {
    return updates == 0 ? 0 : sum(schedule, updates) / static_cast<double>(updates);
}

double highest(const Schedule& schedule, std::uint64_t updates) {
    double best = 0;
    for (std::uint64_t t = 0; t < updates; ++t) best = std::max(best, schedule.value(t));
    return best;
}

}  // namespace cyclone::schedule
