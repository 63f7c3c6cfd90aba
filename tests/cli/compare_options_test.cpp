// What cyclone compare compares: baselines, presets, any data, rebalancing methods, thresholds; also as a folder grows.

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "cli/comparison_program.h"

using namespace cyclone;
using test::compare;
using test::lines_in;
using test::names_in;
using test::report;
using test::result_of;
using test::resume;
using test::tiny;
using Result = test::ProgramResult;
namespace fs = std::filesystem;
using nlohmann::json;

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

TEST_CASE("constant:tuned tries as many rates as asked for, and a folder keeps its own") {
    const test::TemporaryFolder temporary;
    const auto out = temporary / "run";
    auto arguments = tiny(out, {"--tuned-rates", "4"});
    std::replace(arguments.begin(), arguments.end(), std::string("constant:0.01,triangular"),
                 std::string("constant:tuned,triangular"));
    const Result first = compare(arguments);
    INFO(first.err);
    REQUIRE(first.code == 0);
    const std::string tuning = test::whole_file(out / "tuning.json");
    CHECK(json::parse(tuning)["trials"].size() == 4);
    CHECK(resume(out, {"--tuned-rates", "4"}).code == 0);
    const Result other = resume(out, {"--tuned-rates", "5", "--seeds", "2"});
    CHECK(other.code == 2);
    CHECK_THAT(other.err, Catch::Contains("--tuned-rates") && Catch::Contains("best of 4 rates, asked for are 5"));
    CHECK(resume(out, {"--seeds", "2"}).code == 0);
    CHECK(test::whole_file(out / "tuning.json") == tuning);
    CHECK_THAT(compare(tiny(temporary / "few", {"--tuned-rates", "2"})).err, Catch::Contains("expected 3 to 1000"));
    arguments = tiny(temporary / "none", {"--tuned-rates", "8"});
    std::erase(arguments, "--quiet");
    CHECK_THAT(compare(arguments).out, Catch::Contains("--tuned-rates has no effect"));
}

TEST_CASE("a watched comparison leaves the final page, and event files where they are asked for") {
    const test::TemporaryFolder temporary;
    const auto out = temporary / "run";
    const Result result = compare(tiny(out, {"--watch", "--tensorboard"}));
    INFO(result.err);
    REQUIRE(result.code == 0);
    const std::string page = test::whole_file(out / "report.html");
    CHECK(page.find("http-equiv") == std::string::npos);  // it does not load itself again
    // Kept: a loop over a part of a temporary reads freed memory.
    const auto written = result_of(out);
    for (const auto& run : written["runs"]) {
        std::string name = run["schedule"].get<std::string>() + "-seed" + std::to_string(run["seed"].get<int>());
        std::replace(name.begin(), name.end(), ':', '-');
        CHECK_THAT(test::whole_file(out / "tensorboard" / name / "events.out.tfevents.0.cyclone"),
                   Catch::Contains("brain.Event:2") && Catch::Contains("loss/train") && Catch::Contains("test/auc"));
    }
    CHECK(compare(tiny(out, {"--overwrite"})).code == 0);
    CHECK_FALSE(fs::exists(out / "tensorboard"));
    // The page is drawn before a run of the baseline is there. This ended the comparison with its first run.
    const Result late = compare(tiny(temporary / "late", {"--watch", "--baseline", "triangular"}));
    INFO(late.err);
    CHECK(late.code == 0);
    CHECK(result_of(temporary / "late")["statistics"]["baseline"] == "triangular");
}

