// cyclone compare as a user meets it: exit codes, one clear line per mistake, nothing half-written.

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

Result compare(const std::string& arguments) { return test::run_program("cyclone", "compare " + arguments); }

Result run_report(const fs::path& folder, const std::string& arguments) {
    return test::run_program("cyclone", "report " + folder.string() + " " + arguments);
}

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
               Catch::Contains("LR budget") && Catch::Contains("triangular") && Catch::Contains("Highest mean AUC"));
    const auto json = nlohmann::json::parse(whole_file(out / "result.json"));
    REQUIRE(json["schedules"].size() == 2);
    CHECK(json["schedules"][1]["name"] == "triangular");
    CHECK(json["schedules"][1]["auc"]["runs"].size() == 2);
    CHECK(json["schedules"][0]["updates"] == 5);
    CHECK(lines_in(whole_file(out / "history" / "triangular-seed2.csv")) == 1 + 5);
    SECTION("as JSON and nothing else, from its config file") {
        const Result again = compare("--json --jobs 1 --config " + (out / "config.toml").string() + " --out " +
                                     (temporary / "again").string());
        CHECK(again.err.empty());
        REQUIRE(again.code == 0);
        const auto printed = nlohmann::json::parse(again.out);
        CHECK(printed["schedules"][1]["auc"] == json["schedules"][1]["auc"]);
        CHECK(nlohmann::json::parse(run_report(out, "--json").out)["schedules"] == json["schedules"]);
    }
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
        for (auto& schedule : json["schedules"]) {
            for (const char* measured : {"seconds", "images_per_second"}) schedule.erase(measured);
            schedule["curves"].erase("auc_seconds");
        }
        return json["schedules"];
    };
    const auto first = figures("a", "");
    CHECK(first == figures("b", ""));
}

TEST_CASE("a comparison takes another network and optimizer, and remembers them") {
    const test::TemporaryFolder temporary;
    const std::string out = (temporary / "run").string();
    const std::string own = "--model 'flatten linear:classes' --optimizer adam:beta1=0.8 ";
    REQUIRE(compare(kTiny + own + "--quiet --out " + out).code == 0);
    const auto aucs = [&](const std::string& folder) {
        return nlohmann::json::parse(whole_file(fs::path(folder) / "result.json"))["schedules"][1]["auc"];
    };
    // The same by the defaults and by another spelling of the default optimizer.
    for (const char* name : {"a", "b"}) {
        const std::string folder = (temporary / name).string();
        const std::string optimizer = name[0] == 'a' ? "--momentum 0.5 " : "--optimizer sgd:momentum=0.5 ";
        REQUIRE(compare(kTiny + optimizer + "--model 'flatten linear:classes' --quiet --out " + folder).code == 0);
        CHECK(aucs(folder) != aucs(out));
    }
    CHECK(aucs((temporary / "a").string()) == aucs((temporary / "b").string()));
    const Result refused = compare(kTiny + "--resume --model study --out " + out);
    CHECK(refused.code == 2);
    CHECK_THAT(refused.err, Catch::Contains("model: flatten linear:classes there, asked for was study"));
    CHECK(compare("--resume --seeds 3 --quiet --out " + out).code == 0);
    CHECK(run_report(out, "--quiet").code == 0);
}

TEST_CASE("every mistake is one line on standard error with the right exit code") {
    const test::TemporaryFolder temporary;
    std::ofstream(temporary / "file") << "x";
    fs::create_directory(temporary / "empty");
    const std::string t = temporary.path().string();
    const std::vector<test::Mistake> mistakes = {
        {"--epcohs 3", "did you mean --epochs"},
        {"--balance weights", "--balance: is now --rebalance"},
        {"--data mnist", "--data: is now the first argument: cyclone compare DATA"},
        {"--report-only", "--report-only: is now a subcommand: cyclone report FOLDER"},
        {"--epochs 0", "--epochs: expected at least 1"},
        {"--epochs many", "epochs"},
        {"--seeds -1", "--seeds"},
        {"--jobs 0", "--jobs"},
        {"--batch-size 0", "--batch-size"},
        {"--preset studdy-1to17", "did you mean study-1to17"},
        {"--schedules triangluar", "triangular"},
        {"--schedules triangular,,cosine", "--schedules"},
        {"--schedules cosine,cosine", "twice"},
        {"--schedules constant:-1", "constant"},
        {"--schedules constant:nan", "constant"},
        {"--base-lr 0.5 --max-lr 0.1", "base <= max"},
        {"--max-lr 0.001", "--base-lr 0.01 is that of the preset default; give both"},
        {"--preset study-1to17 --base-lr 0.05", "--max-lr 0.03 is that of the preset study-1to17"},
        {"--alike-within 0", "--alike-within"},
        {"--base-lr nan", "--base-lr"},
        {"--step-size 3parsecs", "--step-size"},
        {"--momentum 1", "--momentum"},
        {"--momentum 0.5 --optimizer adam", "--momentum: is for --optimizer sgd, got adam"},
        {"--optimizer adm", "did you mean 'adam'?"},
        {"--model 'flatten liner:classes'", "--model: "},
        {"--rebalance wieghts", "did you mean 'weights'?"},
        {"--rebalance none,none", "twice"},
        {"--rebalance batch:40", "batch"},
        {"--augment flop", "flip"},
        {"--augment shift:16", "--augment"},
        {"--difficulty 100", "--difficulty"},
        {"--resize 32", "--resize: has no effect on synthetic, which is drawn patches"},
        {t + "/file --difficulty 2", "--difficulty: is for synthetic patches"},
        {"--memory-limit 2XB", "--memory-limit: expected a size such as 500MB or 2GB"},
        {t + "/nowhere", "nowhere", 1},
#ifdef CYCLONE_WITH_HDF5
        {t + "/empty", "Positive_train.h5", 1},
        {t + "/file", "file", 1},
#endif
        {"--out " + t + "/file", "this is a file"},
        {"--out " + t + "/file/below", "--out", 1},
        {"--out /proc/nothing", "--out", 1},
    };
    for (const test::Mistake& mistake : mistakes) {
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

TEST_CASE("Ctrl-C ends a comparison in good order") {
    const test::TemporaryFolder temporary;
    const std::string out = (temporary / "run").string();
    const pid_t child = fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        std::freopen((temporary / "out").c_str(), "w", stdout);
        std::freopen((temporary / "err").c_str(), "w", stderr);
        const std::string program = std::string(CYCLONE_PROGRAMS) + "/cyclone";
        execl(program.c_str(), "cyclone", "compare", "--epochs", "500", "--jobs", "1", "--seeds", "1", "--schedules",
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

TEST_CASE("the comparison reads real data in the layout of the study") {
#ifndef CYCLONE_WITH_HDF5
    CYCLONE_SKIP("built without HDF5");
#endif
    CYCLONE_NEED_SHARED("data/nuclei16/Positive_train.h5");
    const test::TemporaryFolder temporary;
    const Result result = compare(
        test::shared_file("data/nuclei16").string() +
        " --positives 100 --negatives 300 --epochs 1 --seeds 1 --schedules constant:0.01 --evaluate-every 0 --out " +
        (temporary / "run").string());
    INFO(result.err);
    CHECK(result.code == 0);
    CHECK_THAT(result.out, Catch::Contains("300 negative, 100 positive") && Catch::Contains("Highest mean AUC"));
}
