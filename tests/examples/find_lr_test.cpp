// find_lr and schedules as a user meets them.

#include <cstdlib>
#include <fstream>

#include <nlohmann/json.hpp>

#include "support/catch.h"
#include "support/programs.h"

using namespace cyclone;
using test::lines_in;
using test::run_program;
using test::whole_file;

namespace {

namespace fs = std::filesystem;

// Small patches' worth of data and few updates: a second.
const std::string kSmall = "--positives 40 --negatives 120 --batch-size 8 --seeds 2 --jobs 1 ";
const std::string kTiny = kSmall + "--updates 40 ";

struct Mistake {
    std::string arguments;
    int code;
    std::string text;
};

void check_mistake(const std::string& program, const Mistake& mistake, const std::string& more = "") {
    INFO(mistake.arguments);
    const auto result = run_program(program, mistake.arguments + more);
    INFO(result.err);
    CHECK(result.code == mistake.code);
    CHECK(lines_in(result.err) == 1);
    CHECK_THAT(result.err, Catch::Contains(mistake.text));
    CHECK(result.out.empty());
}

}  // namespace

TEST_CASE("find_lr prints its table and fills its folder") {
    const test::TemporaryFolder temporary;
    const fs::path out = temporary / "found";
    const auto result = run_program("find_lr", kTiny + "--out " + out.string());
    INFO(result.out);
    CHECK(result.err.empty());
    REQUIRE(result.code == 0);
    for (const char* text : {"valley", "slide", "minimum / 10", "steepest", "cycle, base", "seed 2: "})
        CHECK_THAT(result.out, Catch::Contains(text));
    const auto json = nlohmann::json::parse(whole_file(out / "result.json"));
    CHECK(json["metric"] == "train loss");
    CHECK(json["settings"]["updates"] == "40");
    REQUIRE(json["seeds"].size() == 2);
    CHECK(json["suggestions"].contains("valley"));
    const auto updates =
        json["seeds"][0]["updates"].get<std::int64_t>() + json["seeds"][1]["updates"].get<std::int64_t>();
    CHECK(lines_in(whole_file(out / "curve.csv")) == 1 + updates);
    const auto& pair = json["suggestions"]["pair"];
    if (pair.is_null())
        CHECK_THAT(result.out, Catch::Contains("No pair for a cycle: "));
    else
        CHECK_THAT(result.out,
                   Catch::Contains("fixed_vs_clr --positives 40 --negatives 120 --batch-size 8 --base-lr "));
    SECTION("again only with --overwrite, and then with the same figures") {
        const std::string before = whole_file(out / "curve.csv");
        const auto refused = run_program("find_lr", kTiny + "--out " + out.string());
        CHECK(refused.code == 2);
        CHECK_THAT(refused.err, Catch::Contains("--overwrite"));
        CHECK(run_program("find_lr", kTiny + "--quiet --overwrite --out " + out.string()).code == 0);
        CHECK(whole_file(out / "curve.csv") == before);
    }
}

TEST_CASE("find_lr reads every metric, linear sweeps and balanced subsets") {
    const test::TemporaryFolder temporary;
    for (const std::string metric : {"validation-loss", "accuracy", "balanced_accuracy"}) {
        const fs::path out = temporary / metric;
        const auto result =
            run_program("find_lr", kTiny + "--linear --from 0.01 --to 0.1 --balanced 20 --every 4 --metric " + metric +
                                       " --out " + out.string());
        INFO(metric << result.err);
        REQUIRE(result.code == 0);
        CHECK(nlohmann::json::parse(whole_file(out / "result.json"))["curve"].size() == 10);
    }
}

TEST_CASE("find_lr says so when there is nothing to suggest") {
    const test::TemporaryFolder temporary;
    SECTION("rates too small to learn") {
        const auto result = run_program("find_lr", kTiny + "--from 1e-9 --to 1e-8 --out " + (temporary / "r").string());
        CHECK(result.code == 0);
        CHECK_THAT(result.out, Catch::Contains("No pair for a cycle: the loss does not fall"));
    }
    SECTION("divergence at once") {
        const auto result = run_program("find_lr", kTiny + "--from 1e20 --to 1e30 --out " + (temporary / "r").string());
        CHECK(result.code == 0);
        CHECK_THAT(result.out, Catch::Contains("diverged") && Catch::Contains("No pair for a cycle: only"));
    }
    SECTION("one update") {
        const auto result = run_program("find_lr", kSmall + "--updates 1 --out " + (temporary / "r").string());
        CHECK(result.code == 0);
        CHECK_THAT(result.out, Catch::Contains("only 1 usable point(s)"));
    }
}

