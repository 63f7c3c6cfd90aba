// cyclone train, predict and evaluate as a user meets them.

#include <cyclone/io/safetensors.h>
#include <cyclone/lab/training_folder.h>
#include <cyclone/nn/parse.h>

#include <sys/wait.h>

#include <csignal>
#include <fstream>
#include <sstream>

#include <unistd.h>
#include <nlohmann/json.hpp>

#include "cli/train_program.h"
#include "support/catch.h"
#include "support/programs.h"

using namespace cyclone;
using test::kModel;
using test::lines_in;
using test::pixels;
using test::run_program;
using test::run_train;
using test::whole_file;
using test::write_folder;
using test::write_pgm;
using test::write_table;

namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

const std::string kQuick = kModel + "--epochs 8 --batch-size 8 --base-lr 0.02 --max-lr 0.2 --threads 1 ";

std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> lines;
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);) lines.push_back(line);
    return lines;
}

test::ProgramResult predict(const std::string& arguments, const std::string& weights) {
    return run_program("cyclone", "predict " + arguments + " --weights " + weights);
}

}  // namespace

TEST_CASE("a folder of images is trained on and its weights predict files") {
    const test::TemporaryFolder temporary;
    const fs::path data = write_folder(temporary / "data", 40), out = temporary / "run";
    const auto trained = run_train(data.string() + kQuick +
                                   "--rebalance weights --augment shift:1 --monitor max:val_ap --out " + out.string());
    INFO(trained.out << trained.err);
    CHECK(trained.err.empty());
    REQUIRE(trained.code == 0);
    CHECK_THAT(trained.out, Catch::Contains("Conv2d(1 -> 4") && Catch::Contains("Test images, weights of epoch") &&
                                Catch::Contains("positive class: left"));
    const Json json = Json::parse(whole_file(out / "result.json"));
    CHECK(json["best"]["test"]["images"] == 12);
    CHECK(json["best"]["validation"]["images"] == 12);
    CHECK(json["best"]["test"]["auc"] == 1.0);
    CHECK(json["best"]["test"]["tuned"]["f1"] == 1.0);
    const auto evaluated = run_program(
        "cyclone", "evaluate " + data.string() + " --json --weights " + (out / "best.safetensors").string());
    CHECK(evaluated.err.empty());
    CHECK(Json::parse(evaluated.out)["images"] == 80);
    CHECK(Json::parse(evaluated.out)["auc"] == 1.0);
    CHECK_THAT(whole_file(out / "config.toml"),
               Catch::Contains("rebalance = 'weights'\n") && Catch::Contains("batch-size = 8\n"));
    const std::string page = whole_file(out / "report.html");
    CHECK_THAT(page, Catch::Contains("test, 0.5") && Catch::Contains("positive class is left") &&
                         Catch::Contains("--monitor max:val_ap"));
    CHECK(lines_in(whole_file(out / "history.csv")) == 1 + 8 * 7);  // 56 of 80 images, 8 a batch

    const fs::path flat = temporary / "flat";
    fs::create_directory(flat);
    for (int i = 0; i < 5; ++i) write_pgm(flat / ("image" + std::to_string(i) + ".pgm"), pixels(i % 2, 100 + i));
    std::ofstream(flat / "notes.txt") << "no image";
    const std::string weights = (out / "best.safetensors").string();
    const auto whole = predict(flat.string() + " --batch-size 2", weights);
    CHECK_THAT(whole.err, Catch::EndsWith("notes.txt: not an image\n"));
    CHECK(lines_in(whole.err) == 1);
    CHECK(whole.code == 0);
    const auto lines = lines_of(whole.out);
    REQUIRE(lines.size() == 6);
    CHECK(lines[0] == "file,\"p_a \"\"right\"\", one\",p_left,predicted");
    for (std::size_t i = 0; i < 5; ++i) {
        CHECK(lines[i + 1].starts_with("image" + std::to_string(i) + ".pgm,"));
        CHECK(lines[i + 1].ends_with(i % 2 ? ",left" : ",\"a \"\"right\"\", one\""));
    }
    SECTION("as JSON") {
        const Json answers = Json::parse(predict(flat.string() + " --json", weights).out);
        REQUIRE(answers["predictions"].size() == 5);
        CHECK(answers["classes"][1] == "left");
        CHECK(answers["predictions"][1]["file"] == "image1.pgm");
        CHECK(answers["predictions"][1]["predicted"] == "left");
        CHECK(answers["predictions"][1]["probabilities"][1].get<double>() > 0.5);
    }
    SECTION("one file, and another cutoff") {
        const auto one = predict((flat / "image1.pgm").string() + " --cutoff 1", weights);
        CHECK(one.code == 0);
        CHECK(lines_in(one.out) == 2);
        CHECK_THAT(one.out, Catch::EndsWith("\"a \"\"right\"\", one\"\n"));
    }
    SECTION("unreadable files are named, counted and the exit code says so") {
        write_pgm(flat / "image2.pgm", "short");
        std::ofstream(flat / "zero.png") << "";
        const auto some = predict(flat.string() + " --out " + (flat / "p.csv").string(), weights);
        CHECK(some.code == 1);
        CHECK(some.out.empty());
        CHECK(lines_in(some.err) == 4);
        CHECK_THAT(some.err, Catch::Contains("image2.pgm: ") && Catch::Contains("zero.png: ") &&
                                 Catch::Contains("notes.txt: not an image") &&
                                 Catch::Contains("2 file(s) could not be used, 4 image(s) predicted"));
        CHECK(lines_in(whole_file(flat / "p.csv")) == 5);
    }
    SECTION("an image of another size is named and the others are predicted, unless a fit brings it to size") {
        write_pgm(flat / "wide.pgm", std::string(90, 'x'), "10 9");
        const auto some = predict(flat.string(), weights);
        CHECK(some.code == 1);
        CHECK_THAT(some.err, Catch::Contains("wide.pgm: is 9 x 10, expected 8 x 8") &&
                                 Catch::Contains("1 file(s) could not be used, 5 image(s) predicted"));
        CHECK(some.out == whole.out);
        const auto alone = predict((flat / "wide.pgm").string(), weights);
        CHECK(alone.code == 1);
        CHECK_THAT(alone.err, Catch::Contains("wide.pgm: is 9 x 10, expected 8 x 8"));
        CHECK(lines_in(alone.out) == 1);  // the names of the columns
        const auto all = predict(flat.string() + " --fit crop", weights);
        CHECK(all.err == whole.err);
        CHECK(all.code == 0);
        CHECK(all.out.starts_with(whole.out));
        CHECK_THAT(all.out.substr(whole.out.size()), Catch::StartsWith("wide.pgm,"));
    }
    SECTION("again only with --overwrite") {
        const std::string again = data.string() + kQuick + "--quiet --out " + out.string();
        const auto refused = run_train(again);
        CHECK(refused.code == 2);
        CHECK_THAT(refused.err, Catch::Contains("--overwrite"));
        CHECK(run_train(again + " --overwrite").code == 0);
    }
}

