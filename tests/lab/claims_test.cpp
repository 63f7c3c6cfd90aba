#include "lab/claims.h"

#include <cyclone/base/error.h>

#include <sys/resource.h>
#include <sys/stat.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <fstream>
#include <thread>

#include <fcntl.h>
#include <unistd.h>

#include "support/catch.h"
#include "support/child.h"
#include "support/shared_files.h"

using namespace cyclone;
using lab::Claim;
using lab::Claims;
using namespace std::chrono_literals;

namespace {

namespace fs = std::filesystem;

constexpr lab::ClaimTimes kQuick{.beat = 50ms, .dead = 1500ms};

struct Folder {
    Folder() { fs::create_directories(claims); }
    Claims open(lab::ClaimTimes times = {}) const { return {claims, temporary / "clock", times}; }
    test::TemporaryFolder temporary;
    fs::path claims = temporary / "claims";
};

// As if a process of another machine had made the claim, so many seconds ago.
void put_elsewhere(const fs::path& file, const std::string& text, double seconds_ago) {
    std::ofstream(file) << text;
    timespec now{};
    clock_gettime(CLOCK_REALTIME, &now);
    const timespec then{now.tv_sec - static_cast<time_t>(seconds_ago), now.tv_nsec};
    const timespec times[2] = {then, then};
    REQUIRE(utimensat(AT_FDCWD, file.c_str(), times, 0) == 0);
}

const std::string kOtherMachine = "00000000-1111-2222-3333-444444444444 node7 1234\n";

// What take() says in the end: a claim that may be dead is asked about again, as long as `limit`.
Claim settled(Claims& claims, const std::string& name, std::chrono::milliseconds limit = 30s) {
    const auto end = std::chrono::steady_clock::now() + limit;
    Claim claim = claims.take(name);
    while (claim == Claim::unsure && std::chrono::steady_clock::now() < end) {
        std::this_thread::sleep_for(5ms);
        claim = claims.take(name);
    }
    return claim;
}

}  // namespace

TEST_CASE("a claim is one process's until it gives it up, and leaves no file") {
    const Folder folder;
    {
        Claims a = folder.open(), b = folder.open();
        CHECK(a.take("x-seed1") == Claim::mine);
        CHECK(a.take("x-seed1") == Claim::mine);
        CHECK(b.take("x-seed1") == Claim::elsewhere);
        CHECK(b.take("x-seed2") == Claim::mine);
        CHECK(a.any_elsewhere());
        CHECK(a.keeps("x-seed1"));
        CHECK_FALSE(a.keeps("x-seed2"));
        a.release("x-seed1");
        a.release("x-seed2");  // is b's
        CHECK(b.take("x-seed1") == Claim::mine);
        CHECK(a.take("x-seed2") == Claim::elsewhere);
    }
    CHECK(fs::is_empty(folder.claims));
    fs::remove(folder.claims);  // by a process that found it empty
    CHECK(folder.open().take("x-seed1") == Claim::mine);
}

TEST_CASE("of many processes that come at once exactly one gets a claim, also of a dead one") {
    const Folder folder;
    for (const int seed : {1, 2, 3, 4, 5}) {
        const std::string name = "x-seed" + std::to_string(seed);
        if (seed % 2 == 0) put_elsewhere(folder.claims / (name + ".1"), kOtherMachine, 1000);
        std::atomic<int> mine{0}, start{0};
        std::vector<std::thread> threads;
        for (int i = 0; i < 8; ++i)
            threads.emplace_back([&] {
                Claims claims = folder.open();
                ++start;
                while (start < 8) std::this_thread::yield();
                mine += claims.take(name) == Claim::mine;
                ++start;
                while (start < 16) std::this_thread::yield();
            });
        for (std::thread& thread : threads) thread.join();
        CHECK(mine == 1);
    }
    CHECK(fs::is_empty(folder.claims));
}

TEST_CASE("the claim of a process that was killed on this machine is free at once") {
    const Folder folder;
    int ready[2];
    REQUIRE(pipe(ready) == 0);
    const pid_t child = fork();
    if (child == 0) {
        Claims claims = folder.open();
        const bool mine = claims.take("x-seed1") == Claim::mine && claims.take("y-seed1") == Claim::mine;
        if (!mine || write(ready[1], "!", 1) != 1) _exit(1);
        for (;;) pause();
    }
    char byte = 0;
    REQUIRE(read(ready[0], &byte, 1) == 1);
    Claims claims = folder.open();
    CHECK(claims.take("x-seed1") == Claim::elsewhere);
    kill(child, SIGKILL);
    CHECK(test::wait_for(child) == 128 + SIGKILL);
    CHECK(fs::exists(folder.claims / "x-seed1.1"));
    CHECK_FALSE(claims.any_elsewhere());
    CHECK(claims.take("x-seed1") == Claim::mine);
    claims.release("x-seed1");
    CHECK_FALSE(fs::exists(folder.claims / "x-seed1.1"));
    claims.remove_dead();
    CHECK(fs::is_empty(folder.claims));
    close(ready[0]), close(ready[1]);
}

