#include <cyclone/base/error.h>
#include <cyclone/lab/comparison_folder.h>
#include <cyclone/lab/training_folder.h>

#include <algorithm>
#include <cmath>
#include <fstream>

#include "support/catch.h"
#include "support/shared_files.h"

using namespace cyclone;
using lab::FolderMode;
using lab::TrainingFolder;

namespace {

namespace fs = std::filesystem;

const lab::TrainingRecord kRecord{.program = "train",
                                  .command = "cyclone train photos",
                                  .options = {{"DATA", "photos"}, {"--epochs", "2"}},
                                  .base_lr = 1.0 / 3,
                                  .max_lr = 0.5,
                                  .facts = {{"model", "study"}}};

lab::Training small_training() {
    lab::Training training{.data = "photos",
                           .class_names = {"cat", "dog \"rex\""},
                           .best_epoch = 2,
                           .chosen_by = "max:val_auc",
                           .threshold = 0.1 + 0.2,
                           .threshold_goal = "f1",
                           .curve = {{0, 1, 2}, {0.1, 0.2, 0.1}, {0.7, 1.0 / 3, NAN}},
                           .gave_up = "loss is nan"};
    for (std::int64_t e = 1; e <= 2; ++e) {
        train::EpochRow row{e, static_cast<std::uint64_t>(20 * e), 1.0 / 7, 1.0, 1e5 / 3};
        train::Evaluation& v = row.validation.emplace();
        v.loss = 0.4 / 3, v.accuracy = 0.75, v.auc = NAN, v.ece = 1e-17;
        training.epochs.push_back(row);
    }
    training.epochs.back().validation.reset();
    training.sets = {{"validation", {{0, 1}, {0.75, 0.25, 0.5, 0.5}}},
                     {"test", {{1}, {static_cast<double>(0.3F), static_cast<double>(0.7F)}}}};
    return training;
}

}  // namespace

TEST_CASE("a training comes back from its folder in every number") {
    const test::TemporaryFolder temporary;
    const lab::Training training = small_training();
    {
        const TrainingFolder folder(temporary / "run", FolderMode::create);
        folder.write_config(kRecord);
        folder.write_training(training);
    }
    CHECK(lab::kind_of_folder(temporary / "run") == lab::FolderKind::training);
    const TrainingFolder folder(temporary / "run", FolderMode::read);
    const auto record = folder.read_config();
    REQUIRE(record);
    CHECK(record->options == kRecord.options);
    CHECK(record->base_lr == kRecord.base_lr);
    CHECK_FALSE(record->provenance.processor.empty());
    const lab::Training back = folder.read_training();
    CHECK(back.data == training.data);
    CHECK(back.class_names == training.class_names);
    CHECK(back.best_epoch == 2);
    CHECK(back.chosen_by == training.chosen_by);
    CHECK(back.threshold == training.threshold);
    CHECK(back.threshold_goal == "f1");
    CHECK(back.gave_up == "loss is nan");
    CHECK(back.curve.update == training.curve.update);
    CHECK(back.curve.learning_rate == training.curve.learning_rate);
    CHECK(back.curve.loss[1] == training.curve.loss[1]);
    CHECK(std::isnan(back.curve.loss[2]));
    REQUIRE(back.epochs.size() == 2);
    CHECK(back.epochs[0].train_loss == training.epochs[0].train_loss);
    CHECK(back.epochs[0].images_per_second == training.epochs[0].images_per_second);
    REQUIRE(back.epochs[0].validation);
    CHECK(back.epochs[0].validation->loss == training.epochs[0].validation->loss);
    CHECK(back.epochs[0].validation->ece == 1e-17);
    CHECK(std::isnan(back.epochs[0].validation->auc));
    CHECK_FALSE(back.epochs[1].validation);
    REQUIRE(back.sets.size() == 2);
    for (std::size_t s = 0; s < 2; ++s) {
        CHECK(back.sets[s].name == training.sets[s].name);
        CHECK(back.sets[s].predictions.labels == training.sets[s].predictions.labels);
        CHECK(back.sets[s].predictions.probabilities == training.sets[s].predictions.probabilities);
    }
}

