// The learning rates of cyclone train: its range test, and its warnings.

#include <cyclone/data/formats/flat_file.h>
#include <cyclone/data/synthetic.h>

#include <cstdio>

#include <nlohmann/json.hpp>

#include "cli/train_program.h"
#include "support/catch.h"
#include "support/programs.h"

using namespace cyclone;
using test::kModel;
using test::lines_in;
using test::run_program;
using test::run_train;
using test::whole_file;
using test::write_folder;
using test::write_table;

namespace fs = std::filesystem;
using Json = nlohmann::json;

TEST_CASE("a range test without a pair is an error that leaves the folder free") {
    const test::TemporaryFolder temporary;
    const fs::path table = write_table(temporary / "table.csv", 12);
    const std::string arguments = table.string() +
                                  " --model 'flatten linear:classes' --find-lr --epochs 1 --batch-size 8 " +
                                  "--threads 1 --quiet --out " + (temporary / "run").string();
    for (int i = 0; i < 2; ++i) {
        const auto result = run_train(arguments);
        CHECK(result.code == 1);
        CHECK(lines_in(result.err) == 1);
        CHECK_THAT(result.err, Catch::Contains("--find-lr: no pair of rates"));
    }
}

TEST_CASE("the range test of a training sees its sampler and its augmentation") {
    const test::TemporaryFolder temporary;
    const std::string data = (temporary / "patches.cyc").string(), out = (temporary / "run").string();
    REQUIRE(run_program("cyclone", "convert synthetic " + data + " --positives 60 --negatives 240 --quiet").code == 0);
    const auto range_test = [&](const std::string& options) {
        const auto result =
            run_train(data + " --model 'conv:4 relu pool flatten linear:classes' --find-lr --epochs 1 --batch-size 8 " +
                      "--threads 1 --overwrite --out " + out + options);
        return result.code == 0 ? result.out.substr(0, result.out.find('\n')) : result.err;
    };
    const std::string none = range_test(""), batch = range_test(" --rebalance batch");
    INFO(none << batch);
    CHECK_THAT(none, Catch::Contains("range test: --base-lr ") && Catch::Contains("(sweeps on balanced batches; "));
    // A sampler of the training's own takes the place of balanced batches: here of the same ones, with the same rates.
    CHECK_THAT(batch, !Catch::Contains("sweeps on balanced batches"));
    CHECK(batch.substr(0, batch.find('(')) == none.substr(0, none.find('(')));
    // Changed images: other rates, or none in so few updates.
    CHECK(range_test(" --augment noise:5,cutout:6").substr(0, none.find('(')) != none.substr(0, none.find('(')));
}

TEST_CASE("train --find-lr has the rates of find-lr for the same images and seeds") {
    const test::TemporaryFolder temporary;
    const std::string data = (temporary / "digits.cyc").string(), out = (temporary / "run").string();
    auto parts = data::synthetic_digits({.count = 400, .seed = 2, .size = 12})
                     .split(data::SplitOptions{.validation = 0.2, .test = 0.2});
    data::write_flat_file(data, parts);
    const std::string both = data + kModel + "--batch-size 16 --optimizer sgd:momentum=0.9 --threads 1 ";
    const auto found = run_program("cyclone", "find-lr " + both + "--first-seed 5 --json --out " + out + "-rates");
    REQUIRE(found.code == 0);
    const Json json = Json::parse(found.out);
    CHECK(json["seeds"].size() == 3);
    CHECK(json["seeds"][0]["seed"] == 5);
    CHECK(json["trials"]["cycles"].size() == 4);
    const auto trained = run_train(both + "--find-lr --epochs 1 --seed 5 --quiet --out " + out);
    REQUIRE(trained.code == 0);
    const Json config = Json::parse(whole_file(out + "/config.json"));
    CHECK(config["base_lr"] == json["pair"]["base"]);
    CHECK(config["max_lr"] == json["pair"]["max"]);
}

TEST_CASE("train warns of its schedule as schedules does, and of a network that learned the class fractions only") {
    const test::TemporaryFolder temporary;
    const std::string data = write_folder(temporary / "data", 12).string();
    const auto output = [&](const std::string& options) {
        const std::string model = options.find("--model") == std::string::npos ? kModel : " ";
        const auto result = run_train(data + model + "--epochs 2 --batch-size 8 --threads 1 --overwrite --out " +
                                      (temporary / "run").string() + " " + options);
        CHECK(result.code == 0);
        return result.out;
    };
    CHECK_THAT(output("--schedule triangular --step-size 4000"),
               Catch::Contains("warning: triangular: the highest rate, 0.03, would come at update 4000"));
    CHECK_THAT(output("--schedule exp-range:0.1 --step-size 1epoch"), Catch::Contains("amplitude falls faster"));
    const std::string unused = output("--step-size 1epoch --base-lr 0.02 --max-lr 0.2");
    CHECK_THAT(unused, Catch::Contains("warning: --step-size has no effect: one-cycle does not use it") &&
                           Catch::Contains("warning: --base-lr has no effect") &&
                           !Catch::Contains("--max-lr has no effect"));
    const std::string nothing = output("--schedule constant:0 --model 'flatten linear:classes,init=zeros'");
    CHECK_THAT(nothing, Catch::Contains("every rate is 0") &&
                            Catch::Contains("is no better than that of the class fractions alone, 0.6931"));
    const auto idle =
        run_train(data + kModel + "--schedule constant:0.3 --find-lr --out " + (temporary / "idle").string());
    CHECK(idle.code == 2);
    CHECK_THAT(idle.err, Catch::Contains("--find-lr: constant:0.3 uses neither of the rates that it finds"));
    CHECK_THAT(output("--threshold mcc"), !Catch::Contains("--threshold has no effect"));
    CHECK_THAT(output("--schedule constant:0.3 --quiet"), !Catch::Contains("warning"));
    CHECK_THAT(output("--schedule constant:0.3"), !Catch::Contains("class fractions"));
}

TEST_CASE("a range test comes first when it is asked for and a resumed training keeps its rates") {
    const test::TemporaryFolder temporary;
    const std::string data = (temporary / "patches.cyc").string(), out = (temporary / "run").string();
    REQUIRE(run_program("cyclone", "convert synthetic " + data + " --positives 60 --negatives 120 --quiet").code == 0);
    const std::string model = kModel.substr(0, kModel.find("' ")) + "'";
    const auto trained = run_train(
        data + model + " --epochs 2 --batch-size 8 --threads 1 --base-lr 7 --max-lr 8 --find-lr --out " + out);
    INFO(trained.out << trained.err);
    REQUIRE(trained.code == 0);
    double base = 0, max = 0;
    REQUIRE(std::sscanf(trained.out.c_str(), "range test: --base-lr %lf --max-lr %lf", &base, &max) == 2);
    CHECK(base > 0);
    CHECK(base < max);
    CHECK(max < 7);
    const Json config = Json::parse(whole_file(out + "/config.json"));
    // What is printed has two digits.
    CHECK(config["base_lr"].get<double>() == Approx(base).epsilon(0.06));
    CHECK(config["max_lr"].get<double>() == Approx(max).epsilon(0.06));
    const auto longer = run_train("--resume --out " + out);
    CHECK(longer.code == 0);
    CHECK_THAT(longer.out, !Catch::Contains("range test"));
}
