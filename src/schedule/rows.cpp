// The registry: the rows of all files of schedules, in the order for --help.

#include "schedule/rows.h"

#include <utility>

namespace cyclone::schedule {

Registry<Schedule(Arguments&, const ScheduleContext&)>& registry() {
    static auto all = [] {
        Registry<Schedule(Arguments&, const ScheduleContext&)> built("schedule", {});
        for (const auto rows : {decay_rows, cyclic_rows, one_cycle_rows, restart_rows, compose_rows})
            for (auto& row : rows()) built.add(std::move(row));
        return built;
    }();
    return all;
}

}  // namespace cyclone::schedule
