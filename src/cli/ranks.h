#pragma once
// The processes of an MPI launcher that train one network together: which of them this is, what it says, how it ends.

#include <cyclone/train/ranks.h>

#include <memory>
#include <string>

namespace cyclone::cli {

/// How MPI is started; see run().
inline std::unique_ptr<train::Ranks> (*start_ranks)() = nullptr;

/// Several processes of a launcher, unless `asked` (--ranks) is 1: joins them; all but the first say nothing from now
/// on. UsageError where `asked` is not their number, or the program was built without MPI. Null: alone.
struct JoinedRanks {
    train::Ranks* ranks = nullptr;
    int processors = 0;     ///< for this process
    std::string text = {};  ///< a line on what was found
    bool is_first() const { return !ranks || ranks->is_first(); }
};
JoinedRanks join_ranks(int asked);

/// Before a process says why it fails: one that is not the first gives the first time to say it, and to end all. What
/// its message begins with.
std::string let_first_rank_speak(const std::string& command);
/// Ends all ranks, if this is one, or would have become one had it not failed before.
void end_ranks(const std::string& command, int code);
/// Where all goes well: waits for the others.
void leave_ranks();

}  // namespace cyclone::cli