TEST_CASE("the step size of constants has an effect on averages at the ends of cycles") {
    const test::TemporaryFolder temporary;
    const auto said = [&](const std::string& name, const std::vector<std::string>& more) {
        std::vector<std::string> arguments = {"--positives", "40", "--negatives", "120",
                                              "--epochs",    "1",  "--seeds",     "1",
                                              "--jobs",      "1",  "--schedules", "constant:0.01,constant:0.02",
                                              "--step-size", "1",  "--out",       (temporary / name).string()};
        arguments.insert(arguments.end(), more.begin(), more.end());
        const Result result = compare(arguments);
        REQUIRE(result.code == 0);
        return result.out + result.err;
    };
    CHECK_THAT(said("plain", {}), Catch::Contains("--step-size has no effect"));
    CHECK_THAT(said("ema", {"--average", "ema:0.9"}), Catch::Contains("--step-size has no effect"));
    CHECK_THAT(said("swa", {"--average", "swa"}), !Catch::Contains("has no effect"));
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
    CHECK_THAT(missing.err, Catch::Contains("--positive: expected the name or number of the class to tell from the "
                                            "rest, 0 ash, 1 oak, 2 yew"));
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
    const Result result = compare({mnist, "--positive", "8", "--imbalance", "17.5", "--negatives", "700", "--epochs",
                                   "1", "--seeds", "1", "--schedules", "constant:0.01", "--jobs", "1",
                                   "--evaluate-every", "0", "--out", (temporary / "run").string()});
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
    CHECK_THAT(told.out, Catch::Contains("Differences to triangular + focal"));
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

TEST_CASE("images held out for thresholds are those of whole groups") {
    const test::TemporaryFolder temporary;
    const fs::path table = temporary / "patients.csv";
    {
        std::ofstream out(table);
        out << "label,patient";
        for (int p = 0; p < 64; ++p) out << ",p" << p;
        out << '\n';
        for (int i = 0; i < 7 * 31; ++i) {  // patients of seven images
            out << (i / 7 % 3 == 0 ? "ill" : "well") << ',' << i / 7;
            for (int p = 0; p < 64; ++p) out << ',' << (i * 31 + p * 17) % 251;
            out << '\n';
        }
    }
    const auto with = [&](const char* out, const char* schedules) {
        return compare({table.string(), "--positive", "ill", "--epochs", "1", "--seeds", "1", "--jobs", "1",
                        "--schedules", schedules, "--threshold", "f1", "--out", (temporary / out).string()});
    };
    const Result result = with("run", "triangular");
    INFO(result.out << result.err);
    REQUIRE(result.code == 0);
    const auto images_in = [&](const std::string& set) {
        const std::size_t at = result.out.find(set);
        REQUIRE(at != std::string::npos);
        return std::stoi(result.out.substr(at + set.size()));
    };
    const int train = images_in("train: "), held_out = images_in("held out for thresholds: "),
              testing = images_in("test:  ");
    CHECK(train + held_out + testing == 7 * 31);
    for (const int images : {train, held_out, testing}) CHECK(images % 7 == 0);
    CHECK(result.err.find("one by one") == std::string::npos);
    CHECK_THAT(with("tuned", "constant:tuned").err, Catch::Contains("held out one by one"));
}

TEST_CASE("pictures of an earlier comparison do not stay in the folder") {
    const test::TemporaryFolder temporary;
    const auto out = temporary / "run";
    REQUIRE(compare(tiny(out)).code == 0);
    REQUIRE(resume(out, {"--seeds", "3"}).code == 0);
    CHECK(fs::exists(out / "paired.svg"));
    std::vector<std::string> arguments = tiny(out, {"--overwrite"});
    std::replace(arguments.begin(), arguments.end(), std::string("constant:0.01,triangular"), std::string("linear"));
    REQUIRE(compare(arguments).code == 0);
    CHECK_FALSE(fs::exists(out / "paired.svg"));
    CHECK(fs::exists(out / "config.toml"));
}

TEST_CASE("a class called true is not taken for a flag of the folder") {
    const test::TemporaryFolder temporary;
    const fs::path table = temporary / "t.csv", out = temporary / "run";
    {
        std::ofstream file(table);
        file << "label,p0,p1,p2,p3,p4,p5,p6,p7,p8,p9,p10,p11,p12,p13,p14,p15\n";
        for (int i = 0; i < 40; ++i) {
            file << (i % 2 ? "true" : "false");
            for (int p = 0; p < 16; ++p) file << ',' << (i * 31 + p * 17) % 251;
            file << '\n';
        }
    }
    const Result first = compare({table.string(), "--positive", "true", "--epochs", "1", "--seeds", "1", "--jobs", "1",
                                  "--schedules", "triangular", "--quiet", "--out", out.string()});
    INFO(first.err);
    REQUIRE(first.code == 0);
    const Result second = resume(out, {"--seeds", "2"});
    INFO(second.err);
    CHECK(second.code == 0);
}