TEST_CASE("a class that validation or test images lack is named") {
    const test::TemporaryFolder folder;
    const fs::path data = write_folder(folder / "data", 10);
    fs::create_directories(data / "rare");
    write_pgm(data / "rare" / "0.pgm", pixels(1, 3));
    const std::string rest = kModel + "--epochs 1 --threads 1 --quiet --out ";
    const auto result = run_train(data.string() + rest + (folder / "run").string());
    CHECK(result.code == 0);
    CHECK_THAT(result.err, Catch::Contains("no image for validation is of the class rare: its metrics have no value") &&
                               Catch::Contains("no image for testing is of the class rare"));
    fs::remove_all(data / "rare");
    CHECK(run_train(data.string() + rest + (folder / "more").string()).err.empty());
}

TEST_CASE("three classes of a table with a network of a JSON file") {
    const test::TemporaryFolder temporary;
    const fs::path table = write_table(temporary / "table.csv", 30), out = temporary / "run";
    std::ofstream(temporary / "net.json")
        << R"({"layers": ["flatten", {"layer": "linear", "units": 8}, "relu", {"layer": "linear", "units": "classes"}]})";
    const auto trained = run_train(table.string() + " --model " + (temporary / "net.json").string() +
                                   " --base-lr 0.001 --max-lr 0.01 --optimizer adam --schedule "
                                   "triangular --step-size 0.5epoch --patience 3 --epochs 30 "
                                   "--monitor min:val_loss --threshold mcc --threads 1 --test 0 --batch-size 8 --out " +
                                   out.string());
    INFO(trained.out << trained.err);
    REQUIRE(trained.code == 0);
    CHECK_THAT(trained.out, Catch::Contains("warning: --threshold has no effect: it is for two classes"));
    CHECK_THAT(trained.out, Catch::Contains("AP, one against rest") && Catch::Contains("Validation images"));
    const Json json = Json::parse(whole_file(out / "result.json"));
    CHECK_FALSE(json["best"].contains("test"));
    CHECK(json["best"]["validation"]["macro"]["auc"] == 1.0);
    CHECK(json["best"]["validation"]["confusion"].size() == 3);
    CHECK_THAT(whole_file(out / "report.html"), Catch::Contains("Each class on the validation images"));
    const auto predicted = predict(table.string() + " --part train", (out / "best.safetensors").string());
    CHECK(predicted.code == 0);
    const auto lines = lines_of(predicted.out);
    REQUIRE(lines.size() == 91);
    CHECK(lines[0] == "index,p_0,p_1,p_2,predicted");
    CHECK(lines[2].starts_with("1,"));
    CHECK(lines[2].ends_with(",1"));
}

