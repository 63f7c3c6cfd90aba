#pragma once
// Ctrl-C ends a long program in good order.

#include <atomic>
#include <csignal>

namespace support {

/// True once a signal has asked the program to end: for the `stop` of a training or comparison.
inline std::atomic<bool> interrupted{false};

extern "C" inline void on_interrupt(int signal) {
    interrupted = true;
    std::signal(signal, SIG_DFL);  // a second one ends the process
}

/// From now on the first SIGINT or SIGTERM sets `interrupted`.
inline void catch_interrupts() {
    std::signal(SIGINT, on_interrupt);
    std::signal(SIGTERM, on_interrupt);
}

}  // namespace support
