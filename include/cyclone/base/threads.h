#pragma once
// Thread counts and parallel parts. A setting belongs to the calling thread, so that two trainings in two threads do
// not disturb each other. A build without OpenMP (-DCYCLONE_OPENMP=OFF) runs on std::thread alone, and on the calling
// thread where the system has no threads.

#include <memory>
#include <type_traits>

namespace cyclone {

/// Threads that this thread's parallel loops and oneDNN primitives get: what set_num_threads() or OMP_NUM_THREADS asks
/// for, as far as OpenMP grants it (OMP_THREAD_LIMIT, OMP_MAX_ACTIVE_LEVELS; 1 inside a parallel region of the
/// program's own) and the system starts that many (limits of processes and memory).
int num_threads();

/// Asks for n threads from the calling thread's next parallel loop on. Error unless n is from 1 to most_threads().
void set_num_threads(int n);

/// 1024, or available_processors() where that is more.
int most_threads();

/// Processors this process may run on (affinity and cgroup masks respected).
int available_processors();

/// Ends the idle OpenMP workers of the calling thread, where it has any; its next parallel loop starts new ones. GNU's
/// OpenMP counts them as running, and with more threads than processors the workers of all threads sleep between two
/// loops.
void end_idle_threads();

/// Flushes denormal numbers to zero in the calling thread and its workers: saturated softmax gradients would
/// otherwise run 40 times slower.
void flush_denormals();

/// While it lives, a parallel region of the calling thread that asks for count() threads gets them, and count() is what
/// OpenMP answers when asked for its largest number. oneDNN needs that: a kernel waits for as many threads as it was
/// made for.
class ExactThreads {
public:
    /// `count`: at most num_threads().
    explicit ExactThreads(int count = num_threads());
    ~ExactThreads();
    ExactThreads(const ExactThreads&) = delete;
    ExactThreads& operator=(const ExactThreads&) = delete;

private:
    int before_, count_;
    bool dynamic_ = false;
};

/// What in_parallel() calls; not for programs.
void call_in_parallel(int parts, void (*call)(void* function, int part, int parts), void* function);

/// Calls f(part, parts) once for each part from 0 up to parts - 1, side by side on that many threads, and returns when
/// all calls have: by OpenMP, or on the calling thread's Team (team.h) within TeamLoops and in a build without OpenMP.
/// OpenMP may make fewer parts than `wanted`, which must be at most num_threads(). f must not throw.
template <class F>
void in_parallel(int wanted, F&& f) {
    using Function = std::remove_reference_t<F>;
    call_in_parallel(
        wanted, [](void* function, int part, int parts) { (*static_cast<Function*>(function))(part, parts); },
        const_cast<void*>(static_cast<const void*>(std::addressof(f))));
}

/// How often this process and its forebears were made by fork() since the library was loaded. Who starts a thread keeps
/// the number: where it has changed, the thread is not there.
int forks();

}  // namespace cyclone
