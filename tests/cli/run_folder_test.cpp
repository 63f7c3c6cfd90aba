// The run folder of cyclone compare as a user meets it: it resumes, grows, is reported again, and survives what breaks
// it.

#include <cyclone/base/random.h>

#include <sys/file.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <fstream>

#include <fcntl.h>

#include "cli/comparison_program.h"

using namespace cyclone;
using test::as_compare;
using test::compare;
using test::exit_code;
using test::figures;
using test::lines_in;
using test::names_in;
using test::report;
using test::result_of;
using test::resume;
using test::start;
using test::time_of;
using test::tiny;
using Result = test::ProgramResult;
namespace fs = std::filesystem;
using nlohmann::json;

TEST_CASE("a folder grows by seeds and schedules and keeps what is finished") {
    const test::TemporaryFolder temporary;
    const auto out = temporary / "run";
    REQUIRE(compare(tiny(out)).code == 0);
    const auto before = time_of(out, "triangular-seed1.json");
    const Result grown = resume(out, {"--seeds", "2", "--schedules", "one-cycle"});
    INFO(grown.err);
    REQUIRE(grown.code == 0);
    CHECK_THAT(grown.out, Catch::Contains("2 of 6 runs are there already"));
    CHECK(time_of(out, "triangular-seed1.json") == before);
    CHECK(names_in(out / "runs") == std::vector<std::string>{"constant-0.01-seed1.json", "constant-0.01-seed2.json",
                                                             "one-cycle-seed1.json", "one-cycle-seed2.json",
                                                             "triangular-seed1.json", "triangular-seed2.json"});
    // The same figures as all at once.
    const auto whole = temporary / "whole";
    auto at_once = tiny(whole);
    std::replace(at_once.begin(), at_once.end(), std::string("constant:0.01,triangular"),
                 std::string("constant:0.01,triangular,one-cycle"));
    at_once[7] = "2";
    REQUIRE(compare(at_once).code == 0);
    CHECK(figures(result_of(out)) == figures(result_of(whole)));

    // Once more: nothing to do, and the tables are there.
    const Result again = resume(out);
    CHECK(again.code == 0);
    CHECK_THAT(again.out, Catch::Contains("6 of 6 runs are there already") && Catch::Contains("one-cycle"));
    // And without training.
    fs::remove(out / "result.json");
    const Result told = report(out, {"--baseline", "one-cycle"});
    CHECK(told.code == 0);
    CHECK_THAT(told.out, Catch::Contains("Differences to one-cycle"));
    CHECK(result_of(out)["statistics"]["baseline"] == "one-cycle");
    CHECK(time_of(out, "triangular-seed1.json") == before);
}

TEST_CASE("other settings are refused with the difference named") {
    const test::TemporaryFolder temporary;
    const auto out = temporary / "run";
    REQUIRE(compare(tiny(out, {"--evaluate-every", "0"})).code == 0);
    const std::string config = test::whole_file(out / "config.json");
    const auto refused = [&](const std::vector<std::string>& options, const std::string& text) {
        const Result result = resume(out, options);
        INFO(result.err);
        CHECK(result.code == 2);
        CHECK(lines_in(result.err) == 1);
        CHECK_THAT(result.err, Catch::Contains(text));
    };
    refused({"--epochs", "2"}, "epochs: 1 there, asked for was 2");
    refused({"--max-lr", "0.2"}, "max_lr: 0.1 there, asked for was 0.2");
    refused({"--data-seed", "7"}, "data_seed: 1 there");
    refused({"--evaluate-every", "2"}, "evaluate_every: 0 there");
    refused({"--preset", "quick"}, "preset: default there, asked for was quick");
    refused({"--target-auc", "0.9"}, "no AUC curves");
    refused({"--baseline", "cosine"}, "not among");
    refused({"--overwrite"}, "cannot be combined");
    CHECK(compare({"--resume"}).code == 2);
    CHECK(report(temporary / "nowhere").code == 2);
    CHECK(report(out, {"--seeds", "3"}).code == 2);
    for (const auto& [option, value] : std::vector<std::pair<std::string, std::string>>{
             {"--memory-limit", "banana"}, {"--target-auc", "5"}, {"--target-auc", "nan"}}) {
        const Result wrong = report(out, {option, value});
        CHECK(wrong.code == 2);
        CHECK_THAT(wrong.err, Catch::Contains(option + ": expected"));
    }
    CHECK(test::whole_file(out / "config.json") == config);
    CHECK_FALSE(fs::exists(temporary / "nowhere"));
}

