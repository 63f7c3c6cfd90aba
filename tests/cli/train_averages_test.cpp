// cyclone train with averages, snapshots and Lookahead.

#include <cyclone/io/weights.h>

#include <cmath>
#include <map>

#include <nlohmann/json.hpp>

#include "cli/train_program.h"
#include "support/catch.h"
#include "support/programs.h"

using namespace cyclone;
using test::kModel;
using test::run_program;
using test::run_train;
using test::whole_file;
using test::write_folder;
using test::write_table;

namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

const std::string kTriangular =
    " --schedule triangular --step-size 1epochs --base-lr 0.02 --max-lr 0.2 --batch-size 8 --threads 1 ";

// Every file of weights in the folder, by name.
std::map<std::string, std::string> weights_in(const fs::path& folder) {
    std::map<std::string, std::string> all;
    for (const auto& entry : fs::directory_iterator(folder))
        if (entry.path().extension() == ".safetensors" || entry.path().filename() == "ensemble.json")
            all[entry.path().filename().string()] = whole_file(entry.path());
    return all;
}

Json evaluated(const fs::path& data, const fs::path& weights) {
    const auto result =
        run_program("cyclone", "evaluate " + data.string() + " --part test --json --weights " + weights.string());
    INFO(result.err);
    REQUIRE(result.code == 0);
    return Json::parse(result.out);
}

}  // namespace

TEST_CASE("averages and snapshots of a training are weights that predict and evaluate read") {
    const test::TemporaryFolder temporary;
    const fs::path data = write_folder(temporary / "data" / "train", 20).parent_path(), out = temporary / "run";
    write_folder(data / "test", 6);
    const std::string model = " --model 'conv:4 batch-norm relu pool flatten linear:classes' ";
    const auto trained =
        run_train(data.string() + model + kTriangular +
                  "--epochs 6 --swa --average-start 0.3 --ema 0.9 --snapshots --lookahead 5,0.5 --out " + out.string());
    INFO(trained.out << trained.err);
    REQUIRE(trained.code == 0);
    CHECK(trained.err.empty());
    CHECK_THAT(trained.out, Catch::Contains("lookahead(k=5, alpha=constant(0.5)); swa(from 1.8 epochs, at the end") &&
                                Catch::Contains("ensemble.json") && Catch::Contains("ensemble of 3 snapshots"));
    const Json json = Json::parse(whole_file(out / "result.json"));
    CHECK(json["swa"]["averaged"] == 3);
    CHECK(json["ema"]["averaged"] == 6 * 5);  // 34 images are left to train on
    CHECK(json["snapshots"].size() == 3);
    CHECK(json["snapshots"][1]["updates"] == 20);
    CHECK(json["ensemble"]["members"].size() == 3);
    for (const char* name : {"swa", "ema", "ensemble", "last"}) {
        const fs::path file = out / json[name]["weights"].get<std::string>();
        INFO(file);
        const Json again = evaluated(data, file);
        CHECK(again["images"] == 12);
        for (const char* metric : {"auc", "ap", "brier", "log_loss"})
            CHECK(again[metric].get<double>() == Approx(json[name]["test"][metric].get<double>()).epsilon(1e-5));
        CHECK(again["tuned"]["threshold"] == json[name]["threshold"]);
    }
    CHECK_THAT(whole_file(out / "report.html"), Catch::Contains("Other weights of this training on the test images") &&
                                                    Catch::Contains("snapshot-3.safetensors"));
    // What the page needs is kept: it can be drawn again.
    const std::string page = whole_file(out / "report.html");
    fs::remove(out / "report.html");
    CHECK(run_program("cyclone", "report " + out.string()).code == 0);
    CHECK(whole_file(out / "report.html") == page);
    // The last snapshot is the end of the run, whose weights Lookahead has changed.
    const auto weight = [&](const char* file) {
        return io::load_weights(out / file).tensors.find("0.weight")->to_vector<float>();
    };
    CHECK(weight("snapshot-3.safetensors") == weight("last.safetensors"));
    const auto first = weight("snapshot-1.safetensors"), second = weight("snapshot-2.safetensors"),
               third = weight("snapshot-3.safetensors"), swa = weight("swa.safetensors");
    for (std::size_t i = 0; i < swa.size(); ++i)
        CHECK(swa[i] == Approx((static_cast<double>(first[i]) + second[i] + third[i]) / 3).margin(1e-7));
    // An earlier training that is replaced leaves none of them.
    const auto copy = temporary / "copy";
    fs::copy(out, copy, fs::copy_options::recursive);
    std::ofstream(copy / "snapshot-x.safetensors") << "mine";
    REQUIRE(run_train(data.string() + kModel + kTriangular + "--epochs 1 --overwrite --out " + copy.string()).code ==
            0);
    for (const char* name : {"swa", "ema", "snapshot-1", "snapshot-3"})
        CHECK_FALSE(fs::exists(copy / (name + std::string(".safetensors"))));
    CHECK_FALSE(fs::exists(copy / "ensemble.json"));
    CHECK(fs::exists(copy / "snapshot-x.safetensors"));
    // One missing file of an ensemble.
    fs::remove(out / "snapshot-2.safetensors");
    const auto missing = run_program(
        "cyclone", "predict " + (data / "test").string() + " --weights " + (out / "ensemble.json").string());
    CHECK(missing.code == 1);
    CHECK_THAT(missing.err, Catch::Contains("ensemble.json: member 'snapshot-2.safetensors'"));
    CHECK(missing.out.empty());
}

