// cyclone train where it does not go as planned, and where it goes on: divergence, metrics without a value, patience,
// more epochs, weights to start from.

#include <cyclone/io/safetensors.h>
#include <cyclone/train/classifier.h>

#include <fstream>

#include <nlohmann/json.hpp>

#include "support/catch.h"
#include "support/programs.h"

using namespace cyclone;
using test::run_program;
using test::whole_file;

namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

test::ProgramResult run_train(const std::string& arguments) {
    return run_program("cyclone", "train " + arguments + " --threads 1");
}

// A table of 4 x 4 pixels, one bright row per class; the last class has `rare` images, the others `count`.
fs::path write_table(const fs::path& file, int count, int classes = 3, int rare = -1) {
    std::ofstream out(file);
    for (int label = 0; label < classes; ++label)
        for (int i = 0; i < (label == classes - 1 && rare >= 0 ? rare : count); ++i) {
            out << label;
            for (int pixel = 0; pixel < 16; ++pixel)
                out << ',' << (pixel / 4 == label ? 200 : 30) + (i * 11 + pixel * 5 + label) % 40;
            out << '\n';
        }
    return file;
}

const std::string kLayers = " --model 'flatten linear:8 relu linear:classes' --batch-size 8 ";

}  // namespace

TEST_CASE("a training that gives up leaves the weights of its best epoch and says so") {
    const test::TemporaryFolder folder;
    const fs::path data = write_table(folder / "data.csv", 20), out = folder / "run";
    // The rate jumps to 1e30 in the fifth epoch, and again after every return to the only checkpoint.
    const auto result =
        run_train(data.string() + kLayers +
                  "--schedule join:4epochs:constant:0.05+constant:1e30 --epochs 8 --max-lr 1 --out " + out.string());
    INFO(result.out << result.err);
    CHECK(result.code == 1);
    CHECK_THAT(result.err, Catch::Contains("given up after 5 returns to a checkpoint") &&
                               Catch::Contains("best.safetensors has the weights of epoch 4"));
    CHECK_FALSE(fs::exists(out / "last.safetensors"));
    const Json json = Json::parse(whole_file(out / "result.json"));
    CHECK(json["best"]["epoch"] == 4);
    CHECK_FALSE(json.contains("last"));
    // The page ends where the training did, and is drawn again like any other.
    const std::string page = whole_file(out / "report.html");
    CHECK_THAT(page, Catch::Contains("Gave up: ") && Catch::Contains("class=\"cross\""));
    const auto again = run_program("cyclone", "report " + out.string());
    CHECK_THAT(again.out, Catch::StartsWith("gave up: ") && !Catch::Contains("last.safetensors"));
    CHECK(whole_file(out / "report.html") == page);
    const std::string images = data.string();
    const auto weights =
        run_program("cyclone", "evaluate " + images + " --json --weights " + (out / "best.safetensors").string());
    REQUIRE(weights.code == 0);
    // A checkpoint says what it is of and can be used as well.
    const auto checkpoint = run_program(
        "cyclone", "evaluate " + images + " --json --weights " + (out / "checkpoints" / "best.ckpt").string());
    CHECK(Json::parse(checkpoint.out)["log_loss"] == Json::parse(weights.out)["log_loss"]);
}

TEST_CASE("a metric without a value chooses no epoch and stops no training") {
    const test::TemporaryFolder folder;
    const fs::path data = write_table(folder / "data.csv", 20, 3, 1), out = folder / "run";
    const auto result = run_train(
        data.string() + kLayers +
        "--test 0 --monitor max:val_auc --patience 2 --schedule constant:0.01 --epochs 6 --out " + out.string());
    INFO(result.out << result.err);
    REQUIRE(result.code == 0);
    CHECK_THAT(result.err, Catch::Contains("val_auc has no value after epoch 1: class '2' has no image there"));
    CHECK(result.err.find("has no value") == result.err.rfind("has no value"));
    CHECK_THAT(result.out, Catch::Contains("weights of epoch 6 of 6 (the last: the metric to choose by has no value)"));
    CHECK(fs::exists(out / "best.safetensors"));
    // Nor are the last weights those of an average that is measured on the way.
    const auto averaged =
        run_train(data.string() + kLayers +
                  "--test 0 --monitor max:val_auc --swa --snapshots --schedule triangular --step-size "
                  "1epoch --max-lr 0.1 --epochs 5 --out " +
                  (folder / "averaged").string());
    INFO(averaged.err);
    REQUIRE(averaged.code == 0);
    const auto weights = [&](const char* name) {
        return io::load_weights(folder / "averaged" / name).tensors[0].tensor.to_vector<float>();
    };
    CHECK(weights("best.safetensors") == weights("last.safetensors"));
    CHECK(weights("swa.safetensors") != weights("last.safetensors"));
}

