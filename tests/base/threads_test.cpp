// How many threads there are.

#include <cyclone/base/error.h>
#include <cyclone/base/team.h>
#include <cyclone/base/threads.h>
#include <cyclone/ops/ops.h>

#include <array>
#include <atomic>
#include <cstdlib>
#include <optional>
#include <thread>

#include "support/catch.h"
#include "support/threads.h"

using namespace cyclone;

TEST_CASE("ending the idle workers changes neither the thread count nor what is computed after it") {
    const int before = num_threads();
    set_num_threads(3);
    const Tensor x = Tensor::ones({64, 1024});  // large enough to be spread over the threads
    CHECK(sum(x).item() == 65536);
    end_idle_threads();
    CHECK(num_threads() == 3);
    CHECK(sum(x).item() == 65536);
    end_idle_threads();
    end_idle_threads();
    set_num_threads(before);
}

TEST_CASE("thread counts that no machine has are refused by name") {
    CHECK_THROWS_WITH(set_num_threads(0), Catch::Contains("expected a count from 1 to 1024, got 0"));
    CHECK_THROWS_WITH(set_num_threads(100'000), Catch::Contains("got 100000"));
}

TEST_CASE("parts run side by side, each once, with OpenMP and on the team") {
    const test::Threads setting(3);
    for (const bool on_team : {false, true}) {
        std::optional<TeamLoops> loops;
        if (on_team) loops.emplace();
        std::array<std::atomic<int>, 3> calls{};
        std::atomic<int> here{0}, wrong{0};
        in_parallel(3, [&](int part, int parts) {
            ++here;
            while (here < 3) std::this_thread::yield();  // for ever, were they one after the other
            if (parts != 3 || num_threads() != 1) ++wrong;
            ++calls[static_cast<std::size_t>(part)];
        });
        CHECK(wrong == 0);
        for (const auto& n : calls) CHECK(n == 1);
    }
    int calls = 0;
    in_parallel(1, [&](int part, int parts) { calls += part == 0 && parts == 1 && num_threads() == 3; });
    CHECK(calls == 1);
}

#ifndef _OPENMP

TEST_CASE("without OpenMP the number of threads is what was asked for, per thread") {
    const test::Threads setting(2);
    CHECK(num_threads() == 2);
    {
        const ExactThreads one(1);
        CHECK(num_threads() == 1);
    }
    CHECK(num_threads() == 2);
    int elsewhere = 0;
    std::thread([&] { elsewhere = num_threads(); }).join();
    const char* wanted = std::getenv("OMP_NUM_THREADS");
    CHECK(elsewhere == (wanted ? std::atoi(wanted) : available_processors()));
}

#endif
