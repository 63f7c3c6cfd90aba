#pragma once
// Timing two things against each other on a noisy machine: short turns, A B A B ..., medians of the rounds.

#include <algorithm>
#include <chrono>
#include <functional>
#include <thread>
#include <vector>

namespace bench {

/// After a parallel loop OpenMP's threads look for more work for some milliseconds (libgomp: 300,000 times) before they
/// sleep. Without this pause they take a processor from whoever has the next turn.
inline void let_threads_sleep() { std::this_thread::sleep_for(std::chrono::milliseconds(30)); }

inline double seconds_of(const std::function<void()>& work, int times) {
    const auto start = std::chrono::steady_clock::now();
    for (int i = 0; i < times; ++i) work();
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count() / times;
}

inline double median(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    const std::size_t middle = values.size() / 2;
    return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

struct Pair {
    double ours = 0, limit = 0;  ///< median seconds of one call
    double ratio = 0;            ///< median over the rounds of limit / ours: 1 = as fast as the limit
};

struct Rounds {
    double turn_seconds = 0.1;
    int count = 15;
};

inline Pair measure(const std::function<void()>& ours, const std::function<void()>& limit, const Rounds& rounds) {
    const auto calls_per_turn = [&](const std::function<void()>& work) {
        work();
        return std::max(1, static_cast<int>(rounds.turn_seconds / seconds_of(work, 3)));
    };
    const int our_calls = calls_per_turn(ours), limit_calls = calls_per_turn(limit);
    std::vector<double> a, b, ratio;
    // On a machine busy with other work the turns take longer than planned: then fewer of them.
    const auto start = std::chrono::steady_clock::now();
    const auto late = [&] {
        const std::chrono::duration<double> spent = std::chrono::steady_clock::now() - start;
        return spent.count() > 4 * rounds.turn_seconds * rounds.count;
    };
    for (int round = 0; round < rounds.count && (round < 3 || !late()); ++round) {
        let_threads_sleep();
        a.push_back(seconds_of(ours, our_calls));
        let_threads_sleep();
        b.push_back(seconds_of(limit, limit_calls));
        ratio.push_back(b.back() / a.back());
    }
    return {median(a), median(b), median(ratio)};
}

}  // namespace bench