TEST_CASE("a training that is missing or damaged is named") {
    const test::TemporaryFolder temporary;
    const TrainingFolder folder(temporary / "run", FolderMode::create);
    folder.write_config(kRecord);
    CHECK_THROWS_WITH(folder.read_training(), Catch::Contains("training.json") && Catch::Contains("--resume"));
    const auto damaged = [&](const lab::Training& training, const std::string& text) {
        folder.write_training(training);
        CHECK_THROWS_WITH(folder.read_training(), Catch::Contains(text));
    };
    lab::Training training = small_training();
    training.sets[0].predictions.labels[0] = 2;
    damaged(training, "there is no class 2");
    training = small_training();
    training.sets[1].predictions.probabilities[0] = NAN;
    damaged(training, "is no probability");
    training = small_training();
    training.curve.loss.pop_back();
    damaged(training, "curves of one length");
    training = small_training();
    training.class_names.push_back("bird");
    damaged(training, "labels and probabilities of the validation images");
    training = small_training();
    training.sets.clear();
    damaged(training, "a set of images");
    folder.write_training(small_training());
    const std::string whole = test::whole_file(folder.file("predictions.safetensors"));
    folder.write("predictions.safetensors", whole.substr(0, whole.size() - 1));
    CHECK_THROWS_WITH(folder.read_training(), Catch::Contains("predictions.safetensors"));
    folder.write("training.json", "{\"data\":");
    CHECK_THROWS_WITH(folder.read_training(), Catch::Contains("training.json: is damaged"));
}

TEST_CASE("the folder of a training is not taken for a comparison's, nor the other way round") {
    const test::TemporaryFolder temporary;
    TrainingFolder(temporary / "training", FolderMode::create).write_config(kRecord);
    lab::ComparisonFolder(temporary / "comparison", FolderMode::create).write_config({.program = "compare"});
    CHECK(lab::kind_of_folder(temporary / "comparison") == lab::FolderKind::comparison);
    CHECK_FALSE(lab::kind_of_folder(temporary.path()));
    for (const auto mode : {FolderMode::create, FolderMode::overwrite, FolderMode::resume, FolderMode::read}) {
        CHECK_THROWS_WITH(TrainingFolder(temporary / "comparison", mode),
                          Catch::Contains("holds a comparison, expected a training"));
        CHECK_THROWS_WITH(lab::ComparisonFolder(temporary / "training", mode),
                          Catch::Contains("holds a training, expected a comparison"));
    }
    CHECK_FALSE(fs::exists(temporary / "training" / "runs"));
    // A damaged one may still be replaced.
    std::ofstream(temporary / "training" / "config.json") << "{";
    CHECK_NOTHROW(TrainingFolder(temporary / "training", FolderMode::overwrite));
}

TEST_CASE("only the files of a training are removed before the next one") {
    const test::TemporaryFolder temporary;
    const fs::path run = temporary / "run";
    {
        const TrainingFolder folder(run, FolderMode::create);
        folder.write_config(kRecord);
        folder.write_training(small_training());
        fs::create_directories(folder.file("checkpoints"));
        for (const char* name : {"checkpoints/best.ckpt", "scores.csv", "report.html", "last.safetensors", "notes.txt"})
            std::ofstream(folder.file(name)) << "x";
        CHECK_THROWS_WITH(TrainingFolder(run, FolderMode::resume), Catch::Contains("another process"));
    }
    CHECK_THROWS_WITH(TrainingFolder(run, FolderMode::create), Catch::Contains("holds an earlier training"));
    CHECK(TrainingFolder(run, FolderMode::resume).read_training().sets.size() == 2);
    CHECK(fs::exists(run / "checkpoints" / "best.ckpt"));
    CHECK_FALSE(TrainingFolder(run, FolderMode::overwrite).read_config());
    std::vector<std::string> left;
    for (const auto& entry : fs::directory_iterator(run)) left.push_back(entry.path().filename().string());
    std::sort(left.begin(), left.end());
    CHECK(left == std::vector<std::string>{".lock", "notes.txt"});
}
