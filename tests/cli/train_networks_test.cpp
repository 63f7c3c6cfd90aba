// cyclone train with networks that have a name or branches.

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>

#include "cli/train_program.h"
#include "support/catch.h"
#include "support/shared_files.h"

using namespace cyclone;
using test::run_program;
using test::run_train;
using test::whole_file;
using test::write_folder;
namespace fs = std::filesystem;

TEST_CASE("a residual network trains by name, its table stands before, and predict reads its weights") {
    const test::TemporaryFolder temporary;
    const fs::path data = write_folder(temporary / "data", 20), out = temporary / "run";
    const auto trained =
        run_train(data.string() + " --model resnet:8,width=0.25 --epochs 2 --batch-size 8 --threads 1 " +
                  "--max-lr 0.05 --out " + out.string());
    INFO(trained.out << trained.err);
    REQUIRE(trained.code == 0);
    CHECK_THAT(trained.out, Catch::Contains("multiply-adds") && Catch::Contains("Residual(relu)") &&
                                Catch::Contains("(1, 8, 8, 4)") && Catch::Contains("total"));
    const auto predicted =
        run_program("cyclone", "predict " + data.string() + " --weights " + (out / "best.safetensors").string());
    INFO(predicted.err);
    CHECK(predicted.code == 0);
    CHECK(std::count(predicted.out.begin(), predicted.out.end(), '\n') == 41);
    const auto again = run_train(data.string() + " --init " + out.string() + " --epochs 1 --batch-size 8 --threads 1 " +
                                 "--quiet --out " + (temporary / "again").string());
    INFO(again.err);
    CHECK(again.code == 0);
    CHECK_THAT(whole_file(temporary / "again" / "config.json"), Catch::Contains("resnet:8,width=0.25"));
}

TEST_CASE("branches in a JSON file are those in parentheses") {
    const test::TemporaryFolder temporary;
    const std::string data = write_folder(temporary / "data", 12).string();
    std::ofstream(temporary / "net.json") << R"({"layers": ["conv:4", {"layer": "residual", "branches":
        [["conv:4", "relu", {"layer": "conv", "channels": 4}], [{"layer": "conv", "channels": 4, "kernel": 1}]]}, "relu",
        {"layer": "concat", "branches": [["conv:2"]]}, "global-avg-pool", "linear:classes"]})";
    const std::string text =
        "conv:4 residual( conv:4 relu conv:channels=4 | conv:channels=4,kernel=1 ) relu concat( conv:2 ) "
        "global-avg-pool linear:classes";
    const auto weights = [&](const std::string& model, const char* name) {
        const auto trained =
            run_train(data + " --model " + model + " --epochs 1 --batch-size 8 --threads 1 --quiet --out " +
                      (temporary / name).string());
        INFO(trained.err);
        REQUIRE(trained.code == 0);
        return whole_file(temporary / name / "last.safetensors");
    };
    CHECK(weights((temporary / "net.json").string(), "json") == weights("'" + text + "'", "text"));

    std::ofstream(temporary / "bad.json") << R"(["conv:4", {"layer": "concat", "branches": "conv:2"}])";
    std::ofstream(temporary / "worse.json") << R"(["conv:4", {"layer": "concat", "branches": ["conv:2"]}])";
    for (const auto& [file, words] : {std::pair<const char*, const char*>{"bad.json", "a list of lists of layers"},
                                      {"worse.json", "a list of layers"}}) {
        const auto refused =
            run_train(data + " --model " + (temporary / file).string() + " --out " + (temporary / "no").string());
        CHECK(refused.code == 2);
        CHECK_THAT(refused.err, Catch::Contains(words));
    }
}

TEST_CASE("an unknown network and images that are too small end in one line") {
    const test::TemporaryFolder temporary;
    const std::string data = write_folder(temporary / "data", 6).string();
    for (const auto& [model, words] : {std::pair<const char*, const char*>{"restnet:20", "did you mean 'resnet'"},
                                       {"resnet18", "expected at least 16 x 16 pixels, got 8 x 8"},
                                       {"'residual( conv:4 )'", "(1, 8, 8, 4) and (1, 8, 8, 1) (the input itself)"}}) {
        const auto refused = run_train(data + " --model " + model + " --out " + (temporary / "no").string());
        INFO(model << " -> " << refused.err);
        CHECK(refused.code == 2);
        CHECK_THAT(refused.err, Catch::Contains(words));
        CHECK(std::count(refused.err.begin(), refused.err.end(), '\n') == 1);
    }
    const auto help = run_program("cyclone", "help networks");
    CHECK_THAT(help.out, Catch::Contains("resnet[:DEPTH") && Catch::Contains("mobilenet-like"));
    CHECK_THAT(run_program("cyclone", "help layers").out, Catch::Contains("residual( BODY [| SHORTCUT] )"));
    CHECK_THAT(run_program("cyclone", "train --help").out, Catch::Contains("resnet:20"));
}
