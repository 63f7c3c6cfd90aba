// Thread counts by OpenMP, what remains of them after fork(), and the flush of denormal numbers.

#include <cyclone/base/error.h>
#include <cyclone/base/threads.h>

#include <omp.h>
#include <pthread.h>

#include <algorithm>
#include <atomic>
#include <exception>
#include <limits>
#include <thread>
#include <vector>

#if defined(__x86_64__)
#include <xmmintrin.h>
#endif

namespace cyclone {
namespace {

// How many of `wanted` threads, the calling one included, the system lets run side by side. GNU's OpenMP ends the
// process where it cannot start one.
int start_on_trial(int wanted) {
    std::atomic<bool> over{false};
    std::vector<std::thread> started;
    started.reserve(static_cast<std::size_t>(wanted));
    try {
        while (static_cast<int>(started.size()) < wanted - 1) started.emplace_back([&] { over.wait(false); });
    } catch (const std::exception&) {  // as many as there are
    }
    over = true;
    over.notify_all();
    for (std::thread& thread : started) thread.join();
    return 1 + static_cast<int>(started.size());
}

std::atomic<int> fork_count{0};

// The child of fork() has no workers, and GNU's OpenMP would wait for them for ever: they end before.
[[maybe_unused]] const int handlers = pthread_atfork(end_idle_threads, nullptr, [] { ++fork_count; });

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
    if (omp_in_parallel() || omp_get_active_level() >= omp_get_max_active_levels()) return 1;
    thread_local Startable startable;
    return startable.of(std::min({omp_get_max_threads(), omp_get_thread_limit(), most_threads()}));
}

void set_num_threads(int n) {
    check(n >= 1 && n <= most_threads(), "set_num_threads", "expected a count from 1 to ", most_threads(), ", got ", n);
    omp_set_num_threads(n);
}

int most_threads() {
    static const int most = std::max(1024, available_processors());
    return most;
}

int available_processors() { return omp_get_num_procs(); }

void end_idle_threads() { omp_pause_resource(omp_pause_soft, omp_get_initial_device()); }

void flush_denormals() {
#if defined(__x86_64__)
    constexpr unsigned kFlushToZero = 0x8000;
    constexpr unsigned kDenormalsAreZero = 0x0040;
#pragma omp parallel num_threads(num_threads())
    _mm_setcsr(_mm_getcsr() | kFlushToZero | kDenormalsAreZero);
#endif
}

ExactThreads::ExactThreads(int count)
    : before_(omp_get_max_threads()), count_(count), dynamic_(omp_get_dynamic() != 0) {
    if (count_ != before_) omp_set_num_threads(count_);
    if (dynamic_) omp_set_dynamic(0);
}

ExactThreads::~ExactThreads() {
    if (count_ != before_) omp_set_num_threads(before_);
    if (dynamic_) omp_set_dynamic(1);
}

int forks() { return fork_count; }

}  // namespace cyclone
