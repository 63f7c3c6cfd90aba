// The run folder of cyclone compare as a user meets it: it resumes, grows, is reported again, and survives what breaks
// it.

#include <cyclone/base/random.h>

#include <sys/file.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include <fcntl.h>
#include <unistd.h>
#include <nlohmann/json.hpp>

#include "support/catch.h"
#include "support/programs.h"
#include "support/shared_files.h"

using namespace cyclone;

namespace {

namespace fs = std::filesystem;
using nlohmann::json;

struct Result {
    int code = -1;
    std::string out, err;
};

/// Starts cyclone with these arguments; no file that it writes may grow beyond `largest_file` bytes.
pid_t start(const std::vector<std::string>& arguments, const std::string& out = "/dev/null",
            const std::string& err = "/dev/null", rlim_t largest_file = RLIM_INFINITY) {
    const std::string program = std::string(CYCLONE_PROGRAMS) + "/cyclone";
    std::vector<char*> argv = {const_cast<char*>(program.c_str())};
    for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
    argv.push_back(nullptr);
    std::fflush(nullptr);  // else the child prints once more what waits to be printed
    const pid_t child = fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        if (!std::freopen(out.c_str(), "w", stdout) || !std::freopen(err.c_str(), "w", stderr)) _exit(126);
        const rlimit limit{largest_file, largest_file};
        if (largest_file != RLIM_INFINITY) setrlimit(RLIMIT_FSIZE, &limit);
        execv(program.c_str(), argv.data());
        _exit(127);
    }
    return child;
}

int exit_code(pid_t child) {
    int status = 0;
    waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

/// start() and its end.
Result run(const std::vector<std::string>& arguments, rlim_t largest_file = RLIM_INFINITY) {
    const test::TemporaryFolder temporary;
    const std::string out = (temporary / "out").string(), err = (temporary / "err").string();
    const int code = exit_code(start(arguments, out, err, largest_file));
    return {code, test::whole_file(out), test::whole_file(err)};
}

std::vector<std::string> as_compare(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "compare");
    return arguments;
}

Result compare(const std::vector<std::string>& arguments, rlim_t largest_file = RLIM_INFINITY) {
    return run(as_compare(arguments), largest_file);
}

Result report(const fs::path& folder, const std::vector<std::string>& more = {}) {
    std::vector<std::string> arguments = {"report", folder.string()};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run(arguments);
}

// The smallest comparison that is one.
std::vector<std::string> tiny(const fs::path& out, const std::vector<std::string>& more = {}) {
    std::vector<std::string> arguments = {"--positives", "40",    "--negatives", "120",
                                          "--epochs",    "1",     "--seeds",     "1",
                                          "--jobs",      "1",     "--schedules", "constant:0.01,triangular",
                                          "--quiet",     "--out", out.string()};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return arguments;
}

Result resume(const fs::path& out, const std::vector<std::string>& more = {}) {
    std::vector<std::string> arguments = {"--resume", "--out", out.string()};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return compare(arguments);
}

json result_of(const fs::path& out) { return json::parse(test::whole_file(out / "result.json")); }

// What is in the tables but times.
json figures(json result) {
    for (auto& run : result["runs"]) run.erase("seconds"), run.erase("images_per_second");
    return {result["runs"], result["statistics"]};
}

fs::file_time_type time_of(const fs::path& out, const std::string& run) {
    return fs::last_write_time(out / "runs" / run);
}

// Names of files, without those of a fixed name.
std::vector<std::string> names_in(const fs::path& folder) {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(folder)) names.push_back(entry.path().filename().string());
    std::sort(names.begin(), names.end());
    return names;
}

std::int64_t lines_in(const std::string& text) { return std::count(text.begin(), text.end(), '\n'); }

}  // namespace

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
    CHECK_THAT(told.out, Catch::Contains("AUC minus that of one-cycle"));
    CHECK(result_of(out)["statistics"]["baseline"] == "one-cycle");
    CHECK(time_of(out, "triangular-seed1.json") == before);
}

