// cyclone lab as a user meets it.
#include <filesystem>
#include <fstream>

#include <nlohmann/json.hpp>

#include "support/catch.h"
#include "support/programs.h"

using namespace cyclone;

namespace {

test::ProgramResult laboratory(const std::string& arguments) {
    return test::run_program("cyclone", "lab " + arguments);
}

}  // namespace

TEST_CASE("lab without a name lists the experiments with their claims") {
    const auto listed = laboratory("");
    CHECK(listed.code == 0);
    for (const char* name : {"valley", "edge-of-stability", "noise-floor", "super-convergence", "large-rates",
                             "batch-ratio", "step-size", "wrong-maximum", "averages", "imbalance", "sharpness", "walk"})
        CHECK_THAT(listed.out, Catch::Contains(std::string("  ") + name));
    CHECK_THAT(listed.out, Catch::Contains("constant rate comes down up to 2 / the steepest"));
}

TEST_CASE("lab prints an answer, or the finding as JSON, and writes its files") {
    const test::TemporaryFolder temporary;
    const std::string out = (temporary / "finding").string();
    const auto shown = laboratory("valley --out " + out);
    CHECK(shown.code == 0);
    CHECK_THAT(shown.out, Catch::Contains("The claim holds here, over 10 seeds.") && Catch::Contains("page.html"));
    for (const char* file : {"result.json", "picture.svg", "page.html"})
        CHECK(std::filesystem::exists(temporary / "finding" / file));
    const auto json = nlohmann::json::parse(laboratory("noise-floor --quick --json --seeds 4 --first-seed 3").out);
    CHECK(json["name"] == "noise-floor");
    CHECK(json["seeds"] == std::vector<int>{3, 4, 5, 6});
    CHECK(json["quick"] == 1);
    CHECK(test::lines_in(laboratory("sharpness --quick --quiet").out) == 1);
    test::check_mistake("lab", {"valley --out " + out, "--overwrite"});
    CHECK(laboratory("valley --quiet --overwrite --out " + out).code == 0);
}

TEST_CASE("report draws a finding again, to the byte, and judges it by this version's rule") {
    const test::TemporaryFolder temporary;
    const auto folder = temporary / "finding";
    const auto shown = laboratory("noise-floor --quick --out " + folder.string());
    REQUIRE(shown.code == 0);
    std::vector<std::string> before;
    const auto files = {"result.json", "picture.svg", "page.html"};
    for (const char* file : files) before.push_back(test::whole_file(folder / file));
    std::filesystem::remove(folder / "picture.svg");
    const auto again = test::run_program("cyclone", "report " + folder.string());
    INFO(again.err);
    CHECK(again.code == 0);
    CHECK(shown.out.starts_with(again.out));
    for (std::size_t i = 0; i < before.size(); ++i) CHECK(test::whole_file(folder / files.begin()[i]) == before[i]);
    test::check_mistake("report", {folder.string() + " --baseline constant:mean", "experiment of the laboratory"});
    std::ofstream(folder / "result.json") << before[0].substr(0, before[0].size() / 2);
    CHECK(test::run_program("cyclone", "report " + folder.string()).code != 0);
}

TEST_CASE("lab answers every mistake in one line") {
    for (const test::Mistake& mistake : std::vector<test::Mistake>{{"noise-flor", "did you mean 'noise-floor'"},
                                                                   {"valley:3", "valley"},
                                                                   {"valley --seeds -1", "--seeds"},
                                                                   {"valley --threads 0", "--threads"},
                                                                   {"valley --json --quiet", "--quiet"},
                                                                   {"valley walk", "walk"}})
        test::check_mistake("lab", mistake);
}
