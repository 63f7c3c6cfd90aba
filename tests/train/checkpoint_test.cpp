#include <cyclone/io/checkpoint_folder.h>
#include <cyclone/io/weights.h>
#include <cyclone/ops/loss.h>
#include <cyclone/train/fit.h>

#include <atomic>
#include <bit>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <sys/wait.h>
#include <unistd.h>

#include "support/catch.h"
#include "support/shared_files.h"
#include "train/small_model.h"
#include "train/tiny_training.h"

using namespace cyclone;
using test::bits_of;
using test::Recipe;
using test::tiny_data;
using test::tiny_options;
using test::TinyTraining;
using train::Control;
namespace fs = std::filesystem;

namespace {

constexpr std::uint64_t kUpdates = 300;

std::vector<std::uint64_t> unbroken(Recipe recipe, const data::Dataset& data, const data::Dataset* validation) {
    TinyTraining training(recipe);
    return bits_of(training, training.fit(data, tiny_options(validation)));
}

}  // namespace

TEST_CASE("a checkpoint with a metric that the program lacks is refused by name") {
    const data::Dataset data = tiny_data(1), validation = tiny_data(2, 11);
    train::FitOptions options = tiny_options(&validation);
    options.epochs = 2;
    const test::TemporaryFolder folder;
    options.checkpoint.folder = folder / "run";
    options.checkpoint.resume = true;
    TinyTraining(Recipe::adam).fit(data, options);
    {
        io::CheckpointFolder checkpoints(options.checkpoint.folder);
        io::WeightsFile file = checkpoints.load_newest()->content;
        for (auto& [key, value] : file.metadata)
            if (key == "metrics") value += ",profit";
        checkpoints.save(100, file);
    }
    CHECK_THROWS_WITH(TinyTraining(Recipe::adam).fit(data, options), Catch::Contains("a metric 'profit'"));
}

TEST_CASE("a training killed after any of its updates and resumed ends with the same bits") {
    const Recipe recipe = GENERATE(Recipe::adam, Recipe::sgd);
    const data::Dataset data = tiny_data(1), validation = tiny_data(2, 11);
    const auto expected = unbroken(recipe, data, &validation);
    const test::TemporaryFolder folder;
    train::FitOptions options = tiny_options(&validation);
    options.checkpoint.folder = folder / "all";
    options.checkpoint.every_updates = 1;
    options.checkpoint.keep = kUpdates + 1;
    {
        TinyTraining training(recipe);
        REQUIRE((bits_of(training, training.fit(data, options)) == expected));  // writing leaves no trace
    }
    options.checkpoint.every_updates = 0;
    options.checkpoint.resume = true;
    // Every 13th update meets every place in an epoch of 6; with CYCLONE_ALL_STOPS=1 it is all of them, a minute. (The
    // next test stops at every single one, in a row.)
    const std::uint64_t step = std::getenv("CYCLONE_ALL_STOPS") ? 1 : recipe == Recipe::adam ? 13 : 50;
    std::size_t equal = 0;
    for (std::uint64_t k = 0; k <= kUpdates; k += step) {
        options.checkpoint.folder = folder / std::to_string(k);
        {
            const io::CheckpointFolder all(folder / "all"), one(options.checkpoint.folder);
            REQUIRE(fs::exists(all.path_of(k)));
            fs::copy_file(all.path_of(k), one.path_of(k));
        }
        TinyTraining other(recipe, k + 100);  // other weights and another place in the random numbers
        const auto history = other.fit(data, options);
        equal += bits_of(other, history) == expected ? 1 : 0;
        CHECK(history.updates().size() == kUpdates);
        fs::remove_all(options.checkpoint.folder);
    }
    CHECK(equal == kUpdates / step + 1);
}

