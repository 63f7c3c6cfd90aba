// Checkpoints when calls fail, processes end, and others hold the folder; what is no regular file.

#include <cyclone/io/checkpoint_folder.h>
#include <cyclone/io/safetensors.h>

#include <sys/stat.h>
#include <sys/wait.h>

#include <algorithm>
#include <string>
#include <vector>

#include <unistd.h>

#include "io/checkpoint_content.h"
#include "io/failing_calls.h"
#include "support/catch.h"
#include "support/child.h"
#include "support/shared_files.h"

using namespace cyclone;
using io::CheckpointFolder;
using test::content;
using test::FailingCalls;
using test::Failure;
using test::names_in;
using test::TemporaryFolder;
using test::value_of;
namespace fs = std::filesystem;

TEST_CASE("another process cannot write to the folder either") {
    const TemporaryFolder temporary;
    const fs::path run = temporary / "run";
    const CheckpointFolder folder(run);
    CHECK(test::in_child([&] {
              try {
                  const CheckpointFolder other(run);
                  return false;
              } catch (const Error&) {
                  return true;
              }
          }) == 0);
}

TEST_CASE("a checkpoint reaches the disk before its name does and the name before the call ends") {
    const TemporaryFolder temporary;
    CheckpointFolder folder(temporary / "run");
    const FailingCalls calls(0, Failure::none);
    folder.save(1, content(1));
    std::vector<std::string> seen = FailingCalls::calls();
    seen.erase(std::unique(seen.begin(), seen.end()), seen.end());
    CHECK(seen == std::vector<std::string>{"open", "write", "fsync", "rename", "open", "fsync"});
}

TEST_CASE("whichever call fails there is the old checkpoint or the new one and nothing half-written") {
    const Failure failure = GENERATE(Failure::no_space, Failure::io_error, Failure::half);
    int at = 1;
    for (bool reached = true; reached; ++at) {
        const TemporaryFolder temporary;
        CheckpointFolder folder(temporary / "run", 1);
        folder.save(1, content(1));
        folder.save_best(content(1));
        const io::WeightsFile next = content(2);
        bool failed = false;
        {
            const FailingCalls calls(at, failure);
            try {
                folder.save(2, next);
                folder.save_best(next);
            } catch (const Error& error) {
                failed = true;
                CHECK_THAT(error.what(), Catch::Contains(folder.path().string()));
            }
            reached = static_cast<int>(FailingCalls::calls().size()) >= at;
        }
        INFO("call " << at << " of kind " << static_cast<int>(failure));
        for (const std::string& name : names_in(folder.path())) CHECK(name.find(".tmp.") == std::string::npos);
        const auto newest = folder.load_newest([](const std::string& text) { FAIL(text); });
        REQUIRE(newest);
        CHECK(value_of(newest->content) == static_cast<double>(newest->number));
        if (!failed) CHECK(newest->number == 2);
        const double best = value_of(io::load_checkpoint(folder.best_path()));
        CHECK((best == 1 || best == 2));
        folder.save(2, next);  // saving works again
        CHECK(folder.load_newest()->number == 2);
    }
    CHECK(at > 20);  // two files: open, 6 writes, fsync, rename, open, fsync each
}

TEST_CASE("a process that ends at any call leaves the old checkpoint or the new one") {
    bool reached = true;
    int at = 1;
    for (; reached; ++at) {
        const TemporaryFolder temporary;
        const fs::path run = temporary / "run";
        { CheckpointFolder(run, 1).save(1, content(1)); }
        const io::WeightsFile next = content(2);
        const pid_t child = fork();
        if (child == 0) {
            try {
                CheckpointFolder folder(run, 1);
                const FailingCalls calls(at, Failure::end_process);
                folder.save(2, next);
                _exit(0);
            } catch (...) {
                _exit(1);
            }
        }
        int status = 0;
        REQUIRE(waitpid(child, &status, 0) == child);
        REQUIRE((WEXITSTATUS(status) == 77 || WEXITSTATUS(status) == 0));
        reached = WEXITSTATUS(status) == 77;
        INFO("call " << at);
        CheckpointFolder folder(run, 1);
        for (const std::string& name : names_in(run)) CHECK(name.find(".tmp.") == std::string::npos);
        const auto newest = folder.load_newest([](const std::string& text) { FAIL(text); });
        REQUIRE(newest);
        CHECK(value_of(newest->content) == static_cast<double>(newest->number));
        if (!reached) CHECK(newest->number == 2);
    }
    CHECK(at > 10);
}

TEST_CASE("devices and pipes are refused in one line, without waiting") {
    const TemporaryFolder folder;
    CHECK_THROWS_WITH(io::load_weights("/dev/zero"), Catch::Contains("device"));
    REQUIRE(mkfifo((folder / "pipe").c_str(), 0600) == 0);
    CHECK_THROWS_WITH(io::load_weights(folder / "pipe"), Catch::Contains("pipe"));
}
