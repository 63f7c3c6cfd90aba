// The team in the child of fork().

#include <cyclone/base/team.h>

#include <atomic>

#include <sys/wait.h>
#include <unistd.h>

#include "support/catch.h"
#include "support/threads.h"

using namespace cyclone;

TEST_CASE("the child of fork() gets a team of its own") {
    const test::Threads setting(2);
    Team::mine().run(8, [](std::int64_t) {});
    const pid_t child = fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        alarm(20);
        std::atomic<int> calls{0};
        Team::mine().run(8, [&](std::int64_t) { ++calls; });
        _exit(calls == 8 && Team::mine().size() == 2 ? 0 : 1);
    }
    int status = 0;
    REQUIRE(waitpid(child, &status, 0) == child);
    CHECK(status == 0);
    std::atomic<int> calls{0};
    Team::mine().run(8, [&](std::int64_t) { ++calls; });
    CHECK(calls == 8);
}
