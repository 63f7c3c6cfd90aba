// The team in the child of fork().

#include <cyclone/base/team.h>

#include <atomic>

#include "support/catch.h"
#include "support/child.h"
#include "support/threads.h"

using namespace cyclone;

TEST_CASE("the child of fork() gets a team of its own") {
    const test::Threads setting(2);
    Team::mine().run(8, [](std::int64_t) {});
    CHECK(test::in_child([] {
              std::atomic<int> calls{0};
              Team::mine().run(8, [&](std::int64_t) { ++calls; });
              return calls == 8 && Team::mine().size() == 2;
          }) == 0);
    std::atomic<int> calls{0};
    Team::mine().run(8, [&](std::int64_t) { ++calls; });
    CHECK(calls == 8);
}
