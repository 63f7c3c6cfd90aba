#pragma once
// Cyclone's side of `make bench-peers`: a process that measures in turns with others.

#include <string>

namespace bench {

/// TASK is "training:BATCH" or "inference:BATCH" of the study's CNN. Prints "started" after the first step and "ready"
/// when warm; then, for every line with a number of seconds on standard input, works that long and prints the images
/// per second. Returns at the end of the input. Errors: another task.
int worker_main(const std::string& task);

}  // namespace bench
