// cyclone train --record.

#include <nlohmann/json.hpp>

#include "cli/train_program.h"
#include "support/catch.h"
#include "support/programs.h"

using namespace cyclone;
using test::run_program;
using test::run_train;
using test::whole_file;
using test::write_folder;
namespace fs = std::filesystem;
using Json = nlohmann::json;

TEST_CASE("a training records what is asked for, changes nothing by it, and resumes it") {
    const test::TemporaryFolder temporary;
    const std::string data = write_folder(temporary / "data", 20).string() + test::kModel +
                             "--epochs 2 --batch-size 8 --threads 1 --quiet --out " + temporary.path().string();
    const auto plain = run_train(data + "/plain");
    INFO(plain.err);
    REQUIRE(plain.code == 0);
    const auto recorded = run_train(data + "/recorded --record norms,curvature:every=3:images=8,path");
    INFO(recorded.err);
    REQUIRE(recorded.code == 0);
    CHECK(whole_file(temporary / "plain" / "last.safetensors") ==
          whole_file(temporary / "recorded" / "last.safetensors"));
    const std::string before = whole_file(temporary / "plain" / "history.csv"),
                      after = whole_file(temporary / "recorded" / "history.csv");
    CHECK_THAT(after.substr(0, after.find('\n')),
               Catch::EndsWith(",gradient_norm,update_norm,weight_norm,curvature,distance"));
    CHECK(after.starts_with(before.substr(0, before.find('\n'))));
    const Json json = Json::parse(whole_file(temporary / "recorded" / "result.json"));
    REQUIRE(json["recorded"].size() == 5);
    CHECK(json["recorded"][0]["name"] == "gradient_norm");
    CHECK(json["recorded"][3]["update"][1] == 3);
    CHECK(json["recorded"][4]["value"][0] == 0);
    CHECK_FALSE(Json::parse(whole_file(temporary / "plain" / "result.json")).contains("recorded"));
    CHECK_THAT(whole_file(temporary / "recorded" / "report.html"),
               Catch::Contains("2 / rate") && Catch::Contains("distance from the first weights"));
    CHECK(whole_file(temporary / "plain" / "report.html").find("2 / rate") == std::string::npos);
    // The page again, and the training from its end, without naming what it records.
    const std::string page = whole_file(temporary / "recorded" / "report.html");
    CHECK(run_program("cyclone", "report --quiet " + (temporary / "recorded").string()).code == 0);
    CHECK(whole_file(temporary / "recorded" / "report.html") == page);
    const auto resumed = run_train("--resume --quiet --out " + (temporary / "recorded").string());
    INFO(resumed.err);
    CHECK(resumed.code == 0);
    CHECK(Json::parse(whole_file(temporary / "recorded" / "result.json"))["recorded"] == json["recorded"]);
}

TEST_CASE("mistakes in --record are told in one line") {
    const test::TemporaryFolder temporary;
    const std::string data = write_folder(temporary / "data", 4).string();
    for (const auto& [list, message] : {std::pair<const char*, const char*>{"norm", "did you mean 'norms'"},
                                        {"norms,norms", "norms comes twice"},
                                        {"curvature:every=0", "at least 1"},
                                        {"curvature:each=5", "each"}}) {
        const auto result = run_train(data + " --record " + list + " --out " + (temporary / "run").string());
        CHECK(result.code == 2);
        CHECK_THAT(result.err, Catch::Contains("--record") && Catch::Contains(message));
        CHECK_FALSE(fs::exists(temporary / "run"));
    }
}