TEST_CASE("a damaged run is done again and this is said") {
    const test::TemporaryFolder temporary;
    const auto out = temporary / "run";
    REQUIRE(compare(tiny(out)).code == 0);
    const std::string file = (out / "runs" / "triangular-seed1.json").string(), whole = test::whole_file(file);
    const json before = result_of(out);
    std::ofstream(file) << whole.substr(0, whole.size() / 2);
    std::ofstream(out / "result.json") << "{";
    const Result told = report(out, {"--quiet"});
    CHECK(told.code == 0);
    CHECK_THAT(told.out, Catch::Contains("triangular-seed1.json cannot be used") && Catch::Contains("left out"));
    const Result again = resume(out);
    CHECK(again.code == 0);
    CHECK_THAT(again.out, Catch::Contains("this run is done again") && Catch::Contains("1 of 2 runs"));
    CHECK(result_of(out)["runs"][1]["auc"] == before["runs"][1]["auc"]);
    // A damaged configuration leaves nothing to go on with.
    std::ofstream(out / "config.json") << "{";
    const Result lost = resume(out);
    CHECK(lost.code == 1);
    CHECK_THAT(lost.err, Catch::Contains("config.json") && Catch::Contains("overwrite"));
}

TEST_CASE("a full disk ends with one line and nothing half-written and the folder goes on") {
    const test::TemporaryFolder temporary;
    const auto out = temporary / "run";
    // The limit stands in for the disk: config.json fits, the run's history or file does not.
    for (const rlim_t limit : {rlim_t{200}, rlim_t{1300}, rlim_t{2200}}) {
        const Result result = compare(tiny(out, {"--overwrite", "--checkpoint-minutes", "0"}), limit);
        INFO(limit << ": " << result.err);
        CHECK(result.code == 1);
        CHECK(lines_in(result.err) == 1);
        CHECK_THAT(result.err, Catch::Contains("cannot write") || Catch::Contains("disk full"));
        for (const fs::path& folder : {out, out / "runs", out / "history"})
            for (const std::string& name : names_in(folder)) CHECK(name.find(".tmp.") == std::string::npos);
        if (fs::exists(out / "config.json")) CHECK(json::accept(test::whole_file(out / "config.json")));
        for (const std::string& name : names_in(out / "runs"))
            CHECK(json::accept(test::whole_file(out / "runs" / name)));
    }
    const Result after = compare(tiny(out, {"--resume"}));
    INFO(after.err);
    CHECK(after.code == 0);
    CHECK(result_of(out)["runs"].size() == 2);
}

TEST_CASE("a second job in the same folder is refused and the first is not disturbed") {
    const test::TemporaryFolder temporary;
    const auto out = temporary / "run";
    REQUIRE(compare(tiny(out)).code == 0);
    const int lock = open((out / ".lock").c_str(), O_RDWR);
    REQUIRE(lock >= 0);
    REQUIRE(flock(lock, LOCK_EX | LOCK_NB) == 0);
    for (const char* mode : {"--overwrite", "--resume"}) {
        const Result result = compare(tiny(out, {mode}));
        CHECK(result.code == 1);
        CHECK_THAT(result.err, Catch::Contains("another process is working in this folder"));
    }
    CHECK(names_in(out / "runs").size() == 2);
    close(lock);
    CHECK(resume(out).code == 0);
}