TEST_CASE("a training that was stopped goes on to the figures of an unbroken one") {
    const test::TemporaryFolder temporary;
    const std::string data = write_folder(temporary / "data", 20).string();
    const auto arguments = [&](const char* name) {
        return data + kModel + "--epochs 100 --batch-size 4 --augment noise:0.1 --threads 1 --quiet --out " +
               (temporary / name).string();
    };
    REQUIRE(run_train(arguments("whole")).code == 0);
    const fs::path out = temporary / "broken";
    const pid_t child = fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        const std::string command = "exec " + std::string(CYCLONE_PROGRAMS) + "/cyclone train " + arguments("broken") +
                                    " >/dev/null 2>" + (temporary / "err").string();
        execl("/bin/sh", "sh", "-c", command.c_str(), nullptr);
        _exit(127);
    }
    for (int i = 0; i < 30'000 && !fs::exists(out / "checkpoints" / "best.ckpt"); ++i) usleep(1'000);
    kill(child, SIGTERM);
    int status = 0;
    waitpid(child, &status, 0);
    REQUIRE(WIFEXITED(status));
    CHECK(WEXITSTATUS(status) == 1);
    CHECK_THAT(whole_file(temporary / "err"), Catch::Contains("--resume"));
    CHECK_FALSE(fs::exists(out / "result.json"));
    const auto other = run_train("--resume --epochs 7 --out " + out.string());
    CHECK(other.code == 2);
    CHECK_THAT(other.err, Catch::Contains("--epochs: one-cycle is made for 100 epochs") && Catch::Contains("--init"));
    const auto resumed = run_train("--resume --quiet --threads 1 --out " + out.string());
    INFO(resumed.err);
    REQUIRE(resumed.code == 0);
    CHECK(whole_file(out / "result.json") == whole_file(temporary / "whole" / "result.json"));
    CHECK(whole_file(out / "best.safetensors") == whole_file(temporary / "whole" / "best.safetensors"));
}

