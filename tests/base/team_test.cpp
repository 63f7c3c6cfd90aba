// The team: every task once, exceptions, nesting, and loops that run on it.

#include <cyclone/base/error.h>
#include <cyclone/base/team.h>
#include <cyclone/base/threads.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <numeric>
#include <set>
#include <stdexcept>
#include <thread>
#include <vector>

#include "support/catch.h"
#include "support/threads.h"

#if defined(__x86_64__)
#include <xmmintrin.h>
#endif

using namespace cyclone;

TEST_CASE("a team calls each task once, whatever its size and the number of tasks") {
    for (const int threads : {1, 2, 3, 8}) {
        const test::Threads setting(threads);
        CHECK(Team::mine().size() == threads);
        for (const std::int64_t count : {0, 1, 2, 7, 1000})
            for (int round = 0; round < 20; ++round) {
                std::vector<std::atomic<int>> calls(static_cast<std::size_t>(count));
                Team::mine().run(count, [&](std::int64_t i) { ++calls[static_cast<std::size_t>(i)]; });
                for (const auto& n : calls) REQUIRE(n == 1);
            }
    }
}

TEST_CASE("tasks of a team run side by side, each as one thread") {
    const test::Threads setting(3);
    std::atomic<int> here{0}, most{0}, threads_seen{0};
    Team::mine().run(3, [&](std::int64_t) {  // each waits until all three are there
        const int now = ++here;
        for (int old = most; old < now && !most.compare_exchange_weak(old, now);) {
        }
        while (here < 3) std::this_thread::yield();
        if (num_threads() > threads_seen) threads_seen = num_threads();
    });
    CHECK(most == 3);
    CHECK(threads_seen == 1);
    CHECK(num_threads() == 3);
}

TEST_CASE("what a task throws comes out, no further task begins, and the team goes on working") {
    for (const int threads : {1, 2, 8}) {
        const test::Threads setting(threads);
        std::atomic<int> calls{0};
        for (int round = 0; round < 20; ++round) {
            calls = 0;
            CHECK_THROWS_WITH(Team::mine().run(1000,
                                               [&](std::int64_t i) {
                                                   ++calls;
                                                   if (i == 3) throw std::runtime_error("task " + std::to_string(i));
                                                   if (i > 3)
                                                       std::this_thread::sleep_for(std::chrono::microseconds(100));
                                               }),
                              "task 3");
            CHECK(calls < 1000);
        }
        calls = 0;
        Team::mine().run(10, [&](std::int64_t) { ++calls; });
        CHECK(calls == 10);
    }
}

TEST_CASE("a task may use a team of its own, and two threads have two teams") {
    const test::Threads setting(2);
    std::atomic<int> calls{0};
    const auto work = [&] {
        set_num_threads(2);
        for (int round = 0; round < 100; ++round)
            Team::mine().run(4, [&](std::int64_t) {
                if (round % 2 == 1) set_num_threads(2);
                Team::mine().run(5, [&](std::int64_t) { ++calls; });
            });
    };
    std::thread other(work);
    work();
    other.join();
    CHECK(calls == 2 * 100 * 4 * 5);
}

TEST_CASE("a task that asks for another number of threads keeps the team that runs it") {
    const test::Threads setting(4);
    std::atomic<int> calls{0};
    for (int round = 0; round < 20; ++round) {
        set_num_threads(4);
        Team::mine().run(8, [&](std::int64_t) {
            set_num_threads(3);
            Team::mine().run(5, [&](std::int64_t) { ++calls; });
        });
    }
    CHECK(calls == 20 * 8 * 5);
    set_num_threads(3);
    CHECK(Team::mine().size() == 3);
}

#if defined(__x86_64__)
TEST_CASE("tasks round and flush as the thread that ordered them does") {
    const test::Threads setting(3);
    const unsigned before = _mm_getcsr();
    for (const unsigned extra : {0U, 0x8040U, 0U}) {
        _mm_setcsr((before & ~0x8040U) | extra);
        std::atomic<int> same{0};
        Team::mine().run(100, [&](std::int64_t) { same += (_mm_getcsr() & 0x8040U) == extra; });
        CHECK(same == 100);
    }
    _mm_setcsr(before);
}
#endif
