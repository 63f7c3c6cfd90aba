// cyclone find-lr as a user meets it.

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

test::ProgramResult find_lr(const std::string& arguments) { return run_program("cyclone", "find-lr " + arguments); }

}  // namespace

TEST_CASE("find-lr prints its table and fills its folder") {
    const test::TemporaryFolder temporary;
    const fs::path out = temporary / "found";
    const auto result = find_lr(kTiny + "--out " + out.string());
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
                   Catch::Contains("cyclone compare --positives 40 --negatives 120 --batch-size 8 --base-lr "));
    CHECK_THAT(whole_file(out / "config.toml"), Catch::Contains("batch-size = 8\n") && Catch::Contains("seeds = 2\n"));
    SECTION("the same as JSON and nothing else, from the config file") {
        const auto again = find_lr("--json --config " + (out / "config.toml").string() + " --jobs 1 --out " +
                                   (temporary / "again").string());
        CHECK(again.code == 0);
        CHECK(nlohmann::json::parse(again.out)["curve"] == json["curve"]);
    }
    SECTION("again only with --overwrite, and then with the same figures") {
        const std::string before = whole_file(out / "curve.csv");
        const auto refused = find_lr(kTiny + "--out " + out.string());
        CHECK(refused.code == 2);
        CHECK_THAT(refused.err, Catch::Contains("--overwrite"));
        CHECK(find_lr(kTiny + "--quiet --overwrite --out " + out.string()).code == 0);
        CHECK(whole_file(out / "curve.csv") == before);
    }
}

TEST_CASE("find-lr reads every metric, linear sweeps and balanced subsets") {
    const test::TemporaryFolder temporary;
    for (const std::string metric : {"validation-loss", "accuracy", "balanced_accuracy"}) {
        const fs::path out = temporary / metric;
        const auto result =
            find_lr(kTiny + "--linear --from 0.01 --to 0.1 --per-class 20 --evaluate-every 4 --metric " + metric +
                    " --out " + out.string());
        INFO(metric << result.err);
        REQUIRE(result.code == 0);
        CHECK(nlohmann::json::parse(whole_file(out / "result.json"))["curve"].size() == 10);
    }
}

TEST_CASE("find-lr says so when there is nothing to suggest") {
    const test::TemporaryFolder temporary;
    SECTION("rates too small to learn") {
        const auto result = find_lr(kTiny + "--from 1e-9 --to 1e-8 --out " + (temporary / "r").string());
        CHECK(result.code == 0);
        CHECK_THAT(result.out, Catch::Contains("No pair for a cycle: the loss does not fall"));
    }
    SECTION("divergence at once") {
        const auto result = find_lr(kTiny + "--from 1e20 --to 1e30 --out " + (temporary / "r").string());
        CHECK(result.code == 0);
        CHECK_THAT(result.out, Catch::Contains("diverged") && Catch::Contains("No pair for a cycle: only"));
    }
    SECTION("one update") {
        const auto result = find_lr(kSmall + "--updates 1 --out " + (temporary / "r").string());
        CHECK(result.code == 0);
        CHECK_THAT(result.out, Catch::Contains("only 1 usable point(s)"));
    }
}

TEST_CASE("find-lr answers every mistake in one line") {
    const test::TemporaryFolder temporary;
    const std::string t = temporary.path().string();
    std::ofstream(temporary / "file") << "x";
    fs::create_directory(temporary / "other");
    std::ofstream(temporary / "other" / "notes.txt") << "x";
    for (const test::Mistake& mistake : std::vector<test::Mistake>{
             {"--form 0.1", "did you mean --from"},
             {"--from 0", "--from"},
             {"--from nan", "--from"},
             {"--to 0.00001", "--to: expected a rate above --from"},
             {"--to inf", "--to"},
             {"--updates 0", "--updates: expected at least 1"},
             {"--metric acuracy", "did you mean accuracy"},
             {"--evaluate-every 0", "--evaluate-every"},
             {"--every 2", "--every: is now --evaluate-every"},
             {"--seeds 0", "--seeds"},
             {"--per-class -1", "--per-class"},
             {"--balanced 3", "--balanced: is now --per-class"},
             {"--positives 0", "--positives"},
             {"--imbalance -1", "--imbalance"},
             {"--positive 3", "--positive"},
             {"--data-seed -1", "expected a whole number from 0 up"},
             {"--smoothing 1", "--smoothing"},
             {"--momentum 1", "--momentum"},
             {"--threads 0", "--threads"},
             {"--memory-limit 0MB", "--memory-limit"},
             {t + "/nowhere", "nowhere", 1},
             {"--data " + t, "--data: is now the first argument: cyclone find-lr DATA"},
         }) {
        test::check_mistake("find-lr", mistake, " --out " + t + "/out");
        CHECK_FALSE(fs::exists(temporary / "out"));
    }
    test::check_mistake("find-lr", {kTiny + "--out " + t + "/file", "this is a file"});
    test::check_mistake("find-lr", {kTiny + "--out " + t + "/other", "holds no earlier result"});
    CHECK(whole_file(temporary / "other" / "notes.txt") == "x");
}