TEST_CASE("report draws a training's page again, to the byte, without its data") {
    const test::TemporaryFolder temporary;
    const fs::path table = write_table(temporary / "table.csv", 12), images = write_folder(temporary / "data", 20);
    const auto report = [](const fs::path& out, const std::string& options = "") {
        return run_program("cyclone", "report " + out.string() + options);
    };
    for (const fs::path& data : {table, images}) {
        const fs::path out = temporary / ("run-" + data.filename().string());
        const auto trained = run_train(data.string() + " --model 'flatten linear:classes' --epochs 3 --batch-size 8 " +
                                       "--threads 1 --out " + out.string());
        INFO(trained.err);
        REQUIRE(trained.code == 0);
        const std::string page = whole_file(out / "report.html"), curves = whole_file(out / "curves.svg");
        fs::remove_all(data);
        fs::remove(out / "report.html");
        fs::remove(out / "curves.svg");
        fs::remove_all(out / "checkpoints");
        const auto again = report(out);
        CHECK(again.err.empty());
        CHECK(again.code == 0);
        CHECK(whole_file(out / "report.html") == page);
        CHECK(whole_file(out / "curves.svg") == curves);
        CHECK(trained.out.ends_with(again.out));
        CHECK_THAT(again.out, Catch::StartsWith("Test images, weights of epoch"));
        CHECK(report(out, " --json").out == whole_file(out / "result.json"));
        CHECK(trained.out.find(report(out, " --quiet").out) != std::string::npos);
        CHECK_THAT(report(out, " --baseline triangular").err, Catch::Contains("--baseline: is for comparisons"));
        CHECK_THAT(report(out, " --alike-within 0.1").err, Catch::Contains("--alike-within: is for comparisons"));
        CHECK_THAT(again.out, Catch::Contains("/bin/cyclone predict IMAGES --weights "));
        // As a version before this one left it.
        fs::remove(out / "training.json");
        const auto early = report(out);
        CHECK(early.code == 1);
        CHECK(lines_in(early.err) == 1);
        CHECK_THAT(early.err, Catch::Contains("training.json") && Catch::Contains("train --resume --out"));
        CHECK(whole_file(out / "report.html") == page);
    }
}

TEST_CASE("a training in another process's folder, or in a comparison's, is refused") {
    const test::TemporaryFolder temporary;
    const fs::path table = write_table(temporary / "table.csv", 12), out = temporary / "run";
    const std::string arguments = table.string() +
                                  " --model 'flatten linear:classes' --epochs 1 --batch-size 8 --threads 1 --quiet "
                                  "--out " +
                                  out.string();
    REQUIRE(run_train(arguments).code == 0);
    {
        const lab::TrainingFolder other(out, lab::FolderMode::read);
        for (const char* mode : {" --overwrite", " --resume"}) {
            const auto refused = run_train(arguments + mode);
            CHECK(refused.code == 1);
            CHECK_THAT(refused.err, Catch::Contains("--out") && Catch::Contains("another process"));
        }
    }
    const auto compared = run_program("cyclone", "compare --resume --out " + out.string());
    CHECK(compared.code == 2);
    CHECK_THAT(compared.err, Catch::Contains("holds a training, expected a comparison"));
    for (const std::string program : {"find-lr", "lab valley"}) {
        const std::string before = whole_file(out / "result.json");
        const auto refused = run_program("cyclone", program + " --overwrite --out " + out.string());
        CHECK(refused.code == 2);
        CHECK_THAT(refused.err, Catch::Contains("holds a training or a comparison"));
        CHECK(whole_file(out / "result.json") == before);
    }
    CHECK(run_train(arguments + " --overwrite").code == 0);
}

TEST_CASE("a training that no longer gets better ends after so many epochs or cycles") {
    const test::TemporaryFolder temporary;
    const fs::path table = write_table(temporary / "table.csv", 12);
    const auto epochs = [&](const std::string& schedule) {
        const fs::path out = temporary / "run";
        const auto result = run_train(table.string() +
                                      " --model 'flatten linear:classes' --epochs 30 --patience 2 "
                                      "--batch-size 8 --threads 1 --quiet --overwrite --schedule " +
                                      schedule + " --out " + out.string());
        INFO(result.err);
        REQUIRE(result.code == 0);
        return Json::parse(whole_file(out / "result.json"))["epochs"].get<int>();
    };
    CHECK(epochs("constant:1e-30") == 3);  // rates that change nothing
    CHECK(epochs("triangular --step-size 1epoch --max-lr 1e-30") == 1 + 2 * 2);
}

