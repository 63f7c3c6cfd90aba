#pragma once
// Independent jobs in several threads.

#include <cyclone/base/threads.h>

#include <atomic>
#include <cstddef>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

namespace cyclone::lab {

/// Calls job(0) ... job(count - 1), `jobs` at a time, in new threads with set_num_threads(threads): the calling
/// thread's generator, grad mode and thread count stay out of it. The first exception ends the handing out of jobs and
/// is thrown again here.
template <class Job>
void run_jobs(std::size_t count, int jobs, int threads, Job job) {
    std::atomic<std::size_t> next{0};
    std::exception_ptr failure;
    std::mutex mutex;
    const auto work = [&] {
        try {
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
    for (std::size_t i = 0; i < count && i < static_cast<std::size_t>(jobs); ++i) workers.emplace_back(work);
    for (std::thread& worker : workers) worker.join();
    if (failure) std::rethrow_exception(failure);
}

}  // namespace cyclone::lab
