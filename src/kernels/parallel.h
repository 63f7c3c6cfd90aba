#pragma once
// How loops are spread over threads.

#include <cyclone/base/threads.h>

#include <cstdint>

namespace cyclone::kernels {

/// Below this many elementary operations a fork-join costs more than it saves.
inline constexpr std::int64_t kParallelThreshold = 1 << 15;

/// Calls f(begin, end) on parts of [0, n), in parallel if n * work_per_item reaches the threshold. The split depends
/// only on n and the number of threads. f must not throw.
template <class F>
void parallel_for(std::int64_t n, F&& f, std::int64_t work_per_item = 1) {
    const int threads = num_threads();
    if (threads == 1 || n <= 1 || n * work_per_item < kParallelThreshold) {
        f(std::int64_t{0}, n);
        return;
    }
    in_parallel(threads, [&](int part, int parts) { f(n * part / parts, n * (part + 1) / parts); });
}

}  // namespace cyclone::kernels