TEST_CASE("find_lr answers every mistake in one line") {
    const test::TemporaryFolder temporary;
    const std::string t = temporary.path().string();
    std::ofstream(temporary / "file") << "x";
    fs::create_directory(temporary / "other");
    std::ofstream(temporary / "other" / "notes.txt") << "x";
    for (const Mistake& mistake : std::vector<Mistake>{
             {"--form 0.1", 2, "did you mean --from"},
             {"--from 0", 2, "--from"},
             {"--from nan", 2, "--from"},
             {"--to 0.00001", 2, "--to: expected a rate above --from"},
             {"--to inf", 2, "--to"},
             {"--updates 0", 2, "--updates: expected at least 1"},
             {"--metric acuracy", 2, "did you mean accuracy"},
             {"--every 0", 2, "--every"},
             {"--seeds 0", 2, "--seeds"},
             {"--balanced -1", 2, "--balanced"},
             {"--positives 0", 2, "--positives"},
             {"--imbalance -1", 2, "--imbalance"},
             {"--positive 3", 2, "--positive"},
             {"--data-seed -1", 2, "expected a whole number from 0 up"},
             {"--smoothing 1", 2, "--smoothing"},
             {"--momentum 1", 2, "--momentum"},
             {"--threads 0", 2, "--threads"},
             {"--memory-limit 0MB", 2, "--memory-limit"},
             {"--data " + t + "/nowhere", 1, "nowhere"},
         }) {
        check_mistake("find_lr", mistake, " --out " + t + "/out");
        CHECK_FALSE(fs::exists(temporary / "out"));
    }
    check_mistake("find_lr", {kTiny + "--out " + t + "/file", 2, "this is a file"});
    check_mistake("find_lr", {kTiny + "--out " + t + "/other", 2, "holds no earlier result"});
    CHECK(whole_file(temporary / "other" / "notes.txt") == "x");
}

TEST_CASE("schedules draws in the terminal, as CSV and as SVG, with its figures") {
    const test::TemporaryFolder temporary;
    const auto shown = run_program("schedules", "time-decay triangular");
    CHECK(shown.code == 0);
    CHECK(shown.err.empty());
    CHECK_THAT(shown.out, Catch::Contains("384") && Catch::Contains("24000  updates") &&
                              Catch::Contains("warning: time-decay: its rates sum to") &&
                              Catch::Contains("triangular(base=0.002"));
    const fs::path csv = temporary / "rates.csv";
    CHECK(run_program("schedules", "cosine step --updates 10 --csv " + csv.string()).code == 0);
    CHECK(lines_in(whole_file(csv)) == 1 + 2 * 10);
    CHECK_THAT(whole_file(csv), Catch::Contains("cosine,0,0.03\n"));
    const fs::path svg = temporary / "rates.svg";
    CHECK(run_program("schedules", "triangular2 'warmup:1epoch:cosine' --svg " + svg.string()).code == 0);
    CHECK_THAT(whole_file(svg), Catch::Contains("<svg") && Catch::Contains("warmup:1epoch:cosine"));
    CHECK_THAT(run_program("schedules", "--list").out, Catch::Contains("one-cycle-3"));
    CHECK_THAT(run_program("schedules", "triangular --step-size 5epochs").out, Catch::Contains("middle of a cycle"));
}

TEST_CASE("schedules answers every mistake in one line") {
    for (const Mistake& mistake : std::vector<Mistake>{
             {"triangluar", 2, "triangular"},
             {"constant:-1", 2, "constant"},
             {"--epochs 0", 2, "--epochs"},
             {"--epochs nan", 2, "--epochs"},
             {"--epochs 1e12", 2, "--epochs: expected a run of at most"},
             {"--updates -1", 2, "--updates"},
             {"--updates-per-epoch 0", 2, "--updates-per-epoch"},
             {"--step-size 3parsecs", 2, "--step-size"},
             {"--base-lr 0.5 --max-lr 0.1", 2, "base <= max"},
             {"--stepsize 3", 2, "did you mean --step-size"},
         })
        check_mistake("schedules", mistake);
    const auto unwritable = run_program("schedules", "--csv /proc/nothing/rates.csv");
    CHECK(unwritable.code == 1);
    CHECK(lines_in(unwritable.err) == 1);
}
