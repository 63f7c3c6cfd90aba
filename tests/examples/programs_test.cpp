// The programs as a user meets them: exit codes, one clear line for each mistake, nothing half-written.

#include <sys/wait.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <thread>

#include <unistd.h>
#include <nlohmann/json.hpp>

#include "support/catch.h"
#include "support/programs.h"

using namespace cyclone;

namespace {

namespace fs = std::filesystem;

using Result = test::ProgramResult;
using test::lines_in;
using test::whole_file;
constexpr auto run = &test::run_program;

Result compare(const std::string& arguments) { return run("fixed_vs_clr", arguments); }

// The smallest comparison that is one.
const std::string kTiny =
    "--positives 40 --negatives 120 --epochs 1 --seeds 2 --jobs 1 --schedules constant:0.01,triangular ";

}  // namespace

TEST_CASE("a tiny comparison prints its table and fills its folder") {
    const test::TemporaryFolder temporary;
    const auto out = temporary / "run";
    const Result result = compare(kTiny + "--out " + out.string());
    CHECK(result.err.empty());
    REQUIRE(result.code == 0);
    CHECK_THAT(result.out,
               Catch::Contains("sum of rates") && Catch::Contains("triangular") && Catch::Contains("Highest mean AUC"));
    const auto json = nlohmann::json::parse(whole_file(out / "result.json"));
    REQUIRE(json["schedules"].size() == 2);
    CHECK(json["schedules"][1]["name"] == "triangular");
    CHECK(json["schedules"][1]["auc"]["runs"].size() == 2);
    CHECK(json["schedules"][0]["updates"] == 5);
    CHECK(lines_in(whole_file(out / "history" / "triangular-seed2.csv")) == 1 + 5);
    SECTION("and again only with --overwrite") {
        const Result refused = compare(kTiny + "--out " + out.string());
        CHECK(refused.code == 2);
        CHECK_THAT(refused.err, Catch::Contains("--overwrite"));
        CHECK(compare(kTiny + "--quiet --overwrite --out " + out.string()).code == 0);
    }
}

TEST_CASE("the same command gives the same figures") {
    const test::TemporaryFolder temporary;
    const auto figures = [&](const std::string& name, const std::string& jobs) {
        REQUIRE(compare(kTiny + jobs + " --quiet --out " + (temporary / name).string()).code == 0);
        auto json = nlohmann::json::parse(whole_file(temporary / name / "result.json"));
        for (auto& schedule : json["schedules"]) schedule.erase("seconds"), schedule.erase("images_per_second");
        return json["schedules"];
    };
    const auto first = figures("a", "");
    CHECK(first == figures("b", ""));
}

TEST_CASE("every mistake is one line on standard error with the right exit code") {
    const test::TemporaryFolder temporary;
    std::ofstream(temporary / "file") << "x";
    fs::create_directory(temporary / "empty");
    struct Mistake {
        std::string arguments;
        int code;
        std::string text;
    };
    const std::string t = temporary.path().string();
    const std::vector<Mistake> mistakes = {
        {"--epcohs 3", 2, "did you mean --epochs"},
        {"--epochs 0", 2, "--epochs: expected at least 1"},
        {"--epochs many", 2, "epochs"},
        {"--seeds -1", 2, "--seeds"},
        {"--jobs 0", 2, "--jobs"},
        {"--batch-size 0", 2, "--batch-size"},
        {"--preset studdy-1to17", 2, "did you mean study-1to17"},
        {"--schedules triangluar", 2, "triangular"},
        {"--schedules triangular,,cosine", 2, "--schedules"},
        {"--schedules cosine,cosine", 2, "twice"},
        {"--schedules constant:-1", 2, "constant"},
        {"--schedules constant:nan", 2, "constant"},
        {"--base-lr 0.5 --max-lr 0.1", 2, "base <= max"},
        {"--base-lr nan", 2, "--base-lr"},
        {"--step-size 3parsecs", 2, "--step-size"},
        {"--momentum 1", 2, "--momentum"},
        {"--balance wieghts", 2, "did you mean 'weights'?"},
        {"--balance none,none", 2, "twice"},
        {"--balance batch:40", 2, "batch"},
        {"--augment flop", 2, "flip"},
        {"--augment shift:16", 2, "--augment"},
        {"--difficulty 100", 2, "--difficulty"},
        {"--memory-limit 2XB", 2, "--memory-limit: expected a size such as 500MB or 2GB"},
        {"--data " + t + "/nowhere", 1, "nowhere"},
#ifdef CYCLONE_WITH_HDF5
        {"--data " + t + "/empty", 1, "Positive_train.h5"},
        {"--data " + t + "/file", 1, "file"},
#endif
        {"--out " + t + "/file", 2, "this is a file"},
        {"--out " + t + "/file/below", 1, "--out"},
        {"--out /proc/nothing", 1, "--out"},
    };
    for (const Mistake& mistake : mistakes) {
        INFO(mistake.arguments);
        const bool names_out = mistake.arguments.rfind("--out", 0) == 0;
        const Result result = compare(mistake.arguments + (names_out ? "" : " --out " + t + "/out"));
        INFO(result.err);
        CHECK(result.code == mistake.code);
        CHECK(lines_in(result.err) == 1);
        CHECK_THAT(result.err, Catch::Contains(mistake.text));
        CHECK(result.out.empty());
        CHECK_FALSE(fs::exists(temporary / "out"));
    }
}