TEST_CASE("a stopped comparison goes on where it was") {
    const test::TemporaryFolder temporary;
    const auto out = temporary / "run";
    const pid_t child = start({"compare", "--positives", "40", "--negatives", "120", "--epochs", "1", "--seeds", "2000",
                               "--jobs", "1", "--schedules", "constant:0.01", "--out", out.string()});
    for (int i = 0; i < 1200 && !fs::exists(out / "runs" / "constant-0.01-seed1.json"); ++i) usleep(50'000);
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
    const auto finished = names_in(out / "runs").size();
    REQUIRE(finished >= 1);
    // Too many to train them all here: the folder is told as far as it came.
    const Result told = report(out, {"--quiet"});
    INFO(told.err);
    CHECK(told.code == 0);
    CHECK(result_of(out)["runs"].size() >= finished - 1);
}

TEST_CASE("a full disk in the middle of a run leaves its checkpoint and the run goes on from there") {
    const test::TemporaryFolder temporary;
    const auto out = temporary / "run", checkpoints = out / "checkpoints" / "constant-0.01-seed1";
    auto arguments = tiny(out, {"--checkpoint-minutes", "0.0002"});
    arguments[5] = "100000";  // epochs, to be killed long before
    arguments[11] = "constant:0.01";
    const pid_t child = start(as_compare(arguments));
    const auto has_some = [&] { return fs::is_directory(checkpoints) && names_in(checkpoints).size() > 2; };
    for (int i = 0; i < 6000 && !has_some(); ++i) usleep(10'000);
    kill(child, SIGKILL);
    exit_code(child);
    // Two are kept; the kill may have come between the third and the removal of the first.
    auto kept = names_in(checkpoints);
    std::erase_if(kept, [](const std::string& name) { return name.find(".tmp.") != std::string::npos; });
    REQUIRE(kept.size() >= 2);
    const auto newest = checkpoints / kept.back();
    const std::string bytes = test::whole_file(newest);
    // A checkpoint has some 20,000 bytes.
    const Result full = compare({"--resume", "--out", out.string(), "--checkpoint-minutes", "0.0002"}, 10'000);
    INFO(full.err);
    CHECK(full.code == 1);
    CHECK(lines_in(full.err) == 1);
    CHECK_THAT(full.err, Catch::Contains(checkpoints.string()) && Catch::Contains("cannot write"));
    CHECK(names_in(checkpoints) == kept);  // nothing half-written, the killed process's neither
    CHECK(test::whole_file(newest) == bytes);
}

// CYCLONE_KILLS=200 is the long form.
TEST_CASE("a comparison killed at random moments and resumed has the figures of an unbroken one") {
    const test::TemporaryFolder temporary;
    const auto arguments = [](const fs::path& out) {
        auto list = tiny(out, {"--evaluate-every", "7", "--each-epoch", "--checkpoint-minutes", "0.0005", "--resume"});
        list[5] = "6", list[9] = "2";  // epochs, jobs
        return list;
    };
    const auto before = std::chrono::steady_clock::now();
    REQUIRE(compare(arguments(temporary / "whole")).code == 0);
    const std::chrono::duration<double, std::micro> whole = std::chrono::steady_clock::now() - before;
    const json expected = figures(result_of(temporary / "whole"));

    const char* asked = std::getenv("CYCLONE_KILLS");
    const int kills = asked ? std::atoi(asked) : 5;
    const Random random(7);
    int killed = 0, in_training = 0, rounds = 0;
    for (std::uint64_t draw = 0; killed < kills; ++rounds) {
        const auto out = temporary / std::to_string(rounds);
        for (bool ended = false; !ended && killed < kills;) {
            const pid_t child = start(as_compare(arguments(out)));
            usleep(static_cast<useconds_t>(random.uniform(draw++) * whole.count()));
            // Ctrl-C now and then: it writes a checkpoint of its own.
            kill(child, random.uniform(draw++) < 0.2 ? SIGINT : SIGKILL);
            ended = exit_code(child) == 0;
            killed += !ended;
            in_training += fs::exists(out / "checkpoints");
        }
        const Result last = compare(arguments(out));
        INFO("round " << rounds << ", " << killed << " kills: " << last.err);
        REQUIRE(last.code == 0);
        CHECK(last.err.empty());
        CHECK(figures(result_of(out)) == expected);
        CHECK_FALSE(fs::exists(out / "checkpoints"));
        for (const fs::path& folder : {out, out / "runs", out / "history"})
            for (const std::string& name : names_in(folder)) CHECK(name.find(".tmp.") == std::string::npos);
        fs::remove_all(out);
    }
    if (asked) std::printf("%d kills in %d rounds, %d with checkpoints there\n", killed, rounds, in_training);
}
