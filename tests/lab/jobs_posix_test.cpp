// Jobs where the system starts no more threads.

#include "support/refused_threads.h"

#include <atomic>

#include "lab/workers.h"
#include "support/catch.h"

using namespace cyclone;

#ifndef CYCLONE_NO_MULTIVERSION

TEST_CASE("jobs run in as many threads as there are, and none at all is an error") {
    std::atomic<int> done{0};
    {
        const test::RefusedThreads refused(2);
        lab::run_jobs(7, 4, 1, [&](std::size_t) { ++done; });
        CHECK(done == 7);
    }
    const test::RefusedThreads refused(0);
    CHECK_THROWS_WITH(lab::run_jobs(7, 4, 1, [&](std::size_t) { ++done; }),
                      Catch::Contains("no thread can be started") && Catch::Contains("ulimit -u"));
    CHECK(done == 7);
}

#endif
