// Launchers and shards.

#include "cli/place.h"

#include <cyclone/base/error.h>
#include <cyclone/base/threads.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <optional>
#include <string_view>

#include <sched.h>
#include <unistd.h>

namespace cyclone::cli {
namespace {

struct Found {
    std::string launcher, variable;  // that has the rank
    int rank = 0, count = 1;         // rank from 0
    int here = 1;                    // processes on this machine, where the launcher tells
};

std::optional<int> whole_number(std::string_view text) {
    int number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end != text.data() + text.size() || number < 0) return std::nullopt;
    return number;
}

std::optional<int> variable(const char* name) {
    const char* text = std::getenv(name);
    return text ? whole_number(text) : std::nullopt;
}

// A batch script has SLURM_PROCID=0 and the number of tasks of the job, but is one process; only srun makes steps.
std::optional<int> slurm_tasks() {
    if (const auto of_step = variable("SLURM_STEP_NUM_TASKS")) return of_step;
    const bool in_step = std::getenv("SLURM_STEP_ID") || std::getenv("SLURM_STEPID");
    if (std::getenv("SLURM_JOB_ID") && !in_step) return 1;
    return variable("SLURM_NTASKS");
}

int slurm_tasks_here(int tasks) {
    const int nodes = std::max(1, variable("SLURM_STEP_NUM_NODES").value_or(variable("SLURM_NNODES").value_or(1)));
    return (tasks + nodes - 1) / nodes;
}

// The first launcher with more than one process; else the first one.
std::optional<Found> find_launcher() {
    std::optional<Found> found;
    const auto add = [&](const char* launcher, const char* name, std::optional<int> count, int here) {
        const auto rank = variable(name);
        if (!rank || !count || *count < 1 || *rank >= *count || (found && found->count > 1)) return;
        if (!found || *count > 1) found = {launcher, name, *rank, *count, std::clamp(here, 1, *count)};
    };
    add("Open MPI", "OMPI_COMM_WORLD_RANK", variable("OMPI_COMM_WORLD_SIZE"),
        variable("OMPI_COMM_WORLD_LOCAL_SIZE").value_or(1));
    add("MPICH or Intel MPI", "PMI_RANK", variable("PMI_SIZE"), variable("MPI_LOCALNRANKS").value_or(1));
    if (const auto tasks = slurm_tasks()) add("Slurm", "SLURM_PROCID", tasks, slurm_tasks_here(*tasks));
    // Indices may have gaps: what counts is which is the first, and how many there are.
    const auto id = variable("SLURM_ARRAY_TASK_ID"), count = variable("SLURM_ARRAY_TASK_COUNT");
    if (id && count && *count >= 1 && (!found || (found->count == 1 && *count > 1))) {
        const bool first = *id == variable("SLURM_ARRAY_TASK_MIN").value_or(0);
        found = Found{"Slurm array", "SLURM_ARRAY_TASK_ID=" + std::to_string(*id), first ? 0 : 1, *count, 1};
    }
    return found;
}

pid_t parent_of(pid_t process) {
    std::ifstream file("/proc/" + std::to_string(process) + "/stat");
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    const auto name_ends = text.rfind(')');  // then " S 1234 ..."
    if (name_ends == std::string::npos || text.size() < name_ends + 5) return 0;
    const std::string_view rest = std::string_view(text).substr(name_ends + 4);
    return whole_number(rest.substr(0, rest.find(' '))).value_or(0);
}

// Processors of the launcher itself, the nearest ancestor without the rank in its environment; 0: unknown.
int processors_of_launcher(const std::string& rank) {
    for (pid_t process = getppid(); process > 0; process = parent_of(process)) {
        std::ifstream file("/proc/" + std::to_string(process) + "/environ");
        const std::string environment{std::istreambuf_iterator<char>(file), {}};
        if (('\0' + environment).find('\0' + rank + '=') != std::string::npos) continue;
        cpu_set_t set;
        CPU_ZERO(&set);
        return sched_getaffinity(process, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 0;
    }
    return 0;
}

std::string processors(int count) { return std::to_string(count) + (count == 1 ? " processor" : " processors"); }

// Sets the processors of a process of a launcher, and says why.
std::string share_processors(const Found& found, Place& place) {
    if (found.here == 1) return processors(place.processors);
    const int whole = processors_of_launcher(found.variable);
    if (place.processors < whole)
        return processors(place.processors) + " of " + std::to_string(whole) + ", to which the launcher binds it";
    const int all = place.processors;
    place.processors = std::max(1, all / found.here);
    return processors(place.processors) + " of " + std::to_string(all) + ", shared by " + std::to_string(found.here) +
           " processes";
}

std::string name_of(const Found& found) {
    return found.launcher == "Slurm array"
               ? "a task of " + std::to_string(found.count) + " (" + found.launcher + ", " + found.variable + ")"
               : "process " + std::to_string(found.rank + 1) + " of " + std::to_string(found.count) + " (" +
                     found.launcher + ", " + found.variable + ")";
}

}  // namespace

Place find_ranks() {
    Place place;
    place.processors = available_processors();
    const auto found = find_launcher();
    if (!found || found->count == 1 || found->launcher == "Slurm array") return place;
    place.count = found->count;
    place.is_first = found->rank == 0;
    const std::string used = share_processors(*found, place);
    place.text = name_of(*found) + ", which train together; " + used;
    return place;
}

Place find_place(const std::string& shard) {
    Place place;
    place.processors = available_processors();
    const auto found = find_launcher();
    if (shard.empty()) {
        if (!found) return place;
        place.count = found->count;
        place.is_first = found->rank == 0;
        const std::string used = share_processors(*found, place);
        place.text = name_of(*found) + (place.shares() ? ", which share the runs; " : ", which is alone; ") + used;
        return place;
    }
    const auto slash = std::min(shard.find('/'), shard.size());
    const auto number = whole_number(std::string_view(shard).substr(0, slash));
    const auto count = whole_number(std::string_view(shard).substr(std::min(slash + 1, shard.size())));
    check<UsageError>(number && count && *number >= 1 && *number <= *count, "--shard",
                      "expected I/N, the I-th of N processes, with I from 1 to N, such as 1/8 or 8/8, got '", shard,
                      "'", number == 0 ? " (hint: they are counted from 1)" : "");
    place.count = *count;
    place.is_first = *number == 1;
    place.text = "process " + shard + (place.shares() ? ", which share the runs; " : ", which is alone; ") +
                 processors(place.processors) +
                 (place.shares() ? " (--jobs, where several of them are on one machine)" : "");
    if (found && found->count > 1) place.text += "; that it is " + name_of(*found) + " is not used";
    return place;
}

}  // namespace cyclone::cli