TEST_CASE("patience under one-cycle waits for its end, and says that it stops nothing") {
    const test::TemporaryFolder folder;
    const fs::path data = write_table(folder / "data.csv", 12);
    const auto result =
        run_train(data.string() + kLayers + "--epochs 6 --patience 1 --max-lr 0.5 --out " + (folder / "run").string());
    INFO(result.out << result.err);
    CHECK(result.code == 0);
    CHECK_THAT(result.err, Catch::Contains("--patience stops nothing here: one_cycle comes down only at the end"));
    CHECK(Json::parse(whole_file(folder / "run" / "result.json"))["epochs"] == 6);
}

TEST_CASE("more epochs than planned, where the rates of the others stay") {
    const test::TemporaryFolder folder;
    const fs::path data = write_table(folder / "data.csv", 12);
    const std::string quick = data.string() + kLayers + "--schedule triangular --step-size 1epoch ";
    const auto train = [&](const std::string& more) { return run_train(more + " --out " + (folder / "run").string()); };
    REQUIRE(train(quick + "--epochs 2").code == 0);
    REQUIRE(train("--resume --epochs 4").code == 0);
    REQUIRE(run_train(quick + "--epochs 4 --out " + (folder / "whole").string()).code == 0);
    CHECK(whole_file(folder / "run" / "last.safetensors") == whole_file(folder / "whole" / "last.safetensors"));
    CHECK(train("--resume").code == 0);  // of four
    CHECK(Json::parse(whole_file(folder / "run" / "result.json"))["epochs"] == 4);
    const auto fewer = train("--resume --epochs 3");
    CHECK(fewer.code == 2);
    CHECK_THAT(fewer.err, Catch::Contains("--epochs: expected at least 4") && Catch::Contains("got 3"));
    CHECK_THAT(whole_file(folder / "run" / "config.toml"), Catch::Contains("epochs = 4"));

    // Lengths in updates beside one in epochs: more of them than there are epochs.
    const std::string warm = data.string() + kLayers + "--schedule warmup:7:one-cycle --epochs 3 --out ";
    REQUIRE(run_train(warm + (folder / "warm").string()).code == 0);
    CHECK(run_train("--resume --out " + (folder / "warm").string()).code == 0);
    REQUIRE(run_train(data.string() + kLayers + "--epochs 2 --out " + (folder / "cycle").string()).code == 0);
    const auto refused = run_train("--resume --epochs 4 --out " + (folder / "cycle").string());
    CHECK(refused.code == 2);
    CHECK_THAT(refused.err, Catch::Contains("one-cycle is made for 2 epochs") && Catch::Contains("--init "));
    const auto rate = run_train("--resume --max-lr 0.5 --out " + (folder / "cycle").string());
    CHECK(rate.code == 2);
    CHECK_THAT(rate.err, Catch::Contains("to train on with it: --init "));
}

