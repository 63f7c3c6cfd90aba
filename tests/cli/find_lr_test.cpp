// cyclone find-lr as a user meets it.

#include <cmath>
#include <fstream>
#include <set>

#include <nlohmann/json.hpp>

#include "support/catch.h"
#include "support/programs.h"

using namespace cyclone;
using test::lines_in;
using test::run_program;
using test::whole_file;

namespace {

namespace fs = std::filesystem;

std::string shell_quoted(const fs::path& path) {
    std::string out = "'";
    for (const char c : path.string()) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
    return out + "'";
}

// Small patches' worth of data and few updates: a second.
const std::string kSmall = "--positives 40 --negatives 120 --batch-size 8 --seeds 2 --jobs 1 ";
const std::string kTiny = kSmall + "--updates 40 ";

test::ProgramResult find_lr(const std::string& arguments) { return run_program("cyclone", "find-lr " + arguments); }

}  // namespace

TEST_CASE("find-lr prints its table and fills its folder") {
    const test::TemporaryFolder temporary;
    const fs::path out = temporary / "found";
    const auto result = find_lr(kTiny + "--out " + out.string());
    INFO(result.out << result.err);
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
    CHECK(json["balanced_batches"] == true);
    CHECK(json["class_fractions_only"].get<double>() == Approx(std::log(2)));
    CHECK_THAT(whole_file(out / "curve.svg"), Catch::Contains("class fractions only 0.69"));
    CHECK_THAT(whole_file(out / "report.html"), Catch::Contains("class fractions only 0.69") &&
                                                    Catch::Contains("minimum / 10") && Catch::Contains("id=\"data\""));
    const bool found = !json["suggestions"]["pair"].is_null();
    CHECK(result.code == (found ? 0 : 1));
    CHECK(result.err.empty() == found);
    CHECK_THAT(result.out, Catch::Contains(found ? "For a cycle: base" : "No pair for a cycle: "));
    CHECK_THAT(whole_file(out / "config.toml"), Catch::Contains("batch-size = 8\n") && Catch::Contains("seeds = 2\n"));
    SECTION("the same as JSON and nothing else, from the config file") {
        const auto again = find_lr("--json --config " + (out / "config.toml").string() + " --jobs 1 --out " +
                                   (temporary / "again").string());
        CHECK(again.code == result.code);
        CHECK(nlohmann::json::parse(again.out)["curve"] == json["curve"]);
    }
    SECTION("again only with --overwrite, and then with the same figures") {
        const std::string before = whole_file(out / "curve.csv");
        const auto refused = find_lr(kTiny + "--out " + out.string());
        CHECK(refused.code == 2);
        CHECK_THAT(refused.err, Catch::Contains("--overwrite"));
        CHECK(find_lr(kTiny + "--quiet --overwrite --out " + out.string()).code == result.code);
        CHECK(whole_file(out / "curve.csv") == before);
    }
}

TEST_CASE("find-lr reads every metric, linear sweeps and balanced subsets") {
    const test::TemporaryFolder temporary;
    std::set<std::string> curves;
    for (const std::string metric : {"validation-loss", "accuracy", "balanced_accuracy"}) {
        const fs::path out = temporary / metric;
        const auto result =
            find_lr(kTiny + "--linear --from 0.01 --to 0.1 --per-class 20 --evaluate-every 4 --first-seed 5 --metric " +
                    metric + " --out " + out.string());
        INFO(metric << result.err);
        REQUIRE(result.code != 2);
        const auto json = nlohmann::json::parse(whole_file(out / "result.json"));
        CHECK(json["curve"].size() == 10);
        const auto rate = [&](std::size_t i) { return json["curve"][i]["learning_rate"].get<double>(); };
        CHECK(rate(9) - rate(8) == Approx(rate(1) - rate(0)));  // linear
        CHECK(curves.insert(json["curve"].dump()).second);      // another metric, another curve
        CHECK(json["seeds"].front()["seed"] == 5);
        CHECK(json["seeds"].back()["seed"] == 6);
    }
}

