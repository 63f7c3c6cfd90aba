#pragma once
// Work in a child of fork(), with a limit of time: what may hang or crash.

#include <sys/wait.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <exception>
#include <thread>

#include <unistd.h>

#include "support/catch.h"

namespace cyclone::test {

inline constexpr int kTimedOut = -1;

/// Waits for a child: its exit code, 128 + the signal that ended it, or kTimedOut (it is killed then). In an emulator
/// on a busy machine a child needs ten seconds for what takes none elsewhere.
inline int wait_for(pid_t child, double seconds = 60) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::duration<double>(seconds);
    int status = 0;
    for (;;) {
        const pid_t done = waitpid(child, &status, WNOHANG);
        if (done == child) return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
        if (done < 0 && errno != EINTR) return kTimedOut;
        if (std::chrono::steady_clock::now() > end) break;
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    kill(child, SIGKILL);
    waitpid(child, &status, 0);
    return kTimedOut;
}

/// fork(). GCC's address sanitizer does not know it: a lock that a thread holds in malloc at that moment stays closed
/// in the child, which then hangs. So threads that have just worked get time to come to rest, and a test whose threads
/// work all the time is skipped.
inline pid_t fork_at_rest() {
#ifdef __SANITIZE_ADDRESS__
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
#endif
    return fork();
}
#ifdef __SANITIZE_ADDRESS__
#define CYCLONE_NEED_FORK_BESIDE_THREADS() CYCLONE_SKIP("GCC's address sanitizer hangs in fork() beside busy threads")
#else
#define CYCLONE_NEED_FORK_BESIDE_THREADS() static_cast<void>(0)
#endif

/// 0 where `work` returns true in a child of fork(), 1 where false, 2 where it throws; else as wait_for().
template <class Work>
int in_child(Work work) {
    const pid_t child = fork_at_rest();
    if (child == 0) {
        int code = 2;
        try {
            code = work() ? 0 : 1;
        } catch (const std::exception&) {  // the code says it
        }
        _exit(code);
    }
    return wait_for(child);
}

}  // namespace cyclone::test
