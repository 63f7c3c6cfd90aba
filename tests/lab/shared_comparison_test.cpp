// Comparisons whose runs several processes share: here threads, each with a folder object of its own.

#include <cyclone/lab/comparison_folder.h>
#include <cyclone/nn/layers.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <thread>

#include <unistd.h>

#include "lab/small_data.h"
#include "support/catch.h"
#include "support/child.h"
#include "support/shared_files.h"

using namespace cyclone;
using lab::ComparisonFolder;
using lab::FolderMode;
using lab::Run;
using lab::RunStatus;
using lab::RunTurn;
using test::small_data;
using test::SmallData;

namespace {

namespace fs = std::filesystem;

lab::ComparisonOptions small_comparison() {
    lab::ComparisonOptions options;
    options.schedules = {{"low", Schedule(0.001)}, {"high", Schedule(0.05)}};
    options.seeds = {1, 2};
    options.epochs = 2;
    options.model = [] { return nn::Sequential{nn::Flatten{}, nn::Linear{8 * 8, 2}}; };
    return options;
}

// The text of a run's file without times and machine.
std::string text_of(Run run) {
    run.seconds = run.images_per_second = 0;
    run.provenance = {};
    return lab::run_file_text(run);
}

std::vector<Run> train_in(const fs::path& path, const SmallData& data, lab::ComparisonOptions options) {
    const ComparisonFolder folder(path, FolderMode::resume);
    if (!folder.read_config()) folder.write_config({.schedules = {{"low", ""}, {"high", ""}}, .seeds = {1, 2}});
    options.checkpoint_folder = [&](const Run& run) { return folder.checkpoint_folder(run); };
    options.on_run = [&](const Run& run, const train::History& history) {
        folder.write_history(run, history);
        folder.write_run(run);
    };
    folder.share(options, data.test.labels.values<std::int64_t>());
    return lab::compare(data.train, data.test, options);
}

bool all_done(const std::vector<Run>& runs) {
    return std::none_of(runs.begin(), runs.end(), [](const Run& run) { return run.status == RunStatus::stopped; });
}

}  // namespace

TEST_CASE("several processes train each run of a comparison once, and the last has them all") {
    const SmallData data = small_data();
    const auto alone = lab::compare(data.train, data.test, small_comparison());
    const test::TemporaryFolder temporary;
    std::atomic<int> trained{0};
    std::vector<std::vector<Run>> results(4);
    std::vector<std::thread> processes;
    for (auto& result : results)
        processes.emplace_back([&] {
            auto options = small_comparison();
            options.jobs = 2;
            options.on_update = [&trained] { ++trained; };
            result = train_in(temporary / "run", data, options);
        });
    for (std::thread& process : processes) process.join();
    const auto updates = lab::updates_per_run(data.train.size(), small_comparison());
    CHECK(trained == 4 * updates);
    int complete = 0;
    for (const auto& runs : results) {
        REQUIRE(runs.size() == alone.size());
        complete += all_done(runs);
        for (std::size_t i = 0; i < runs.size(); ++i) {
            if (runs[i].status == RunStatus::stopped)
                CHECK(runs[i].message == "another process trains it");
            else
                CHECK(text_of(runs[i]) == text_of(alone[i]));
        }
    }
    CHECK(complete >= 1);
    CHECK_FALSE(fs::exists(temporary / "run" / "claims"));
}

TEST_CASE("the run of a process that is killed goes on in another one that is at work") {
    const SmallData data = small_data();
    const auto alone = lab::compare(data.train, data.test, small_comparison());
    const test::TemporaryFolder temporary;
    const fs::path path = temporary / "run";
    int ready[2];
    REQUIRE(pipe(ready) == 0);
    const pid_t child = test::fork_at_rest();
    if (child == 0) {
        auto options = small_comparison();
        std::atomic<int> updates{0};
        options.on_update = [&] {
            if (++updates < 5) return;
            if (write(ready[1], "!", 1) != 1) _exit(1);
            for (;;) pause();
        };
        train_in(path, data, options);
        _exit(1);
    }
    char byte = 0;
    REQUIRE(read(ready[0], &byte, 1) == 1);
    auto options = small_comparison();
    std::atomic<int> updates{0};
    options.on_update = [&] {
        if (++updates == 3) kill(child, SIGKILL), test::wait_for(child);
    };
    const auto runs = train_in(path, data, options);
    REQUIRE(runs.size() == alone.size());
    for (std::size_t i = 0; i < runs.size(); ++i) CHECK(text_of(runs[i]) == text_of(alone[i]));
    close(ready[0]), close(ready[1]);
}

TEST_CASE("a run that another process has taken over ends here, and its result is taken from there") {
    const SmallData data = small_data();
    const auto alone = lab::compare(data.train, data.test, small_comparison());
    auto options = small_comparison();
    std::atomic<int> updates{0}, asked{0};
    options.on_update = [&] { ++updates; };
    options.keeps = [&](const Run& run) { return run.seed == 1 || run.schedule == "low"; };
    options.turn = [&](Run& run) {
        if (run.seed == 1 || run.schedule == "low") return RunTurn::train;
        if (++asked == 1) return RunTurn::train;
        if (asked == 2) return RunTurn::unsure;
        run = alone[3];
        return RunTurn::done;
    };
    const auto runs = lab::compare(data.train, data.test, options);
    CHECK(asked == 3);
    CHECK(updates == 3 * lab::updates_per_run(data.train.size(), options) + 1);
    for (std::size_t i = 0; i < runs.size(); ++i) CHECK(text_of(runs[i]) == text_of(alone[i]));
}

TEST_CASE("nothing is waited for that a living process trains") {
    const SmallData data = small_data();
    auto options = small_comparison();
    options.turn = [](Run& run) { return run.seed == 2 ? RunTurn::elsewhere : RunTurn::train; };
    const auto runs = lab::compare(data.train, data.test, options);
    for (const Run& run : runs) CHECK((run.status == RunStatus::stopped) == (run.seed == 2));
    CHECK(runs[1].message == "another process trains it");
}