TEST_CASE("a rebalancing method sees the images that the sweeps train on") {
    // As many of each class: class weights of one, and the curve without a method.
    const test::TemporaryFolder temporary;
    const auto curve = [&](const std::string& rebalance) {
        const fs::path out = temporary / rebalance;
        const auto result =
            find_lr(kTiny + "--per-class 20 --trials 0 --rebalance " + rebalance + " --out " + out.string());
        INFO(result.err);
        REQUIRE(result.code != 2);
        return nlohmann::json::parse(whole_file(out / "result.json"))["curve"];
    };
    const auto weighted = curve("weights"), plain = curve("none");
    REQUIRE(weighted.size() == plain.size());
    for (std::size_t i = 0; i < plain.size(); ++i)
        CHECK(weighted[i]["mean"].get<double>() == Approx(plain[i]["mean"].get<double>()).epsilon(1e-3));
}

TEST_CASE("find-lr says so when there is nothing to suggest") {
    const test::TemporaryFolder temporary;
    const auto check = [&](const std::string& arguments, const std::string& text) {
        const auto result = find_lr(arguments + " --out " + (temporary / "r").string());
        CHECK(result.code == 1);
        CHECK(lines_in(result.err) == 1);
        CHECK_THAT(result.err, Catch::Contains("no pair of rates: " + text));
        CHECK_THAT(result.out, Catch::Contains("No pair for a cycle: " + text));
        const auto json = nlohmann::json::parse(whole_file(temporary / "r" / "result.json"));
        CHECK(json["suggestions"]["pair"].is_null());
        CHECK_THAT(json["suggestions"]["no_pair"].get<std::string>(), Catch::Contains(text));
        return result;
    };
    SECTION("rates too small to learn") {
        const auto result = check(kTiny + "--from 1e-9 --to 1e-8", "the loss does not fall");
        CHECK_THAT(result.err, Catch::Contains("more updates"));
    }
    SECTION("only the class fractions are learned in so few updates") {
        // What happened silently: the bias alone brings the loss from 0.69 to 0.56.
        const auto result =
            check(kTiny + "--rebalance none --from 1e-4 --to 0.05", "the loss does not fall below what");
        CHECK_THAT(result.err, Catch::Contains("the class fractions alone give, 0.56"));
    }
    SECTION("it tries twice and four times as many updates, unless a number is given") {
        const auto result = check(kSmall + "--from 1e-9 --to 1e-8", "the loss does not fall");
        CHECK_THAT(result.out, Catch::Contains("within 300 updates: again with 600"));
        CHECK_THAT(result.out, Catch::Contains("within 600 updates: again with 1200"));
        const auto json = nlohmann::json::parse(whole_file(temporary / "r" / "result.json"));
        CHECK(json["settings"]["updates"] == "1200");
        for (const auto& seed : json["seeds"]) CHECK(seed["updates"] == 1200);
        CHECK_THAT(whole_file(temporary / "r" / "config.toml"), Catch::Contains("updates = 1200\n"));
    }
    SECTION("divergence at once") { check(kTiny + "--from 1e20 --to 1e30", "only"); }
    SECTION("one update") { check(kSmall + "--updates 1", "only 1 usable point(s)"); }
}

namespace {

// A table of classes of 4 x 4 pixels, one bright row each; of class 0 `first` times as many images.
fs::path write_table(const fs::path& file, int classes, int count, int first = 1) {
    std::ofstream out(file);
    for (int i = 0; i < count; ++i)
        for (int c = 0; c < classes; ++c)
            for (int again = 0; again < (c == 0 ? first : 1); ++again) {
                out << c;
                for (int pixel = 0; pixel < 16; ++pixel)
                    out << ',' << (pixel / 4 == c ? 200 : 30) + (i * 11 + pixel * 5 + again * 3) % 40;
                out << '\n';
            }
    return file;
}

// The command in the last lines of the output.
std::string printed_command(const std::string& out) {
    const std::size_t begin = out.find("\n  ", out.find(" with these rates:"));
    return begin == std::string::npos ? "" : out.substr(begin + 3, out.find('\n', begin + 3) - begin - 3);
}

int run_in_shell(const std::string& command) { return std::system((command + " >/dev/null 2>&1").c_str()); }

}  // namespace

