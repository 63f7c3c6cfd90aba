#pragma once
// Thread counts. A setting belongs to the calling thread, so that two trainings in two threads do not disturb each
// other.

namespace cyclone {

/// Threads that this thread's parallel loops and oneDNN primitives use.
int num_threads();

/// Sets num_threads() for the calling thread; n >= 1.
void set_num_threads(int n);

/// Processors this process may run on (affinity and cgroup masks respected).
int available_processors();

/// Ends the idle OpenMP workers of the calling thread; its next parallel loop starts new ones. GNU's OpenMP counts them
/// as running, and with more threads than processors the workers of all threads sleep between two loops.
void end_idle_threads();

/// Flushes denormal numbers to zero in the calling thread and its OpenMP workers: saturated softmax gradients would
/// otherwise run 40 times slower.
void flush_denormals();

}  // namespace cyclone
