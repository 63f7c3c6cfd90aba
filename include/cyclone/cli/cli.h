#pragma once
// The program `cyclone` as a function, for programs that add parts of their own to it.

#include <memory>

namespace cyclone::train {
class Ranks;
}

namespace cyclone::cli {

/// mpi::start_ranks of the library cyclone::mpi: `mpirun -n 4 cyclone train ...` then trains one network in all
/// processes. Null: the program was built without MPI, which is an error there.
using StartRanks = std::unique_ptr<train::Ranks> (*)();

/// Runs `cyclone SUBCOMMAND ...` and returns the exit code: 0 done, 1 failed or stopped by a signal, 2 wrong use.
/// Schedules, layers, optimizers, metrics and formats that were added to their registries before the call are known to
/// every subcommand and its help:
///
///     int main(int argc, char** argv) {
///         cyclone::schedule::registry().add({"sawtooth", "[:period]", "falls and jumps back", make_sawtooth});
///         return cyclone::cli::run(argc, argv);
///     }
int run(int argc, char** argv, StartRanks start_ranks = nullptr);

/// For the first line of main(), or for .preinit_array (src/cli/main.cpp), which comes before the libraries start and
/// saves some milliseconds: replaces the process by the same program (execve) with OMP_WAIT_POLICY and GOMP_SPINCOUNT
/// set, which OpenMP reads before main() begins, unless one of them is set, or there is one processor, or the
/// subcommand works with one thread per training. GNU's OpenMP otherwise waits by spinning for milliseconds: on a
/// machine that has other work that takes the processors from the very threads that are waited for.
void restart_to_wait_briefly(int argc, char** argv, char** environment);

}  // namespace cyclone::cli
