#pragma once
// Where the time goes, by phase and operation. While it is off, a lap costs one load of a flag.

#include <atomic>
#include <cstdint>
#include <iosfwd>
#include <string>
#include <vector>

namespace cyclone::profile {

enum class Phase : std::uint8_t {
    forward,   ///< ops as they are called
    backward,  ///< their gradients, and summing them
    update,    ///< the optimizer
    loader,    ///< making batches, mostly on the loader's thread
    idle,      ///< the trainer waiting for a batch
    other      ///< history, hooks, what a program does between two updates
};

namespace detail {
extern std::atomic<bool> on;
void lap(Phase phase, const char* name);
}  // namespace detail

/// Forgets what was measured and starts measuring, in all threads.
void start();
void stop();
inline bool enabled() { return detail::on.load(std::memory_order_relaxed); }

/// Books the time since the calling thread's last lap under `phase` and `name` (a string that lives on, e.g. a
/// literal). The first lap of a thread, and one without a name (nullptr), only sets its clock.
inline void lap(Phase phase, const char* name) {
    if (enabled()) detail::lap(phase, name);
}

/// One line of the table.
struct Row {
    Phase phase;              ///< forward, backward, ...
    std::string name;         ///< of the operation
    std::uint64_t count = 0;  ///< laps
    double seconds = 0;       ///< summed over the threads
};

/// What was measured since start(), by phase, the longest first. Threads still running are included up to their last
/// lap.
std::vector<Row> rows();

/// rows() as a table with shares; nothing when nothing was measured.
void print(std::ostream& out);

}  // namespace cyclone::profile