TEST_CASE("a training stopped after every single update ends with the same bits") {
    const Recipe recipe = GENERATE(Recipe::adam, Recipe::sgd);
    const data::Dataset data = tiny_data(1, 23, 3), validation = tiny_data(2, 11, 3);
    const test::TemporaryFolder folder;
    train::FitOptions options = tiny_options(&validation);
    TinyTraining whole(recipe, 1, 3);
    const auto expected = bits_of(whole, whole.fit(data, options));
    options.checkpoint.folder = folder / "run";
    options.checkpoint.resume = true;
    std::atomic<bool> stop{false};
    options.stop = &stop;
    for (std::uint64_t k = 1; k <= kUpdates; ++k) {
        stop = false;
        // By turns the hook's answer and the flag that a signal would set.
        options.after_update = [&](const train::UpdateRow&) {
            stop = k % 2 == 0;
            return k % 2 == 0 ? Control::proceed : Control::stop;
        };
        TinyTraining part(recipe, k, 3);
        const auto history = part.fit(data, options);
        REQUIRE(history.updates().size() == k);
        CHECK(history.stopped() == (k < kUpdates));
        if (k == kUpdates) CHECK((bits_of(part, history) == expected));
    }
    // What has ended stays as it is; more epochs go on from there.
    TinyTraining again(recipe, 5, 3), longer(recipe, 5, 3);
    options.after_update = {};
    stop = false;
    CHECK((bits_of(again, again.fit(data, options)) == expected));
    options.epochs = 52;
    const auto resumed = bits_of(longer, longer.fit(data, options));
    options.checkpoint = tiny_options(nullptr).checkpoint;
    TinyTraining straight(recipe, 1, 3);
    CHECK((bits_of(straight, straight.fit(data, options)) == resumed));
}

TEST_CASE("sampler augmentation and mixup go on after every stop as if there had been none") {
    const data::Dataset data = tiny_data(1);
    train::FitOptions options = tiny_options(nullptr);
    options.epochs = 5;
    options.sampler = data::sampler::balanced_batch();
    options.augmentation = {.flip_horizontal = true, .shift = 1, .noise = 0.1, .mixup = 0.4};
    TinyTraining whole(Recipe::adam);
    const auto expected = bits_of(whole, whole.fit(data, options));
    REQUIRE(whole.optimizer->updates() == 30);
    const test::TemporaryFolder folder;
    options.checkpoint.folder = folder / "run";
    options.checkpoint.resume = true;
    options.after_update = [](const train::UpdateRow&) { return Control::stop; };
    for (std::uint64_t k = 1; k < 30; ++k) TinyTraining(Recipe::adam, k).fit(data, options);
    TinyTraining last(Recipe::adam, 99);
    CHECK((bits_of(last, last.fit(data, options)) == expected));
    options.augmentation.shift = 0;
    CHECK_THROWS_WITH(TinyTraining(Recipe::adam).fit(data, options),
                      Catch::Contains("augmentation: the checkpoint has"));
    options.sampler = {};
    CHECK_THROWS_WITH(TinyTraining(Recipe::adam).fit(data, options), Catch::Contains("this training has plain"));
}

// Run by the next test in a process of its own.
TEST_CASE("the second half of a resumed training", "[.]") {
    const char* folder = std::getenv("CYCLONE_TEST_RESUME");
    if (folder == nullptr) return;
    const data::Dataset data = tiny_data(1);
    train::FitOptions options = tiny_options(nullptr);
    options.checkpoint.folder = fs::path(folder) / "run";
    options.checkpoint.resume = true;
    TinyTraining training(Recipe::adam, 77);
    const auto bits = bits_of(training, training.fit(data, options));
    std::ofstream(fs::path(folder) / "bits", std::ios::binary)
        .write(reinterpret_cast<const char*>(bits.data()), static_cast<std::streamsize>(bits.size() * sizeof bits[0]));
}

TEST_CASE("a training resumed in another process ends with the same bits") {
    const data::Dataset data = tiny_data(1);
    const auto expected = unbroken(Recipe::adam, data, nullptr);
    const test::TemporaryFolder folder;
    train::FitOptions options = tiny_options(nullptr);
    options.checkpoint.folder = folder / "run";
    options.after_update = [](const train::UpdateRow& row) {
        return row.update == 136 ? Control::stop : Control::proceed;
    };
    TinyTraining(Recipe::adam).fit(data, options);
    const std::string name = "the second half of a resumed training", place = folder.path().string();
    const pid_t child = fork();
    if (child == 0) {
        setenv("CYCLONE_TEST_RESUME", place.c_str(), 1);
        std::freopen("/dev/null", "w", stdout);
        execl("/proc/self/exe", "resume", name.c_str(), static_cast<char*>(nullptr));
        _exit(99);
    }
    int status = 0;
    REQUIRE(waitpid(child, &status, 0) == child);
    CHECK(WEXITSTATUS(status) == 0);
    const std::string bytes(reinterpret_cast<const char*>(expected.data()), expected.size() * sizeof expected[0]);
    CHECK((test::whole_file(folder / "bits") == bytes));
}

