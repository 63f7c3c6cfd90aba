#pragma once
// Schedules and lengths by name, for the command line of programs.

#include <cyclone/schedule/length.h>
#include <cyclone/schedule/schedule.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace cyclone {

/// What a name is filled in with: the rates of the cycle, its half-length, the length of the run.
struct ParseContext {
    double base = 0.002;
    double max = 0.03;
    Length step_size = Epochs{2};
    Length total = Epochs{12};
    /// Needed only where a text mixes units, as "warmup:500:cosine" in a run of 12 epochs; 0 = not known.
    std::uint64_t updates_per_epoch = 0;
};

/// The schedule of a text "name[:argument...]", e.g. "triangular", "constant:mean", "exp-range:0.9999",
/// "warmup:1epoch:cosine". '_' counts as '-'. UsageError for an unknown name (with the nearest known one), a missing,
/// superfluous or malformed argument, or values that make no schedule.
Schedule parse_schedule(std::string_view text, const ParseContext& context);

/// "2epochs", "0.5 epoch", "4000updates", "4000" (= updates). UsageError on anything else, zero and negative included.
Length parse_length(std::string_view text);

struct ScheduleName {
    std::string name;         ///< "exp-range"
    std::string usage;        ///< "exp-range[:gamma]"
    std::string description;  ///< one line
};

/// Every name parse_schedule() knows, in the order for --help.
std::vector<ScheduleName> known_schedule_names();

}  // namespace cyclone
