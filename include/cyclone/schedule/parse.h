#pragma once
// Schedules and lengths by name, for the command line of programs.

#include <cyclone/base/registry.h>
#include <cyclone/schedule/length.h>
#include <cyclone/schedule/schedule.h>

#include <cstdint>
#include <string_view>

namespace cyclone {

/// What a name is filled in with: the rates of the cycle, its half-length, the length of the run.
struct ScheduleContext {
    double base = 0.002;           ///< lowest rate of a cycle
    double max = 0.03;             ///< highest rate, also of the decays
    Length step_size = Epochs{2};  ///< half a cycle
    Length total = Epochs{12};     ///< the run
    /// Needed only where a text mixes units, as "warmup:500:cosine" in a run of 12 epochs; 0 = not known.
    std::uint64_t updates_per_epoch = 0;
};

namespace schedule {

/// Every name that parse_schedule() knows. A row is all that a schedule needs to be known to every program; each
/// schedule of the library has its own beside its formula.
Registry<Schedule(Arguments&, const ScheduleContext&)>& registry();

}  // namespace schedule

/// The schedule of a text "name[:argument...]", e.g. "triangular", "constant:mean", "exp-range:0.9999",
/// "exp-range:gamma=0.9999", "warmup:1epoch:cosine". '_' counts as '-'. UsageError for an unknown name (with the
/// nearest known one), a missing, superfluous or malformed argument, or values that make no schedule.
Schedule parse_schedule(std::string_view text, const ScheduleContext& context);

/// What of a context the schedule of a text does not depend on, of "base", "max" and "step_size".
std::vector<std::string> unused_context(std::string_view text, const ScheduleContext& context);

/// "2epochs", "0.5 epoch", "4000updates", "4000" (= updates). UsageError on anything else, zero and negative included.
Length parse_length(std::string_view text);

}  // namespace cyclone
