// Signals, threads, and how OpenMP waits.

#include "cli/process.h"

#include <cyclone/base/error.h>
#include <cyclone/base/threads.h>
#include <cyclone/cli/cli.h>

#include <array>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <ctime>
#include <iostream>
#include <string_view>

#include <sched.h>
#include <unistd.h>

namespace cyclone::cli {
namespace {

constexpr int kMostPerProcessor = 4;

std::atomic<std::int64_t> first_signal{0};  // in nanoseconds

extern "C" void on_interrupt(int signal) {
    constexpr std::int64_t kSecond = 1'000'000'000;
    timespec time{};
    clock_gettime(CLOCK_MONOTONIC, &time);
    const std::int64_t now = time.tv_sec * kSecond + time.tv_nsec;
    std::int64_t first = 0;
    if (first_signal.compare_exchange_strong(first, now)) {
        interrupted = true;
    } else if (now - first > kSecond / 2) {
        std::signal(signal, SIG_DFL);
        raise(signal);
    }
}

}  // namespace

void catch_interrupts() {
    for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
        const auto before = std::signal(signal, on_interrupt);
        if (signal == SIGHUP && before == SIG_IGN) std::signal(signal, SIG_IGN);
    }
}

void check_threads(int threads) {
    const int most = kMostPerProcessor * available_processors();
    check<UsageError>(threads >= 1 && threads <= most, "--threads", "expected 1 to ", most, " (", kMostPerProcessor,
                      " per processor), got ", threads);
}

void use_threads(int asked) {
    const int processors = available_processors();
    const bool by_option = asked > 0;
    if (by_option)
        set_num_threads(asked);
    else
        asked = num_threads();
    const char* name = by_option ? "--threads" : "OMP_NUM_THREADS";
    if (asked > kMostPerProcessor * processors) set_num_threads(processors);
    const int got = num_threads();
    if (got < asked)
        std::cerr << "cyclone: " << name << " asks for " << asked << " threads, " << got << " are used ("
                  << (by_option ? "more cannot be had, see OMP_THREAD_LIMIT, ulimit -u and ulimit -v"
                                : "there are not more processors")
                  << ")\n";
    else if (got > processors)
        std::cerr << "cyclone: " << name << " asks for " << asked << " threads, more than the " << processors
                  << " processor(s): that is slow\n";
}

void restart_to_wait_briefly(int argc, char** argv, char** environment) {
    if (argc < 2) return;
    const std::string_view command = argv[1];
    std::string_view threads;  // as --threads says; trainings side by side have one each otherwise
    for (int i = 2; i < argc; ++i) {
        const std::string_view word = argv[i];
        if (word == "--threads" && i + 1 < argc) threads = argv[i + 1];
        if (word.starts_with("--threads=")) threads = word.substr(10);
    }
    const bool many_by_default = command == "train" || command == "evaluate" || command == "predict";
    const bool many_if_asked = command == "compare" || command == "find-lr";
    if (threads == "1" || !(many_by_default || (many_if_asked && !threads.empty()))) return;
    cpu_set_t processors;
    CPU_ZERO(&processors);
    if (sched_getaffinity(0, sizeof processors, &processors) == 0 && CPU_COUNT(&processors) == 1) return;
    static char policy[] = "OMP_WAIT_POLICY=passive", spins[] = "GOMP_SPINCOUNT=1000";
    std::array<char*, 4096> longer;
    std::size_t count = 0;
    for (; environment[count] != nullptr; ++count) {
        const std::string_view entry = environment[count];
        if (entry.starts_with("OMP_WAIT_POLICY=") || entry.starts_with("GOMP_SPINCOUNT=")) return;
        if (count + 3 == longer.size()) return;
        longer[count] = environment[count];
    }
    longer[count] = policy;
    longer[count + 1] = spins;
    longer[count + 2] = nullptr;
    std::array<char, 4096> program{};  // by its own name, which `ps` shows
    const ssize_t length = readlink("/proc/self/exe", program.data(), program.size());
    if (length <= 0 || length == static_cast<ssize_t>(program.size())) return;
    execve(program.data(), argv, longer.data());  // where that is not allowed it works all the same
}

}  // namespace cyclone::cli