TEST_CASE("a full standard output is a failure") {
    if (!fs::exists("/dev/full")) CYCLONE_SKIP("no /dev/full");
    const test::TemporaryFolder temporary;
    const Result result = compare(kTiny + "--out " + (temporary / "run").string() + " >/dev/full");
    CHECK(result.code == 1);
    CHECK_THAT(result.err, Catch::Contains("standard output"));
}

TEST_CASE("Ctrl-C ends a comparison in good order") {
    const test::TemporaryFolder temporary;
    const std::string out = (temporary / "run").string();
    const pid_t child = fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        std::freopen((temporary / "out").c_str(), "w", stdout);
        std::freopen((temporary / "err").c_str(), "w", stderr);
        const std::string program = std::string(CYCLONE_PROGRAMS) + "/fixed_vs_clr";
        execl(program.c_str(), "fixed_vs_clr", "--epochs", "500", "--jobs", "1", "--seeds", "1", "--schedules",
              "triangular", "--out", out.c_str(), nullptr);
        _exit(127);
    }
    for (int i = 0; i < 600 && !fs::exists(out + "/config.json"); ++i) usleep(50'000);
    usleep(500'000);
    kill(child, SIGINT);
    int status = 0;
    waitpid(child, &status, 0);
    REQUIRE(WIFEXITED(status));
    CHECK(WEXITSTATUS(status) == 1);
    CHECK_THAT(whole_file(temporary / "err"), Catch::Contains("stopped by a signal"));
    CHECK_THAT(whole_file(temporary / "out"), Catch::Contains("1 stopped"));
    CHECK(nlohmann::json::parse(whole_file(out + "/result.json"))["runs"][0]["status"] == "stopped");
}

TEST_CASE("help names options and examples and exits with 0") {
    for (const std::string program : {"fixed_vs_clr", "mnist"}) {
        const Result result = run(program, "--help");
        CHECK(result.code == 0);
        CHECK_THAT(result.out, Catch::Contains("Example") && Catch::Contains("--epochs"));
    }
    CHECK_THAT(compare("--help").out, Catch::Contains("exp-range") && Catch::Contains("time-decay") &&
                                          Catch::Contains("logit-adjust[:TAU]") && Catch::Contains("shift:PIXELS"));
}

TEST_CASE("the teaching examples run") {
    CHECK(run("tensor_tour", "").code == 0);
    CHECK(run("own_parts", "").code == 0);
    const Result digits = run("mnist", "--epochs 2");
    CHECK(digits.code == 0);
    const auto at = digits.out.find("test accuracy: ");
    REQUIRE(at != std::string::npos);
    CHECK(std::stod(digits.out.substr(at + 15)) > 95);
}

TEST_CASE("the comparison reads real data in the layout of the study") {
#ifndef CYCLONE_WITH_HDF5
    CYCLONE_SKIP("built without HDF5");
#endif
    CYCLONE_NEED_SHARED("data/nuclei16/Positive_train.h5");
    const test::TemporaryFolder temporary;
    const Result result =
        compare("--data " + test::shared_file("data/nuclei16").string() +
                " --positives 100 --negatives 300 --epochs 1 --seeds 1 --schedules constant:0.01 --out " +
                (temporary / "run").string());
    INFO(result.err);
    CHECK(result.code == 0);
    CHECK_THAT(result.out,
               Catch::Contains("300 negative, 100 positive") && Catch::Contains("nothing can be concluded"));
}