TEST_CASE("a checkpoint of another training is refused with the difference named") {
    const data::Dataset data = tiny_data(1);
    const test::TemporaryFolder folder;
    train::FitOptions options = tiny_options(nullptr);
    options.epochs = 1;
    options.checkpoint.folder = folder / "run";
    TinyTraining(Recipe::adam).fit(data, options);
    {
        TinyTraining again(Recipe::adam);
        CHECK_THROWS_WITH(again.fit(data, options), Catch::Contains("holds checkpoints of an earlier training"));
    }
    options.checkpoint.resume = true;
    const auto refused = [&](TinyTraining training, const data::Dataset& set, const train::FitOptions& with,
                             const std::string& what) {
        const auto before = test::weights_of(training.model);
        CHECK_THROWS_WITH(training.fit(set, with), Catch::Contains("checkpoint-000000000006.ckpt") &&
                                                       Catch::Contains("is of another training: ") &&
                                                       Catch::Contains(what));
        CHECK(test::weights_of(training.model) == before);
        CHECK(training.optimizer->updates() == 0);
    };
    refused(TinyTraining(Recipe::sgd), data, options, "optimizer: the checkpoint has Adam(");
    refused(TinyTraining(Recipe::adam, 1, 3), data, options, "4 Linear(5 -> 2)");
    refused(TinyTraining(Recipe::adam, 1, 2, 0.5), data, options, "Dropout(0.25)");
    refused(TinyTraining(Recipe::adam), tiny_data(1, 22), options, "data: the checkpoint has 23 images");
    refused(TinyTraining(Recipe::adam), tiny_data(3), options, "checksum of the data");
    train::FitOptions other = options;
    other.batch_size = 5;
    refused(TinyTraining(Recipe::adam), data, other, "batch size: the checkpoint has 4, this training has 5");
    other = options;
    other.seed = 10;
    refused(TinyTraining(Recipe::adam), data, other, "seed: the checkpoint has 9, this training has 10");
    other = options;
    other.validation = &data;
    refused(TinyTraining(Recipe::adam), data, other, "validation: the checkpoint has none");
    other = options;
    other.loss = [](const Tensor& output, const Tensor& labels) { return cross_entropy(output, labels); };
    refused(TinyTraining(Recipe::adam), data, other,
            "loss: the checkpoint has cross entropy, this training has a loss of the program");
    other.loss_name = "focal, gamma 2";
    refused(TinyTraining(Recipe::adam), data, other, "this training has focal, gamma 2");
    other = options;
    other.sampler = data::sampler::undersample(1);
    refused(TinyTraining(Recipe::adam), data, other, "sampler: the checkpoint has ");
    {
        const test::TemporaryFolder sampled;
        train::FitOptions first = options;
        first.checkpoint.folder = sampled / "run";
        first.sampler = data::sampler::oversample(0.5);
        TinyTraining(Recipe::adam).fit(data, first);
        first.sampler = data::sampler::oversample(1);
        CHECK_THROWS_WITH(
            TinyTraining(Recipe::adam).fit(data, first),
            Catch::Contains("sampler: the checkpoint has oversample(0.5), this training has oversample(1)"));
    }
    // A checkpoint of something else.
    {
        io::CheckpointFolder run(folder / "run");
        run.save(7, {{{"w", Tensor::ones({2})}}, {{"content", "a table"}}});
    }
    CHECK_THROWS_WITH(TinyTraining(Recipe::adam).fit(data, options), Catch::Contains("the checkpoint has a table"));
}

TEST_CASE("a damaged checkpoint is told of and the one before it gives the same bits") {
    const data::Dataset data = tiny_data(1);
    const auto expected = unbroken(Recipe::sgd, data, nullptr);
    const test::TemporaryFolder folder;
    train::FitOptions options = tiny_options(nullptr);
    options.checkpoint.folder = folder / "run";
    options.checkpoint.every_updates = 40;
    options.after_update = [](const train::UpdateRow& row) {
        return row.update == 136 ? Control::stop : Control::proceed;
    };
    TinyTraining(Recipe::sgd).fit(data, options);
    fs::path newest;
    {
        const io::CheckpointFolder run(folder / "run");
        CHECK(run.numbers() == std::vector<std::uint64_t>{80, 120, 137});
        newest = run.path_of(137);
    }
    fs::resize_file(newest, fs::file_size(newest) - 1);
    options.after_update = {};
    options.checkpoint.resume = true;
    std::vector<std::string> reports;
    options.report = [&](const std::string& text) { reports.push_back(text); };
    TinyTraining resumed(Recipe::sgd);
    CHECK((bits_of(resumed, resumed.fit(data, options)) == expected));
    REQUIRE(reports.size() == 1);
    CHECK_THAT(reports[0], Catch::Contains(newest.string()) && Catch::Contains("truncated"));
}