TEST_CASE("a training starts from the weights that fit") {
    const test::TemporaryFolder folder;
    const fs::path three = write_table(folder / "three.csv", 20), two = write_table(folder / "two.csv", 20, 2);
    REQUIRE(run_train(three.string() + kLayers + "--epochs 6 --max-lr 0.2 --out " + (folder / "first").string()).code ==
            0);
    const std::string init = " --batch-size 8 --init " + (folder / "first" / "best.safetensors").string();
    const auto loss_of_first_epoch = [](const fs::path& run) {
        return Json::parse(whole_file(run / "result.json"))["best"]["validation"]["log_loss"].get<double>();
    };
    // The network is that of the weights, and it has learned already.
    const auto on = run_train(three.string() + init + " --epochs 1 --max-lr 1e-6 --out " + (folder / "on").string());
    INFO(on.out << on.err);
    REQUIRE(on.code == 0);
    CHECK_THAT(on.out, Catch::Contains("4 of 4 tensors") && Catch::Contains("Linear(16 -> 8"));
    CHECK(loss_of_first_epoch(folder / "on") == Approx(loss_of_first_epoch(folder / "first")).epsilon(1e-3));
    // The same from ONNX, whose file says the network too.
    REQUIRE(run_program("cyclone",
                        "convert-weights " + (folder / "first").string() + " " + (folder / "first.onnx").string())
                .code == 0);
    const auto onnx = run_train(three.string() + " --batch-size 8 --init " + (folder / "first.onnx").string() +
                                " --epochs 1 --max-lr 1e-6 --out " + (folder / "onnx").string());
    INFO(onnx.out << onnx.err);
    REQUIRE(onnx.code == 0);
    CHECK_THAT(onnx.out, Catch::Contains("first.onnx: 4 of 4 tensors") && Catch::Contains("Linear(16 -> 8"));
    CHECK_THAT(onnx.err, Catch::Contains("standardises its images"));
    CHECK(loss_of_first_epoch(folder / "onnx") == loss_of_first_epoch(folder / "on"));
    const auto layout = run_train(three.string() + " --init " + (folder / "first.onnx").string() +
                                  " --init-layout pytorch --out " + (folder / "layout").string());
    CHECK(layout.code == 2);
    CHECK_THAT(layout.err, Catch::Contains("expected no layout"));
    // Other classes: a new last layer, named.
    const auto other = run_train(two.string() + init + " --epochs 2 --out " + (folder / "other").string());
    REQUIRE(other.code == 0);
    CHECK_THAT(other.out,
               Catch::Contains("2 of 4 tensors") && Catch::Contains("2.weight (expected f32 (2, 8), got f32 (3, 8))"));
    // It resumes without the file.
    fs::remove(folder / "first" / "best.safetensors");
    CHECK(run_train("--resume --out " + (folder / "other").string()).code == 0);
    // From a checkpoint, and what is no weights.
    CHECK(run_train(three.string() + " --epochs 1 --init " + (folder / "first" / "checkpoints" / "best.ckpt").string() +
                    " --out " + (folder / "checkpoint").string())
              .code == 0);
    const auto none = run_train(three.string() + init + " --out " + (folder / "none").string());
    CHECK(none.code == 1);
    CHECK_FALSE(fs::exists(folder / "none"));
}

TEST_CASE("batches are accumulated, a small last one left out, and impossible options named") {
    const test::TemporaryFolder folder;
    const fs::path data = write_table(folder / "data.csv", 11);  // 33 images
    const std::string validation = write_table(folder / "validation.csv", 4).string();
    const std::string network = " --model 'flatten linear:8 batch-norm relu linear:classes' ";
    const auto train = [&](const std::string& more, const std::string& out) {
        return run_train(data.string() + network + more + " --test 0 --epochs 1 --validation " + validation +
                         " --out " + (folder / out).string());
    };
    const auto one = train("--batch-size 32", "one");
    CHECK(one.code == 1);
    CHECK_THAT(one.err, Catch::Contains("--drop-last"));
    CHECK(train("--batch-size 32 --drop-last", "dropped").code == 0);
    CHECK(test::lines_in(whole_file(folder / "dropped" / "history.csv")) == 2);
    REQUIRE(train("--batch-size 4 --accumulate 3", "parts").code == 0);
    CHECK(test::lines_in(whole_file(folder / "parts" / "history.csv")) == 4);  // 12 + 12 + 9 images
    CHECK(train("--batch-size 9223372036854775807", "huge").code == 0);
    CHECK_THAT(train("--drop-last --batch-size 100", "x").err, Catch::Contains("--drop-last: an update of 100 images"));
    CHECK_THAT(train("--accumulate 0", "x").err, Catch::Contains("--accumulate: expected at least 1"));
    CHECK_THAT(train("--max-lr 0", "x").err, Catch::Contains("--max-lr: expected a number above 0"));
    CHECK_FALSE(fs::exists(folder / "x"));
    const auto bounded =
        run_train(data.string() + " --model 'flatten linear:classes sigmoid' --out " + (folder / "x").string());
    CHECK(bounded.code == 2);
    CHECK_THAT(bounded.err, Catch::Contains("expected logits at the end, the last layer is sigmoid"));
    CHECK_FALSE(fs::exists(folder / "x"));
}