TEST_CASE("of another machine's claims the time decides, by the file system's clock") {
    const Folder folder;
    Claims claims = folder.open(kQuick);
    const fs::path file = folder.claims / "x-seed1.1";
    SECTION("long untouched, or from a time to come: dead at once") {
        for (const double seconds_ago : {1000.0, 2.0, -1000.0}) {
            put_elsewhere(file, kOtherMachine, seconds_ago);
            CHECK(claims.take("x-seed1") == Claim::mine);
            claims.release("x-seed1");
        }
    }
    SECTION("just touched and never again: dead after a while") {
        put_elsewhere(file, kOtherMachine, 0);
        CHECK(claims.take("x-seed1") == Claim::unsure);
        CHECK(claims.any_elsewhere());
        CHECK(settled(claims, "x-seed1") == Claim::mine);
    }
    SECTION("half or damaged: dead after a beat") {
        Claims slow = folder.open({.beat = 100ms, .dead = 1000s});
        for (const std::string& text : {std::string(), kOtherMachine.substr(0, 10), std::string(300, '\0')}) {
            put_elsewhere(file, text, 0);
            CHECK(settled(slow, "x-seed1") == Claim::mine);
            slow.release("x-seed1");
            CHECK_FALSE(fs::exists(file));
        }
    }
    SECTION("touched again while it is watched: alive") {
        Claims slow = folder.open();
        put_elsewhere(file, kOtherMachine, 0);
        CHECK(slow.take("x-seed1") == Claim::unsure);
        CHECK(slow.take("x-seed1") == Claim::unsure);
        std::this_thread::sleep_for(10ms);
        put_elsewhere(file, kOtherMachine, 0);
        CHECK(slow.take("x-seed1") == Claim::elsewhere);
        CHECK(slow.take("x-seed1") == Claim::elsewhere);  // it was alive a moment ago
    }
}

TEST_CASE("a living process of another machine keeps its claim by its beats, and learns that it was followed") {
    const Folder folder;
    Claims there = folder.open(kQuick), here = folder.open(kQuick);
    REQUIRE(there.take("x-seed1") == Claim::mine);
    const fs::path file = folder.claims / "x-seed1.1";
    {  // in place, so that it stays the same file
        const int claim = open(file.c_str(), O_WRONLY);
        REQUIRE(pwrite(claim, kOtherMachine.data(), 36, 0) == 36);
        close(claim);
    }
    for (int i = 0; i < 100; ++i) {  // for longer than `dead`
        CHECK(here.take("x-seed1") != Claim::mine);
        std::this_thread::sleep_for(20ms);
    }
    CHECK(settled(here, "x-seed1") == Claim::elsewhere);
    CHECK(there.keeps("x-seed1"));

    // As if it had slept for long and somebody had followed it.
    std::ofstream(folder.claims / "x-seed1.2") << kOtherMachine;
    for (int i = 0; i < 3000 && there.keeps("x-seed1"); ++i) std::this_thread::sleep_for(10ms);
    CHECK_FALSE(there.keeps("x-seed1"));
    there.release("x-seed1");
    CHECK(fs::exists(folder.claims / "x-seed1.2"));  // the follower's
}

TEST_CASE("a claim whose file is gone is lost") {
    const Folder folder;
    Claims claims = folder.open(kQuick);
    REQUIRE(claims.take("x-seed1") == Claim::mine);
    fs::remove(folder.claims / "x-seed1.1");
    for (int i = 0; i < 3000 && claims.keeps("x-seed1"); ++i) std::this_thread::sleep_for(10ms);
    CHECK_FALSE(claims.keeps("x-seed1"));
    CHECK(claims.take("x-seed1") == Claim::mine);
}

TEST_CASE("what is no claim is an error that names the file") {
    const Folder folder;
    Claims claims = folder.open();
    const fs::path file = folder.claims / "x-seed1.1";
    SECTION("a folder") { fs::create_directory(file); }
    SECTION("a pipe") { REQUIRE(mkfifo(file.c_str(), 0600) == 0); }
    SECTION("a link that leads nowhere") { fs::create_symlink("nowhere", file); }
    CHECK_THROWS_WITH(claims.take("x-seed1"), Catch::Contains(file.string()));
    CHECK_THROWS_WITH(claims.any_elsewhere(), Catch::Contains(file.string()));
    CHECK(claims.take("x-seed2") == Claim::mine);
}

TEST_CASE("a claim that cannot be written is an error and leaves no file") {
    const Folder folder;
    CHECK(test::in_child([&] {
              signal(SIGXFSZ, SIG_IGN);
              const rlimit none{20, 20};
              setrlimit(RLIMIT_FSIZE, &none);
              Claims claims = folder.open();
              try {
                  claims.take("x-seed1");
              } catch (const Error& error) {
                  return std::string(error.what()).find("x-seed1.1: cannot write") != std::string::npos;
              }
              return false;
          }) == 0);
    CHECK(fs::is_empty(folder.claims));
}
