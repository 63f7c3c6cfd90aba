// cyclone compare --average as a user meets it.

#include <nlohmann/json.hpp>

#include "support/catch.h"
#include "support/programs.h"
#include "support/shared_files.h"

using namespace cyclone;

namespace {

using Json = nlohmann::json;
using test::whole_file;

const std::string kSmall =
    "--positives 40 --negatives 120 --epochs 4 --seeds 2 --jobs 1 "
    "--schedules constant:mean,triangular ";

test::ProgramResult compare(const std::string& arguments) {
    return test::run_program("cyclone", "compare " + arguments);
}

}  // namespace

TEST_CASE("a comparison with averages has a row for each and is the one without them besides") {
    const test::TemporaryFolder temporary;
    const auto out = temporary / "run", plain = temporary / "plain";
    const auto result = compare(kSmall + "--average swa,snapshots --step-size 1epochs --out " + out.string());
    INFO(result.out << result.err);
    CHECK(result.err.empty());
    REQUIRE(result.code == 0);
    CHECK_THAT(result.out, Catch::Contains("triangular + snapshots") && Catch::Contains("constant:mean + swa"));
    const Json json = Json::parse(whole_file(out / "result.json"));
    std::vector<std::string> names;
    for (const Json& row : json["schedules"]) names.push_back(row["name"]);
    CHECK(names == std::vector<std::string>{"constant:mean", "constant:mean + swa", "constant:mean + snapshots",
                                            "triangular", "triangular + swa", "triangular + snapshots"});
    REQUIRE(compare(kSmall + "--step-size 1epochs --out " + plain.string()).code == 0);
    const Json without = Json::parse(whole_file(plain / "result.json"));
    CHECK(json["schedules"][0]["auc"] == without["schedules"][0]["auc"]);
    CHECK(json["schedules"][3]["auc"] == without["schedules"][1]["auc"]);
    CHECK(json["schedules"][4]["auc"] != json["schedules"][3]["auc"]);
    // One training each, whose history is there once.
    CHECK(std::filesystem::exists(out / "history" / "triangular-seed2.csv"));
    CHECK_FALSE(std::filesystem::exists(out / "history" / "triangular+swa-seed2.csv"));
    // The table again, against the constant under the same treatment.
    const auto again =
        test::run_program("cyclone", "report " + out.string() + " --baseline 'constant:mean + swa' --json");
    REQUIRE(again.code == 0);
    CHECK_THAT(again.out, Catch::Contains("\"constant:mean + swa\""));
    // The folder has its averages; more seeds have them, too, and others are another comparison.
    const auto more = compare("--resume --seeds 3 --quiet --out " + out.string());
    INFO(more.err);
    REQUIRE(more.code == 0);
    CHECK(Json::parse(whole_file(out / "result.json"))["schedules"][5]["auc"]["runs"].size() == 3);
    const auto other = compare("--resume --average ema:0.9 --out " + out.string());
    CHECK(other.code == 2);
    CHECK_THAT(other.err, Catch::Contains("average: swa,snapshots there, asked for was ema:0.9"));
    const auto older = compare("--resume --average swa --out " + plain.string());
    CHECK(older.code == 2);
    CHECK_THAT(older.err, Catch::Contains("average: none there, asked for was swa"));
}

TEST_CASE("averages that cannot be taken are refused by their option") {
    const test::TemporaryFolder temporary;
    const auto out = temporary / "run";
    const auto refused = [&](const std::string& options, const std::string& what) {
        const auto result = compare(kSmall + options + " --out " + out.string());
        INFO(options << ": " << result.err);
        CHECK(result.code == 2);
        CHECK_THAT(result.err, Catch::Contains(what));
        CHECK_FALSE(std::filesystem::exists(out));
    };
    refused("--average mean", "expected swa, snapshots or ema:DECAY such as ema:0.99, got 'mean'");
    refused("--average swa,", "--average: expected names separated by commas");
    refused("--average swa,swa", "--average: 'swa' is given twice");
    refused("--average ema:1.5", "--average: ");
    refused("--average ema:0.9,ema:0.99", "--average: ");
    refused("--average swa --step-size 3epochs",
            "--average: weights are taken at the end of each cycle, of 30 updates, and a run has 20");
    refused("--average swa --baseline 'triangular + ema:0.9'", "--baseline: 'triangular + ema:0.9' is not among");
}
