#include <cyclone/base/profile.h>

#include <chrono>
#include <sstream>
#include <thread>

#include "support/catch.h"

using namespace cyclone;
using profile::Phase;

namespace {

void sleep_ms(int ms) { std::this_thread::sleep_for(std::chrono::milliseconds(ms)); }

const profile::Row* find(const std::vector<profile::Row>& rows, const std::string& name) {
    for (const profile::Row& row : rows)
        if (row.name == name) return &row;
    return nullptr;
}

}  // namespace

TEST_CASE("a lap books the time since the one before it") {
    profile::start();
    profile::lap(Phase::other, "clock");
    sleep_ms(20);
    profile::lap(Phase::forward, "slow");
    profile::lap(Phase::backward, "fast");
    profile::lap(Phase::backward, "fast");
    sleep_ms(5);
    profile::lap(Phase::idle, nullptr);  // books nothing
    profile::lap(Phase::backward, "fast");
    profile::stop();
    sleep_ms(5);
    profile::lap(Phase::forward, "after the end");
    const auto rows = profile::rows();
    REQUIRE(rows.size() == 2);  // the first lap only set the clock
    CHECK(rows[0].phase == Phase::forward);
    CHECK(rows[0].name == "slow");
    CHECK(rows[0].count == 1);
    CHECK(rows[0].seconds >= 0.02);
    CHECK(rows[1].count == 3);
    CHECK(rows[1].seconds < rows[0].seconds);
}

TEST_CASE("threads are summed whether they have ended or not") {
    profile::start();
    const auto work = [] {
        profile::lap(Phase::loader, "clock");
        for (int i = 0; i < 10; ++i) profile::lap(Phase::loader, "batch");
    };
    std::thread first(work), second(work);
    first.join();
    second.join();
    work();
    profile::stop();
    const auto rows = profile::rows();
    REQUIRE(find(rows, "batch") != nullptr);
    CHECK(find(rows, "batch")->count == 30);
}

TEST_CASE("a new start forgets the one before") {
    profile::start();
    profile::lap(Phase::other, "clock");
    profile::lap(Phase::other, "old");
    profile::start();
    profile::lap(Phase::other, "clock");
    profile::lap(Phase::other, "new");
    profile::stop();
    const auto rows = profile::rows();
    CHECK(find(rows, "old") == nullptr);
    CHECK(find(rows, "new") != nullptr);
    std::ostringstream table;
    profile::print(table);
    CHECK(table.str().find("new") != std::string::npos);
    CHECK(table.str().find("other") != std::string::npos);
    CHECK(table.str().find("waited") == std::string::npos);
    profile::start();
    profile::lap(Phase::other, "clock");
    sleep_ms(20);
    profile::lap(Phase::idle, "wait");
    profile::lap(Phase::loader, "make");
    profile::print(table);
    profile::stop();
    // All of the trainer's time: the loader's is not its own.
    CHECK(table.str().find("the trainer waited for batches 100.0 % of its time") != std::string::npos);
}