TEST_CASE("a training with averages that is resumed writes the same bits into every file") {
    const test::TemporaryFolder temporary;
    const fs::path data = write_table(temporary / "rows.csv", 20);
    const std::string options = data.string() + " --model 'flatten linear:8 batch-norm relu linear:classes'" +
                                kTriangular + "--swa --average-start 2epochs --ema 0.8 --snapshots --lookahead 3,0.5 ";
    const auto whole = run_train(options + "--epochs 6 --out " + (temporary / "whole").string());
    INFO(whole.out << whole.err);
    REQUIRE(whole.code == 0);
    for (const int epochs : {2, 4})
        REQUIRE(run_train((epochs == 2 ? options : "--resume --threads 1 ") + " --epochs " + std::to_string(epochs) +
                          " --out " + (temporary / "parts").string())
                    .code == 0);
    REQUIRE(run_train("--resume --threads 1 --epochs 6 --out " + (temporary / "parts").string()).code == 0);
    const auto expected = weights_in(temporary / "whole"), parts = weights_in(temporary / "parts");
    CHECK(expected.count("swa.safetensors") + expected.count("ema.safetensors") + expected.count("ensemble.json") == 3);
    CHECK(expected.count("snapshot-3.safetensors") == 1);
    REQUIRE(expected.size() == parts.size());
    for (const auto& [name, bytes] : expected) {
        INFO(name);
        CHECK((parts.at(name) == bytes));
    }
    const auto other = run_train("--resume --ema 0.9 --out " + (temporary / "parts").string());
    CHECK(other.code == 2);
    CHECK_THAT(other.err, Catch::Contains("--ema: the training in") && Catch::Contains("has '0.8'"));
}

TEST_CASE("averages that cannot work are refused before anything is written") {
    const test::TemporaryFolder temporary;
    const fs::path data = write_folder(temporary / "data", 20), out = temporary / "run";
    const auto refused = [&](const std::string& options, const std::string& what) {
        const auto result =
            run_train(data.string() + kModel + "--epochs 4 --threads 1 " + options + " --out " + out.string());
        INFO(options << ": " << result.err);
        CHECK(result.code == 2);
        CHECK_THAT(result.err, Catch::Contains(what));
        CHECK_FALSE(fs::exists(out));
    };
    refused("--snapshots", "--snapshots: takes the weights at the end of each cycle, and one_cycle(");
    refused("--swa --average-start 5epochs",
            "--swa: would take no weights: from 5 epochs on no epoch ends within the 4 epochs");
    refused("--swa --schedule triangular --step-size 3epochs", "no cycle of triangular(");
    refused("--snapshots --schedule triangular --step-size 3epochs", "--snapshots: would take no weights: no cycle");
    refused("--swa --average-start 1.5", "--average-start: expected a part of the run such as 0.75");
    refused("--swa --average-start soon", "--average-start: expected a part of the run such as 0.75");
    refused("--swa --average-start -0.5", "--average-start: expected a part of the run such as 0.75");
    refused("--average-start 0.5", "--average-start: is for --swa and --snapshots, of which none is given");
    refused("--ema 1", "--ema: expected a decay in [0, 1), got 1");
    refused("--ema nan", "--ema");
    refused("--ema -0.1", "--ema");
    refused("--lookahead 5", "--lookahead: expected K,ALPHA, such as 5,0.5");
    refused("--lookahead 0,0.5", "--lookahead: expected K,ALPHA");
    refused("--lookahead 5,1.5", "--lookahead: expected K,ALPHA");
    refused("--lookahead 2.5,0.5", "--lookahead: expected K,ALPHA");
    // One average is the last weights: worth a word.
    const auto once =
        run_train(data.string() + kModel + "--schedule triangular --step-size 2epochs --epochs 4 --threads 1 " +
                  "--swa --out " + out.string());
    INFO(once.err);
    CHECK(once.code == 0);
    CHECK_THAT(once.out, Catch::Contains("warning: --swa takes the weights only once: from 3 epochs on one cycle of"));
    CHECK(Json::parse(whole_file(out / "result.json"))["swa"]["averaged"] == 1);
    const auto longer = run_train("--resume --epochs 8 --out " + out.string());
    CHECK(longer.code == 2);
    CHECK_THAT(longer.err, Catch::Contains("--epochs: --swa began at 3 epochs of 4, and would begin at 6 epochs of 8"));
}