TEST_CASE("other settings are refused with the difference named") {
    const test::TemporaryFolder temporary;
    const auto out = temporary / "run";
    REQUIRE(compare(tiny(out)).code == 0);
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
        if (fs::exists(out / "config.json")) CHECK_NOTHROW(json::parse(test::whole_file(out / "config.json")));
        for (const std::string& name : names_in(out / "runs"))
            CHECK_NOTHROW(json::parse(test::whole_file(out / "runs" / name)));
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

TEST_CASE("the honest baselines are trained with a tuned constant and the way to a target is told") {
    const test::TemporaryFolder temporary;
    const auto out = temporary / "run";
    auto arguments = tiny(out, {"--baselines", "honest", "--target-auc", "0.01"});
    std::replace(arguments.begin(), arguments.end(), std::string("constant:0.01,triangular"),
                 std::string("triangular"));
    const Result result = compare(arguments);
    INFO(result.err);
    REQUIRE(result.code == 0);
    const json told = result_of(out);
    std::vector<std::string> names;
    for (const auto& schedule : told["schedules"]) names.push_back(schedule["name"]);
    CHECK(names == std::vector<std::string>{"time-decay", "constant:base", "constant:mean", "constant:max",
                                            "constant:tuned", "linear", "cosine", "step", "one-cycle", "triangular"});
    CHECK(told["schedules"][0]["runs_at_target"] == 1);
    CHECK(told["schedules"][0]["updates_to_target"]["mean"] == 1);
    CHECK_THAT(result.out, Catch::Contains("updates to AUC 0.01") && Catch::Contains("(1 of 1)"));
    const json tuning = json::parse(test::whole_file(out / "tuning.json"));
    CHECK(tuning["trials"].size() == 6);
    std::ostringstream definition;
    definition << "constant(" << tuning["rate"].get<double>() << ")";
    CHECK(told["schedule_definitions"]["constant:tuned"] == definition.str());
    CHECK(lines_in(test::whole_file(out / "auc.csv")) == 1 + 10 * 5);
    CHECK(compare(tiny(temporary / "other", {"--baselines", "fair"})).code == 2);
}

TEST_CASE("study presets show the published results beside ours and say where they cannot agree") {
    const test::TemporaryFolder temporary;
    auto arguments = tiny(temporary / "run", {"--preset", "study-1to17"});
    const Result first = compare(arguments);
    REQUIRE(first.code == 0);
    CHECK_THAT(first.out, Catch::Contains("Tables III and IV") && Catch::Contains("0.9940 +- 0.0004") &&
                              Catch::Contains("0.0914 +- 0.0798") && Catch::Contains("Where they cannot agree") &&
                              Catch::Contains("25.00 % here and 1.05 % there"));
    CHECK_THAT(compare(tiny(temporary / "other", {"--preset", "study-1to36"})).out,
               Catch::Contains("Tables V and VI") && Catch::Contains("no row for the study"));
    CHECK_THAT(compare(tiny(temporary / "third")).out, !Catch::Contains("published") && !Catch::Contains("Tables"));
}

TEST_CASE("a mapped flat file without a test part is cut and compared and the comparison goes on") {
    const test::TemporaryFolder temporary;
    const std::string data = (temporary / "patches.cyc").string(), out = (temporary / "run").string();
    REQUIRE(
        test::run_program("cyclone", "convert synthetic " + data + " --positives 50 --negatives 150 --quiet").code ==
        0);
    const std::vector<std::string> arguments = {data, "--epochs",    "1",          "--seeds",     "1",  "--jobs",
                                                "1",  "--schedules", "triangular", "--threshold", "f1", "--out",
                                                out};
    const Result first = compare(arguments);
    INFO(first.err);
    REQUIRE(first.code == 0);
    // A fifth is the test set, a fifth of the others is held out for the threshold.
    CHECK_THAT(first.out, Catch::Contains("train: 128 images") && Catch::Contains("(96 negative, 32 positive)") &&
                              Catch::Contains("test:  40 images") && Catch::Contains("(30 negative, 10 positive)"));
    const Result second = compare({"--resume", "--out", out, "--seeds", "2"});
    CHECK(second.code == 0);
    CHECK_THAT(second.out, Catch::Contains("+-"));
    // The file the folder was made of is gone: other pixels under its name are no continuation.
    REQUIRE(test::run_program("cyclone", "convert synthetic " + data +
                                             " --positives 50 --negatives 150 --data-seed 2 --overwrite " + "--quiet")
                .code == 0);
    const Result other = compare({"--resume", "--out", out, "--seeds", "3"});
    CHECK(other.code != 0);
    CHECK_THAT(other.err, Catch::Contains("data_fingerprint: crc32"));
}

TEST_CASE("a table of three classes is compared as one class against the rest") {
    const test::TemporaryFolder temporary;
    const fs::path table = temporary / "table.csv";
    std::ofstream file(table);
    const char* const names[] = {"ash", "oak", "yew"};
    for (int i = 0; i < 90; ++i) {
        file << names[i % 3];
        for (int pixel = 0; pixel < 64; ++pixel) file << ',' << (pixel / 8 == i % 3 ? 200 : 30) + (i * 11 + pixel) % 40;
        file << '\n';
    }
    file.close();
    const std::string out = (temporary / "run").string();
    std::vector<std::string> arguments = {table.string(), "--epochs",   "1",     "--seeds", "1", "--jobs", "1",
                                          "--schedules",  "triangular", "--out", out};
    const Result missing = compare(arguments);
    CHECK(missing.code == 2);
    CHECK_THAT(missing.err, Catch::Contains("--positive: expected the number of the class to tell from the rest: "
                                            "0 ash, 1 oak, 2 yew"));
    CHECK_FALSE(fs::exists(out));
    arguments.insert(arguments.end(), {"--positive", "1"});
    const Result compared = compare(arguments);
    INFO(compared.err);
    CHECK(compared.code == 0);
    CHECK_THAT(compared.out, Catch::Contains("48 not oak, 24 oak") && Catch::Contains("12 not oak, 6 oak"));
}

TEST_CASE("one digit against the rest is compared like any other data") {
    CYCLONE_NEED_SHARED("data/mnist/train-images-idx3-ubyte.gz");
    const test::TemporaryFolder temporary;
    const std::string mnist = test::shared_file("data/mnist").string();
    const Result result =
        compare({mnist, "--positive", "8", "--imbalance", "17.5", "--negatives", "700", "--epochs", "1", "--seeds", "1",
                 "--schedules", "constant:0.01", "--jobs", "1", "--out", (temporary / "run").string()});
    INFO(result.err);
    CHECK(result.code == 0);
    CHECK_THAT(result.out, Catch::Contains("28 x 28") && Catch::Contains("700 not 8, 40 8"));
    const Result missing = compare({mnist, "--out", (temporary / "other").string()});
    CHECK(missing.code == 2);
    CHECK_THAT(missing.err, Catch::Contains("--positive"));
    CHECK(compare(tiny(temporary / "third", {"--positive", "8"})).code == 2);
    CHECK_FALSE(fs::exists(temporary / "other"));
}

TEST_CASE("rebalancing methods and augmentation are compared in one table and a folder grows by them") {
    const test::TemporaryFolder temporary;
    const auto out = temporary / "run";
    REQUIRE(compare(tiny(out)).code == 0);
    const json before = result_of(out);
    CHECK_FALSE(before.contains("balances"));
    CHECK_FALSE(before["settings"].contains("augment"));
    const Result grown = resume(out, {"--rebalance", "weights,focal", "--rebalance", "batch:4"});
    INFO(grown.err);
    REQUIRE(grown.code == 0);
    CHECK_THAT(grown.out, Catch::Contains("2 of 8 runs are there already") &&
                              Catch::Contains("4 rebalancing methods") && Catch::Contains("triangular + weights") &&
                              Catch::Contains("shifted: Brier"));
    CHECK(names_in(out / "runs").size() == 8);
    const json after = result_of(out);
    CHECK(after["balances"] == json({"none", "weights", "focal", "batch:4"}));
    CHECK(after["runs"][0] == before["runs"][0]);
    CHECK(after["runs"][1]["balance"] == "weights");
    CHECK(after["statistics"]["differences"][0]["schedule"] == "constant:0.01 + weights");
    CHECK(after["probabilities"][1]["trained_share"] == 0.5);
    const Result told = report(out, {"--baseline", "triangular + focal"});
    CHECK(told.code == 0);
    CHECK_THAT(told.out, Catch::Contains("AUC minus that of triangular + focal"));
    CHECK_THAT(test::whole_file(out / "report.html"), Catch::Contains("triangular + batch:4"));

    CHECK(resume(out, {"--augment", "flip"}).code == 2);
    const auto other = temporary / "augmented";
    REQUIRE(compare(tiny(other, {"--augment", "flip,shift:2"})).code == 0);
    CHECK(result_of(other)["settings"]["augment"] == "flip,shift:2");
    CHECK(result_of(other)["runs"][0]["train_loss"] != before["runs"][0]["train_loss"]);
    const Result refused = resume(other, {"--augment", "none"});
    CHECK(refused.code == 2);
    CHECK_THAT(refused.err, Catch::Contains("augment: flip,shift:2 there, asked for was none"));
    CHECK(resume(other).code == 0);
    CHECK(resume(other, {"--augment", "shift:2,flip-vertical,flip-horizontal"}).code == 0);  // the same, said otherwise
}

TEST_CASE("a threshold tuned on held-out images stands beside a half and belongs to the folder") {
    const test::TemporaryFolder temporary;
    const auto out = temporary / "run";
    const Result first = compare(tiny(out, {"--threshold", "mcc"}));
    INFO(first.err);
    REQUIRE(first.code == 0);
    CHECK_THAT(first.out, Catch::Contains("tuned on held-out training images for mcc"));
    const json result = result_of(out);
    CHECK(result["settings"]["threshold"] == "mcc");
    CHECK_THAT(result["data"].get<std::string>(), Catch::Contains("train: 128 images"));  // of 160
    REQUIRE(result["thresholds"].size() == 2);
    CHECK(result["thresholds"][0]["threshold"]["mean"] == result["runs"][0]["tuned_threshold"]);
    CHECK(result["thresholds"][0]["at_half"]["f1"]["mean"] == result["runs"][0]["f1"]);
    CHECK_THAT(test::whole_file(out / "report.html"), Catch::Contains("tuned: precision"));
    const Result told = report(out);
    CHECK(told.code == 0);
    CHECK_THAT(told.out, Catch::Contains("tuned: precision") && !Catch::Contains("data are missing"));
    CHECK(resume(out, {"--seeds", "2"}).code == 0);
    CHECK(result_of(out)["runs"][0] == result["runs"][0]);
    CHECK_THAT(resume(out, {"--threshold", "f1"}).err, Catch::Contains("threshold: mcc there, asked for was f1"));
    CHECK(compare(tiny(temporary / "bad", {"--threshold", "ff1"})).code == 2);
    CHECK_FALSE(fs::exists(temporary / "bad"));
}
