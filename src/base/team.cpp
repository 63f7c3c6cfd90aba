// The team: how tasks are handed out, how workers wait, and what remains of them after fork(). Parallel parts by OpenMP
// or on the team.

#include <cyclone/base/error.h>
#include <cyclone/base/team.h>
#include <cyclone/base/threads.h>

#include <atomic>
#include <chrono>
#include <exception>
#include <limits>
#include <mutex>
#include <system_error>
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

// Between two jobs of a training step lie some tens of microseconds, and a worker that sleeps is back after as many.
// The turns that yield cost a quiet machine nothing and leave the processor to others on a busy one.
constexpr auto kAwake = std::chrono::microseconds(60);

void pause_briefly() {
#if defined(__x86_64__)
    _mm_pause();
#endif
}

// Rounding, and what happens to denormal numbers: a task computes as the thread that ordered it would.
unsigned floating_point_mode() {
#if defined(__x86_64__)
    return _mm_getcsr() & ~0x3FU;  // without the flags of what has happened
#else
    return 0;
#endif
}

void set_floating_point_mode([[maybe_unused]] unsigned mode) {
#if defined(__x86_64__)
    if ((_mm_getcsr() & ~0x3FU) != mode) _mm_setcsr(mode);
#endif
}

template <class T>
void wait_while(const std::atomic<T>& value, T old) {
    const auto changed = [&] { return value.load(std::memory_order_acquire) != old; };
    const auto start = std::chrono::steady_clock::now();
    do {
        for (int i = 0; i < 50; ++i) {
            if (changed()) return;
            pause_briefly();
        }
        std::this_thread::yield();
    } while (std::chrono::steady_clock::now() - start < kAwake);
    system::wait_while(value, old);
}

thread_local bool loops_on_team = false;

}  // namespace

struct Team::Shared {
    // The number of the job in the upper half, its tasks that nobody has taken in the lower one. Who takes a task
    // thereby keeps the job from ending, so what describes it may be read.
    std::atomic<std::uint64_t> open{0};
    std::atomic<std::uint32_t> bell{0};  // another value: there is a new job, or the end
    std::atomic<std::int32_t> unfinished{0};
    std::atomic<bool> failed{false}, ending{false};

    std::int64_t count = 0;
    Call call = nullptr;
    void* function = nullptr;
    unsigned mode = 0;

    std::mutex mutex;
    std::exception_ptr thrown;
    std::int64_t thrown_by = 0;

    bool running = false;  // known to the calling thread alone
    int made_in = forks();
    std::vector<std::thread> workers;
    std::atomic<int> users{1};  // the Team and its workers, where it cannot wait for them

    // The last one out deletes it.
    void leave() {
        if (--users == 0) delete this;
    }

    // False when there is nothing to take.
    bool do_one() {
        constexpr std::uint64_t kTasks = 0xFFFF'FFFF;
        std::uint64_t now = open.load(std::memory_order_acquire);
        do {
            if ((now & kTasks) == 0) return false;
        } while (!open.compare_exchange_weak(now, now - 1, std::memory_order_acq_rel, std::memory_order_acquire));
        const std::int64_t i = count - static_cast<std::int64_t>(now & kTasks);
        const ExactThreads one(1);  // an earlier task may have asked for more
        set_floating_point_mode(mode);
        if (!failed.load(std::memory_order_relaxed)) {
            try {
                call(function, i);
            } catch (...) {
                const std::lock_guard lock(mutex);
                if (!thrown || i < thrown_by) thrown = std::current_exception(), thrown_by = i;
                failed = true;
            }
        }
        if (unfinished.fetch_sub(1, std::memory_order_acq_rel) == 1) system::wake_all(unfinished);
        return true;
    }

    void work() {
        set_num_threads(1);
        for (std::uint32_t heard = 0;;) {
            wait_while(bell, heard);
            heard = bell.load(std::memory_order_acquire);
            if (ending) return;
            while (do_one()) {
            }
        }
    }
};

Team::Team(int size) : shared_(std::make_unique<Shared>()) {
    try {
        while (static_cast<int>(shared_->workers.size()) < size - 1) {
            ++shared_->users;
            shared_->workers.emplace_back([shared = shared_.get()] {
                shared->work();
                shared->leave();
            });
        }
    } catch (const std::system_error&) {  // as many as there are
        --shared_->users;
    }
}

Team::~Team() {
    if (shared_->made_in != forks()) {  // the threads are the parent's
        static_cast<void>(shared_.release());
        return;
    }
    shared_->ending = true;
    ++shared_->bell;
    system::wake_all(shared_->bell);
    if constexpr (system::kMayJoinAtEnd) {
        for (std::thread& worker : shared_->workers) worker.join();
    } else {
        for (std::thread& worker : shared_->workers) worker.detach();
        shared_.release()->leave();
    }
}

Team& Team::mine() {
    thread_local std::unique_ptr<Team> team;
    thread_local int asked_for = 0;
    const int threads = num_threads();
    if (threads == 1) {  // also within a task: the team that runs it stays
        thread_local Team alone(1);
        return alone;
    }
    const bool busy = team && team->shared_->running;  // one of its tasks asks: run() calls one after the other
    if (!busy && (!team || asked_for != threads || team->shared_->made_in != forks())) {
        team.reset();
        team.reset(new Team(threads));
        asked_for = threads;
    }
    return *team;
}

int Team::size() const { return 1 + static_cast<int>(shared_->workers.size()); }

void Team::run(std::int64_t count, Call call, void* function) {
    check(count < std::numeric_limits<std::int32_t>::max(), "Team", "expected fewer tasks, got ", count);
    const ExactThreads one(1);
    if (count <= 1 || size() == 1 || shared_->running) {  // or a task that asked for more threads
        for (std::int64_t i = 0; i < count; ++i) call(function, i);
        return;
    }
    Shared& s = *shared_;
    s.running = true;
    s.count = count, s.call = call, s.function = function;
    s.failed = false;
    s.mode = floating_point_mode();
    s.unfinished = static_cast<std::int32_t>(count);
    const std::uint64_t job = (s.open.load(std::memory_order_relaxed) >> 32) + 1;
    s.open.store(job << 32 | static_cast<std::uint64_t>(count), std::memory_order_release);
    ++s.bell;
    system::wake_all(s.bell);
    while (s.do_one()) {
    }
    for (std::int32_t left = s.unfinished; left != 0; left = s.unfinished) wait_while(s.unfinished, left);
    s.running = false;
    if (s.thrown) std::rethrow_exception(std::exchange(s.thrown, nullptr));
}

TeamLoops::TeamLoops() : before_(std::exchange(loops_on_team, true)) {}
TeamLoops::~TeamLoops() { loops_on_team = before_; }
bool TeamLoops::on() { return loops_on_team; }

void call_in_parallel(int parts, void (*call)(void* function, int part, int parts), void* function) {
    if (parts == 1) {
        call(function, 0, 1);
        return;
    }
#ifdef _OPENMP
    if (!TeamLoops::on()) {
#pragma omp parallel num_threads(parts)
        call(function, omp_get_thread_num(), omp_get_num_threads());
        return;
    }
#endif
    Team::mine().run(parts, [&](std::int64_t part) { call(function, static_cast<int>(part), parts); });
}

}  // namespace cyclone
