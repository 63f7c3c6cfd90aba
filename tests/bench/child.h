#pragma once
// Measurements that need a process of their own: how long it takes to start, how much memory it needs.

#include <string>

namespace bench {

/// What the parent sees of a child: the line it printed when its work was done, and when that was.
struct ChildResult {
    double seconds = 0;  ///< from before the process was started to its line
    double number = 0;   ///< the number in its line
};

/// Starts this program with `--child TASK` and waits for it. Error when it cannot be started, fails, prints something
/// else or takes longer than `timeout_seconds`.
ChildResult run_child(const std::string& task, double timeout_seconds);

/// The other side: does TASK, prints one line with a number and returns the exit code. Tasks:
///   cyclone-update   the first update of a training, batch 32; the number says nothing
///   raw-update       the raw primitives of that update, made and run once
///   memory:N:M       trains the study's CNN on N patches of 16 bit for M updates; the peak of its memory in MB
///   synthetic:N:M    the same with patches of synthetic_patches()
/// Errors: another task.
int child_main(const std::string& task);

}  // namespace bench
