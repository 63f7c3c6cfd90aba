// Thread counts, what remains of them after fork(), and the flush of denormal numbers. Besides team.cpp the only file
// that knows OpenMP, and what stands for it where the build has none.

#include <cyclone/base/error.h>
#include <cyclone/base/threads.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <exception>
#include <limits>
#include <thread>
#include <utility>
#include <vector>

#ifdef _OPENMP
#include <omp.h>
#endif
#if defined(__x86_64__)
#include <xmmintrin.h>
#endif

#include "system/system.h"

namespace cyclone {
namespace {

#ifndef _OPENMP
// What OMP_NUM_THREADS says (of a list the first number), else a thread per processor.
int threads_by_default() {
    static const int number = [] {
        const char* text = std::getenv("OMP_NUM_THREADS");
        const long wanted = text ? std::strtol(text, nullptr, 10) : 0;
        return wanted >= 1 && wanted <= most_threads() ? static_cast<int>(wanted) : available_processors();
    }();
    return number;
}

thread_local int wanted_threads = 0;  // 0: the default

void want_threads(int n) { wanted_threads = n; }
int threads_wanted() { return wanted_threads > 0 ? wanted_threads : threads_by_default(); }
#endif

// How many of `wanted` threads, the calling one included, the system lets run side by side. GNU's OpenMP ends the
// process where it cannot start one.
int start_on_trial(int wanted) {
    std::atomic<bool> over{false};
    std::vector<std::thread> started;
    started.reserve(static_cast<std::size_t>(wanted));
    try {
        while (static_cast<int>(started.size()) < wanted - 1)
            started.emplace_back([&] { system::wait_while(over, false); });
    } catch (const std::exception&) {  // as many as there are
    }
    over = true;
    system::wake_all(over);
    for (std::thread& thread : started) thread.join();
    return 1 + static_cast<int>(started.size());
}

std::atomic<int> fork_count{0};

// LLVM's OpenMP begins again in the child of fork(), with the number of threads that the environment says.
#if defined(_OPENMP) && defined(__clang__)
thread_local int threads_at_fork = 0, threads_forgotten = 0;  // the latter in the child, until they are set again

void before_fork() {
    threads_at_fork = omp_in_parallel() ? 1 : omp_get_max_threads();
    end_idle_threads();
}
void in_child() {
    ++fork_count;
    threads_forgotten = threads_at_fork;
}
void recall_threads() {
    if (threads_forgotten > 0) omp_set_num_threads(std::exchange(threads_forgotten, 0));
}
#else
void before_fork() { end_idle_threads(); }
void in_child() { ++fork_count; }
[[maybe_unused]] void recall_threads() {}
#endif

#ifdef _OPENMP
// What the calling thread asks OpenMP for.
int threads_asked() {
    recall_threads();
    return omp_get_max_threads();
}
#endif

// The child of fork() has no workers, and GNU's OpenMP would wait for them for ever: they end before.
[[maybe_unused]] const bool handles_fork = (system::at_fork(before_fork, nullptr, in_child), true);

// What start_on_trial() found for the calling thread, since the last fork().
struct Startable {
    int good = 1, refused = std::numeric_limits<int>::max(), forks = 0;

    int of(int wanted) {
        if (forks != fork_count) *this = {.forks = fork_count};
        if (wanted > good && good < refused - 1) {
            good = std::max(good, start_on_trial(std::min(wanted, refused - 1)));  // OpenMP keeps those it has
            if (good < wanted) refused = good + 1;
        }
        return std::min(wanted, good);
    }
};

}  // namespace

int num_threads() {
    thread_local Startable startable;
#ifdef _OPENMP
    if (omp_in_parallel() || omp_get_active_level() >= omp_get_max_active_levels()) return 1;
    return startable.of(std::min({threads_asked(), omp_get_thread_limit(), most_threads()}));
#else
    return startable.of(threads_wanted());
#endif
}

void set_num_threads(int n) {
    check(n >= 1 && n <= most_threads(), "set_num_threads", "expected a count from 1 to ", most_threads(), ", got ", n);
#ifdef _OPENMP
    recall_threads();
    omp_set_num_threads(n);
#else
    want_threads(n);
#endif
}

int most_threads() {
    static const int most = std::max(1024, available_processors());
    return most;
}

int available_processors() {
#ifdef _OPENMP
    return omp_get_num_procs();
#else
    return system::processors();
#endif
}

void end_idle_threads() {
#ifdef _OPENMP
    omp_pause_resource(omp_pause_soft, omp_get_initial_device());
#endif
}

void flush_denormals() {
#if defined(__x86_64__)
    constexpr unsigned kFlushToZero = 0x8000;
    constexpr unsigned kDenormalsAreZero = 0x0040;
#ifdef _OPENMP  // a task of the team takes the mode from the thread that orders it
#pragma omp parallel num_threads(num_threads())
#endif
    _mm_setcsr(_mm_getcsr() | kFlushToZero | kDenormalsAreZero);
#endif
}

#ifdef _OPENMP
ExactThreads::ExactThreads(int count) : before_(threads_asked()), count_(count), dynamic_(omp_get_dynamic() != 0) {
    if (count_ != before_) omp_set_num_threads(count_);
    if (dynamic_) omp_set_dynamic(0);
}

ExactThreads::~ExactThreads() {
    if (count_ != before_) omp_set_num_threads(before_);
    if (dynamic_) omp_set_dynamic(1);
}
#else
ExactThreads::ExactThreads(int count) : before_(wanted_threads), count_(count) { want_threads(count_); }
ExactThreads::~ExactThreads() { want_threads(before_); }
#endif

int forks() { return fork_count; }

}  // namespace cyclone