TEST_CASE("a folder that the former program train made is resumed under the new names of its options") {
    const test::TemporaryFolder temporary;
    const fs::path table = write_table(temporary / "table.csv", 12), out = temporary / "run";
    REQUIRE(run_train(table.string() + " --model 'flatten linear:classes' --epochs 2 --batch-size 8 --data-seed 3 " +
                      "--rebalance weights --threads 1 --quiet --out " + out.string())
                .code == 0);
    const std::string result = whole_file(out / "result.json");
    std::string config = whole_file(out / "config.json");
    for (const auto& [now, former] : {std::pair<std::string, std::string>{"--batch-size", "--batch"},
                                      {"--data-seed", "--split-seed"},
                                      {"--rebalance", "--balance"}})
        config.replace(config.find("\"" + now + "\"") + 1, now.size(), former);
    std::ofstream(out / "config.json") << config;
    const auto other = run_train("--resume --batch-size 4 --out " + out.string());
    CHECK(other.code == 2);
    CHECK_THAT(other.err, Catch::Contains("--batch-size: the training in") && Catch::Contains("'8', got '4'"));
    const auto resumed = run_train("--resume --quiet --out " + out.string());
    INFO(resumed.err);
    CHECK(resumed.code == 0);
    CHECK(whole_file(out / "result.json") == result);
}

TEST_CASE("train answers every mistake in one line") {
    const test::TemporaryFolder temporary;
    const std::string t = temporary.path().string(), data = write_folder(temporary / "data", 6).string() + " ";
    std::ofstream(temporary / "bad.json") << "{\"layers\": 3}";
    for (const test::Mistake& mistake : std::vector<test::Mistake>{
             {"", "DATA"},
             {t + "/nowhere", "nowhere", 1},
             {data + "--epcohs 3", "did you mean --epochs"},
             {data + "--epochs 0", "--epochs"},
             {data + "--batch-size 0", "--batch-size"},
             {data + "--batch 4", "--batch: is now --batch-size"},
             {data + "--balance weights", "--balance: is now --rebalance"},
             {data + "--size 8", "--size: is now --resize"},
             {data + "--lr 0.1", "--lr: is now --max-lr"},
             {data + "--resume --overwrite", "cannot be combined"},
             {data + "--monitor max:val_apx", "did you mean 'val_ap'"},
             {data + "--monitor val_ap", "max:val_ap"},
             {data + "--monitor min:val_auc", "would pick the worst"},
             {data + "--model 'conv:4 linear:classes'", "this is layer 2, its input is 8 x 8 x 4"},
             {data + "--model " + t + "/bad.json", "expected a list of layers"},
             {data + "--model " + t + "/none.json", "cannot read"},
             {data + "--schedule triangluar", "triangular"},
             {data + "--rebalance wieghts", "weights"},
             {data + "--augment filp", "flip"},
             {data + "--threshold f2", "f1"},
             {data + "--optimizer adamm", "--optimizer"},
             {data + "--validation 0", "--validation"},
             {data + "--validation 1.5", "--validation"},
             {data + "--test 0.95", "fractions"},
             {data + "--resize 0", "--resize"},
             {data + "--seed -1", "--seed: expected a whole number from 0 up, got -1"},
             {data + "--fit stretch --resize 8", "image fit"},
             {data + "--base-lr 1 --max-lr 0.1", "base <= max"},
             {data + "--base-lr 0.5", "--max-lr 0.03 is the default; give both"},
             {data + "--patience -1", "--patience"},
             {data + "--memory-limit much", "--memory-limit"},
             {data + "--memory-limit 0.0001MB", "at most 100 bytes of memory (the memory limit), got", 1},
             {"--resume", "there is no training"},
         }) {
        test::check_mistake("train", mistake, " --out " + t + "/out");
        CHECK_FALSE(fs::exists(temporary / "out"));
    }
}

