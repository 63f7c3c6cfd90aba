#pragma once
// What the program asks of the system for its process: signals, threads, and how OpenMP waits.

#include <atomic>

namespace cyclone::cli {

/// True once a signal has asked the program to end: for the `stop` of a training or comparison.
inline std::atomic<bool> interrupted{false};
/// From now on the first SIGINT, SIGTERM or SIGHUP (unless ignored, as under nohup) sets `interrupted`. One that comes
/// more than half a second later ends the process; until then it is the same one: `timeout` signals the process and its
/// group.
void catch_interrupts();

/// --threads: UsageError unless 1 to four per processor.
void check_threads(int threads);
/// Sets the number of threads: `asked`, or, with 0, what OMP_NUM_THREADS says, else as many as processors. Says on
/// standard error what came out of it where that is not what was asked for, or more than there are processors.
void use_threads(int asked);

}  // namespace cyclone::cli