TEST_CASE("the best checkpoint is that of the best epoch and its weights load by themselves") {
    const data::Dataset data = tiny_data(1), validation = tiny_data(2, 11);
    const test::TemporaryFolder folder;
    train::FitOptions options = tiny_options(&validation);
    options.epochs = 20;
    options.checkpoint.folder = folder / "run";
    options.checkpoint.keep_best = true;
    std::vector<std::vector<float>> weights;
    TinyTraining training(Recipe::sgd);
    options.after_epoch = [&](const train::EpochRow&) {
        weights.push_back(test::weights_of(training.model));
        return Control::proceed;
    };
    std::size_t best = 0;
    SECTION("by the loss of the validation set") {
        const auto history = training.fit(data, options);
        for (std::size_t i = 1; i < 20; ++i)
            if (history.epochs()[i].validation->loss < history.epochs()[best].validation->loss) best = i;
    }
    SECTION("by a score of one's own") {
        best = 7;
        options.checkpoint.score = [](const train::EpochRow& row) {
            return row.epoch < 3 ? std::nan("") : -std::abs(static_cast<double>(row.epoch) - 8);
        };
        training.fit(data, options);
    }
    TinyTraining other(Recipe::sgd, 2);
    io::load(other.model, folder / "run" / "best.ckpt");
    CHECK(test::weights_of(other.model) == weights[best]);
    CHECK_THROWS_WITH(io::load(*std::make_unique<nn::Sequential>(nn::Linear{2, 2}), folder / "run" / "best.ckpt"),
                      Catch::Contains("does not fit the model"));
}

TEST_CASE("weights that are not finite never become a checkpoint") {
    const data::Dataset data = tiny_data(1);
    const test::TemporaryFolder folder;
    train::FitOptions options = tiny_options(nullptr);
    options.checkpoint.folder = folder / "run";
    options.checkpoint.every_updates = 1;
    options.checkpoint.keep_best = true;
    std::vector<std::string> reports;
    options.report = [&](const std::string& text) { reports.push_back(text); };
    TinyTraining training(Recipe::sgd);
    Tensor weight = training.model.parameters()[2];
    options.after_update = [&](const train::UpdateRow& row) {
        if (row.update == 20) weight.mutable_data<float>()[1] = std::numeric_limits<float>::quiet_NaN();
        return Control::proceed;
    };
    CHECK_THROWS_AS(training.fit(data, options), train::Diverged);
    REQUIRE(reports.size() == 1);
    CHECK_THAT(reports[0], Catch::Contains("no checkpoint after update 21: 2."));
    io::CheckpointFolder run(folder / "run");
    CHECK(run.numbers() == std::vector<std::uint64_t>{18, 19, 20});
}

TEST_CASE("checkpoints by the clock and options that make no sense") {
    const data::Dataset data = tiny_data(1);
    const test::TemporaryFolder folder;
    train::FitOptions options = tiny_options(nullptr);
    options.epochs = 1;
    options.checkpoint.folder = folder / "run";
    options.checkpoint.every_minutes = 1e-12;
    options.checkpoint.keep = 100;
    TinyTraining(Recipe::sgd).fit(data, options);
    CHECK(io::CheckpointFolder(folder / "run").numbers() == std::vector<std::uint64_t>{0, 1, 2, 3, 4, 5, 6});
    options.checkpoint.folder = folder / "other";
    options.checkpoint.every_minutes = -1;
    CHECK_THROWS_AS(TinyTraining(Recipe::sgd).fit(data, options), UsageError);
    options.checkpoint.every_minutes = 0;
    options.checkpoint.keep = 0;
    CHECK_THROWS_AS(TinyTraining(Recipe::sgd).fit(data, options), UsageError);
    options.checkpoint = {};
    options.divergence.action = train::OnDivergence::roll_back;
    CHECK_THROWS_WITH(TinyTraining(Recipe::sgd).fit(data, options), Catch::Contains("needs checkpoints"));
}
