#pragma once
// Independent jobs in several threads.

#include <cyclone/base/error.h>
#include <cyclone/base/threads.h>
#include <cyclone/ops/precision.h>

#include <atomic>
#include <cstddef>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

namespace cyclone::lab {

/// Calls job(0) ... job(count - 1), `jobs` at a time (fewer where the system starts no more threads), in new threads
/// with set_num_threads(threads) and the precision of the calling thread, whose generator, grad mode and thread count
/// stay out of it. The first exception ends the handing out of jobs and is thrown again here. Error where not one
/// thread can be started.
template <class Job>
void run_jobs(std::size_t count, int jobs, int threads, Job job) {
    std::atomic<std::size_t> next{0};
    std::exception_ptr failure;
    std::mutex mutex;
    const auto work = [&, precision = precision()] {
        try {
            const PrecisionScope scope(precision);
            set_num_threads(threads);
            for (std::size_t i = next++; i < count; i = next++) job(i);
        } catch (...) {
            next = count;
            const std::lock_guard lock(mutex);
            if (!failure) failure = std::current_exception();
        }
    };
    end_idle_threads();
    std::vector<std::thread> workers;
    try {
        workers.reserve(count);
        for (std::size_t i = 0; i < count && i < static_cast<std::size_t>(jobs); ++i) workers.emplace_back(work);
    } catch (const std::exception& error) {
        check(!workers.empty(), "jobs", "no thread can be started: ", error.what(),
              " (hint: the limits of processes and of memory, ulimit -u and -v, or of the container)");
    }
    for (std::thread& worker : workers) worker.join();
    if (failure) std::rethrow_exception(failure);
}

}  // namespace cyclone::lab