TEST_CASE("find-lr takes many classes, and the command that it prints runs when it is pasted") {
    const test::TemporaryFolder temporary;
    const fs::path folder = temporary / "a folder";
    fs::create_directory(folder);
    const std::string sweep = " --batch-size 8 --seeds 1 --updates 100 --to 3 --out ";
    const std::string twice_as_long = " --batch-size 8 --seeds 1 --updates 200 --to 3 --out ";
    SECTION("three classes: a training") {
        const fs::path data = write_table(folder / "it's.csv", 3, 60);
        const auto result = find_lr(shell_quoted(data) + sweep + (temporary / "r").string());
        INFO(result.out << result.err);
        REQUIRE(result.code == 0);
        const auto json = nlohmann::json::parse(whole_file(temporary / "r" / "result.json"));
        CHECK(json["balanced_batches"] == false);
        CHECK(json["class_fractions_only"].get<double>() == Approx(std::log(3)).epsilon(1e-3));
        REQUIRE(json["trials"]["cycles"].size() >= 2);
        CHECK(json["trials"]["updates"] == 50);  // half of a sweep
        CHECK(json["settings"]["trials"] == "50");
        CHECK_THAT(result.out, Catch::Contains("one cycle of 50 updates each"));
        const auto plain = nlohmann::json::parse(
            find_lr(shell_quoted(data) + " --json --trials 0" + sweep + (temporary / "plain").string()).out);
        CHECK(plain["trials"].is_null());
        CHECK(plain["pair"] == json["suggestions"]["pair"]);
        CHECK(plain["curve"] == json["curve"]);
        const std::string command = printed_command(result.out);
        CHECK_THAT(command, Catch::Contains(CYCLONE_PROGRAMS "/cyclone train") &&
                                Catch::Contains("--batch-size 8 --schedule triangular --base-lr "));
        CHECK(run_in_shell(command + " --epochs 1 --threads 1 --out " + (temporary / "trained").string()) == 0);
        CHECK(fs::exists(temporary / "trained" / "best.safetensors"));
    }
    SECTION("one of three classes against the rest: a comparison") {
        const fs::path data = write_table(folder / "data.csv", 3, 40);
        const auto result = find_lr(shell_quoted(data) + " --positive 0 --rebalance batch --augment shift:1" +
                                    twice_as_long + (temporary / "r").string());
        INFO(result.out << result.err);
        REQUIRE(result.code == 0);
        const std::string command = printed_command(result.out);
        CHECK_THAT(command, Catch::Contains(" compare ") && Catch::Contains("--positive 0 --batch-size 8") &&
                                Catch::Contains("--rebalance batch --augment shift:1"));
        CHECK(run_in_shell(command + " --schedules triangular --seeds 1 --epochs 1 --step-size 2 --out " +
                           (temporary / "compared").string()) == 0);
        CHECK(fs::exists(temporary / "compared" / "result.json"));
    }
    SECTION("unbalanced classes are swept on balanced batches unless it is told how") {
        const fs::path data = write_table(folder / "data.csv", 3, 20, 6);
        const std::string out = (temporary / "r").string();
        find_lr(shell_quoted(data) + sweep + out);
        CHECK(nlohmann::json::parse(whole_file(temporary / "r" / "result.json"))["balanced_batches"] == true);
        find_lr(shell_quoted(data) + " --rebalance none --overwrite" + sweep + out);
        const auto json = nlohmann::json::parse(whole_file(temporary / "r" / "result.json"));
        CHECK(json["balanced_batches"] == false);
        CHECK(json["class_fractions_only"].get<double>() == Approx(-.75 * std::log(.75) - .25 * std::log(.125)));
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
             {"--trials -1", "--trials: expected a number of updates, or 0"},
             {"--per-class -1", "--per-class"},
             {"--balanced 3", "--balanced: is now --per-class"},
             {"--positives 0", "--positives"},
             {"--imbalance -1", "--imbalance"},
             {"--positive 3", "--positive"},
             {"--data-seed -1", "expected a whole number from 0 up"},
             {"--smoothing 1", "--smoothing"},
             {"--momentum 1", "--momentum"},
             {"--rebalance wieghts", "did you mean 'weights'"},
             {"--augment flp", "did you mean 'flip'"},
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
