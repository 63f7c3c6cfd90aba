#pragma once
// Several processes that share the work of one command: which of them this is, and how much of the machine is its own.

#include <string>

namespace cyclone::cli {

/// As --shard says, or the environment of a launcher: Open MPI, MPICH and Intel MPI, Slurm's tasks and arrays.
struct Place {
    int count = 1;          ///< processes that share the work
    bool is_first = true;   ///< of them; says once what all would say
    int processors = 1;     ///< for this process
    std::string text = {};  ///< a line on what was found and what is used; empty: nothing was found
    bool shares() const { return count > 1; }
};

/// The processes of a launcher that can talk to each other: the tasks of a Slurm array cannot.
Place find_ranks();

/// `shard`: "2/8", the second of eight; "1/1": alone, whatever the environment; empty: what the environment says.
/// UsageError naming --shard for anything else.
Place find_place(const std::string& shard);

}  // namespace cyclone::cli
