#pragma once
// The rows of schedule::registry(): each file of schedules lists its own beside their formulas (private).

#include <cyclone/schedule/parse.h>

#include <vector>

namespace cyclone::schedule {

// base, max: the rates of the context; run: its length.
using Rows = std::vector<Registry<Schedule(Arguments&, const ScheduleContext&)>::Row>;

Rows decay_rows();
Rows cyclic_rows();
Rows one_cycle_rows();
Rows restart_rows();
Rows compose_rows();

}  // namespace cyclone::schedule