TEST_CASE("predict answers every mistake in one line") {
    const test::TemporaryFolder temporary;
    const std::string t = temporary.path().string();
    const fs::path table = write_table(temporary / "table.csv", 8);
    REQUIRE(run_train(table.string() + " --model 'flatten linear:classes' --epochs 1 --threads 1 --quiet --out " + t +
                      "/run")
                .code == 0);
    write_pgm(temporary / "image.pgm", pixels(0, 0));
    std::ofstream(temporary / "other.csv") << "0,1,2,3,4\n1,5,6,7,8\n";
    std::ofstream(temporary / "bare.safetensors")
        << std::string("\x18\0\0\0\0\0\0\0", 8) << "{\"__metadata__\":{}}     ";
    const std::string weights = " --weights " + t + "/run/last.safetensors ";
    const std::vector<test::Mistake> common = {
        {"", "DATA: is missing"},
        {t, "--weights: is missing"},
        {t + "/nowhere" + weights, "nowhere", 1},
        {t + " --weights " + t + "/nowhere", "nowhere", 1},
        {t + " --weights " + t + "/table.csv", "table.csv", 1},
        {t + " --weights " + t + "/bare.safetensors", "has no 'cyclone.model'", 1},
        {t + "/other.csv" + weights, "expected images of (4, 4, 1)", 1},
        {table.string() + weights + " --part test", "has no part 'test'", 1},
        {table.string() + weights + " --part tset", "--part"},
        {table.string() + weights + " --cutoff 0.5", "two classes"},
        {table.string() + weights + " --threshold 0.5", "--threshold: is now --cutoff"},
        {table.string() + weights + " --memory-limit 0.0001MB", "at most 100 bytes of memory", 1},
    };
    for (const test::Mistake& mistake : common) test::check_mistake("predict", mistake);
    for (const test::Mistake& mistake : std::vector<test::Mistake>{
             {t + "/run/last.safetensors photos", "--weights: is missing"},
             {t + "/image.pgm" + weights + " --fit stretch", "image fit"},
             {table.string() + weights + " --batch-size 0", "--batch-size"},
             {table.string() + weights + " --out " + t + "/no/file.csv", "file.csv", 1},
         })
        test::check_mistake("predict", mistake);
    for (test::Mistake mistake : common) {
        if (mistake.text.starts_with("expected images")) mistake.text = "expected";  // the classes or the images
        test::check_mistake("evaluate", mistake);
    }
}

TEST_CASE("the layout of weights to start from is asked for where the file does not tell it") {
    const test::TemporaryFolder temporary;
    const std::string data = (temporary / "d.cyc").string(), weights = (temporary / "w.safetensors").string();
    REQUIRE(test::run_program("cyclone", "convert synthetic " + data + " --positives 9 --negatives 9 --quiet").code ==
            0);
    const std::string text = "conv:3,3 conv:3,3 flatten linear:classes";
    StateDict tensors = nn::parse_model(text, {16, 16, 1}, 2).state_dict();
    tensors.erase("0.weight");  // the one that would tell
    io::save_weights(weights, tensors);
    const std::string command = "train " + data + " --epochs 1 --threads 1 --model '" + text + "' --out " +
                                (temporary / "run").string() + " --overwrite --init " + weights;
    const auto asked = test::run_program("cyclone", command);
    CHECK(asked.code == 1);
    CHECK_THAT(asked.err, Catch::Contains("1.weight") && Catch::Contains("cyclone train --init-layout"));
    for (const char* layout : {"cyclone", "pytorch"}) {
        const auto named = test::run_program("cyclone", command + " --init-layout " + layout);
        INFO(named.err);
        CHECK(named.code == 0);
        CHECK_THAT(named.out, Catch::Contains("missing: 0.weight"));
    }
    test::check_mistake("train",
                        {data + " --init-layout pytorch", "--init-layout: is of the weights that --init names"});
    test::check_mistake(
        "train", {data + " --init w --init-layout keras", "--init-layout: expected cyclone or pytorch, got keras"});
}
