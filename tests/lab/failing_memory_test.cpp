// Memory that runs out at any allocation of the code that keeps checkpoints and run folders.

#include <cyclone/base/error.h>
#include <cyclone/io/checkpoint_folder.h>
#include <cyclone/lab/comparison_folder.h>

#include <sys/wait.h>

#include <cstdlib>
#include <exception>
#include <filesystem>
#include <new>

#include <unistd.h>

#include "support/catch.h"
#include "support/shared_files.h"

// In sanitizer builds operator new belongs to the sanitizer.
#ifndef CYCLONE_NO_MULTIVERSION

namespace {

enum class Shortage { once, lasting };
struct Memory {
    long left = -1;  // allocations of this thread that still succeed; -1: all
    Shortage shortage = Shortage::once;
    bool ran_out = false;
};
thread_local Memory memory;

[[gnu::noinline]] void* allocate(std::size_t size) {
    if (memory.left == 0) {
        memory.ran_out = true;
        if (memory.shortage == Shortage::once) memory.left = -1;
        return nullptr;
    }
    if (memory.left > 0) --memory.left;
    return std::malloc(size == 0 ? 1 : size);
}

}  // namespace

[[gnu::noinline]] void* operator new(std::size_t size) {
    if (void* p = allocate(size)) return p;
    throw std::bad_alloc();
}
void* operator new(std::size_t size, const std::nothrow_t&) noexcept { return allocate(size); }
[[gnu::noinline]] void operator delete(void* p) noexcept { std::free(p); }
[[gnu::noinline]] void operator delete(void* p, std::size_t) noexcept { std::free(p); }
void operator delete(void* p, const std::nothrow_t&) noexcept { std::free(p); }

// Thousands of files are written here, and no test of this program is about the disk.
extern "C" int fsync(int) { return 0; }

namespace {

using namespace cyclone;
namespace fs = std::filesystem;

enum class End { done, error, terminated, wrong };

/// Does the work in a child process, with so many allocations before memory runs out. `work` says whether what it found
/// is right. Some of what we use (the JSON library, directory iterators) allocates where it must not throw: then the
/// process ends as if killed.
template <class Work>
End in_child(long allocations, Shortage shortage, Work&& work) {
    const pid_t child = fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        std::set_terminate([] { _exit(static_cast<int>(End::terminated)); });
        memory = {allocations, shortage, false};
        bool right = true, failed = false;
        try {
            right = work();
        } catch (const std::bad_alloc&) {
            failed = true;
        } catch (const Error&) {
            failed = true;
        }
        // What is told by an exception is no success; what is not told must not have changed the result.
        _exit(static_cast<int>(!right ? End::wrong : failed || memory.ran_out ? End::error : End::done));
    }
    int status = 0;
    REQUIRE(waitpid(child, &status, 0) == child);
    REQUIRE(WIFEXITED(status));
    return static_cast<End>(WEXITSTATUS(status));
}

void check_no_temporaries(const fs::path& folder, End end) {
    if (end == End::terminated || !fs::exists(folder)) return;  // the next start removes them
    for (const auto& entry : fs::recursive_directory_iterator(folder))
        CHECK(entry.path().filename().string().find(".tmp.") == std::string::npos);
}

io::WeightsFile content(double value) {
    return {{{"w", Tensor::full({3}, value)}, {"v", Tensor::full({2}, value, DType::f64)}}, {{"seed", "7"}}};
}

}  // namespace

TEST_CASE("memory that runs out at any allocation leaves the old checkpoint or the new one") {
    const Shortage shortage = GENERATE(Shortage::once, Shortage::lasting);
    const io::WeightsFile first = content(1), second = content(2);
    long at = 0;
    for (End end = End::error; end != End::done; ++at) {
        const test::TemporaryFolder temporary;
        { io::CheckpointFolder(temporary / "run", 1).save(1, first); }
        end = in_child(at, shortage, [&] {
            io::CheckpointFolder folder(temporary / "run", 1);
            folder.save(2, second);
            folder.save_best(second);
            return true;
        });
        INFO("allocation " << at);
        check_no_temporaries(temporary.path(), end);
        io::CheckpointFolder folder(temporary / "run", 1);
        check_no_temporaries(temporary.path(), End::done);
        const auto newest = folder.load_newest([](const std::string& text) { FAIL(text); });
        REQUIRE(newest);
        CHECK(newest->content.tensors[0].tensor.data<float>()[2] == static_cast<float>(newest->number));
        if (end == End::done) CHECK(newest->number == 2);
    }
    CHECK(at > 20);
}

TEST_CASE("a checkpoint read while memory runs out is not taken for a damaged one") {
    const test::TemporaryFolder temporary;
    {
        io::CheckpointFolder folder(temporary / "run", 2);
        folder.save(1, content(1));
        folder.save(2, content(2));
    }
    long at = 0;
    for (End end = End::error; end != End::done; ++at) {
        end = in_child(at, Shortage::once, [&] {
            bool damaged = false;
            const auto newest =
                io::CheckpointFolder(temporary / "run", 2).load_newest([&](const std::string&) { damaged = true; });
            return !damaged && newest && newest->number == 2;
        });
        INFO("allocation " << at);
        REQUIRE(end != End::wrong);
    }
    CHECK(io::CheckpointFolder(temporary / "run", 2).numbers() == std::vector<std::uint64_t>{1, 2});
    CHECK(at > 20);
}

TEST_CASE("memory that runs out at any allocation leaves a run folder that goes on") {
    lab::Run run;
    run.schedule = "constant:mean";
    run.seed = 1;
    run.status = lab::RunStatus::finished;
    run.test.positives = run.test.negatives = 1;
    run.test.counts = {1, 0, 0, 1};
    run.test_probability = {0.25, 0.75};
    const lab::ComparisonRecord record{.command = "fixed_vs_clr",
                                       .data = "data",
                                       .settings = {{"epochs", "1"}},
                                       .schedules = {{run.schedule, "0.1"}},
                                       .seeds = {1}};
    const std::vector<std::int64_t> labels = {0, 1};
    const Shortage shortage = GENERATE(Shortage::once, Shortage::lasting);
    long at = 0;
    for (End end = End::error; end != End::done; ++at) {
        const test::TemporaryFolder temporary;
        const fs::path path = temporary / "run";
        end = in_child(at, shortage, [&] {
            const lab::ComparisonFolder folder(path, lab::FolderMode::create);
            folder.write_config(record);
            folder.write_run(run);
            return true;
        });
        INFO("allocation " << at);
        check_no_temporaries(path, end);
        const lab::ComparisonFolder folder(path, lab::FolderMode::resume);
        check_no_temporaries(path, End::done);
        const auto config = folder.read_config();
        if (config) CHECK(config->schedules == record.schedules);
        const lab::StoredRuns stored = folder.read_runs(record, labels);
        CHECK(stored.damaged.empty());
        if (end == End::done) REQUIRE(stored.runs.size() == 1);
        if (!stored.runs.empty()) CHECK(stored.runs[0].test_probability == run.test_probability);
    }
    CHECK(at > 200);
}

#endif
