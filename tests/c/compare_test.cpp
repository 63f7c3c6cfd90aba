#include <cyclone/analysis/results.h>
#include <cyclone/base/threads.h>
#include <cyclone/data/synthetic.h>
#include <cyclone/lab/comparison.h>
#include <cyclone/lab/comparison_folder.h>
#include <cyclone/nn/parse.h>
#include <cyclone/optim/sgd.h>
#include <cyclone/schedule/parse.h>

#include <filesystem>

#include "c/handles.h"
#include "support/shared_files.h"

using namespace cyclone;
using namespace cyclone::test;

namespace {

constexpr const char* kModel = "conv:4 relu pool flatten linear:classes";

data::Splits patches() {
    return data::synthetic_patches({.positives = 40, .negatives = 80, .seed = 3, .size = 8}).split(0.8);
}

void add_test_images(const TrainingHandle& training, const data::Dataset& test) {
    const cyclone_images images = images_of(test.images.tensor());
    const auto labels = test.labels.values<std::int64_t>();
    ok(cyclone_training_data(training.get(), CYCLONE_VALIDATION, &images, labels.data(), labels.size()));
}

TrainingHandle comparison(const data::Splits& parts,
                          const std::vector<std::pair<const char*, const char*>>& more = {}) {
    std::vector<std::pair<const char*, const char*>> options = {
        {"model", kModel}, {"epochs", "3"},     {"batch-size", "16"},    {"base-lr", "0.02"},    {"max-lr", "0.2"},
        {"seed", "5"},     {"momentum", "0.5"}, {"step-size", "1epoch"}, {"compare-seeds", "2"}, {"threads", "2"}};
    options.insert(options.end(), more.begin(), more.end());
    return training(parts.train, options);
}

struct Seen {
    std::uint64_t calls = 0, done = 0, total = 0, stop_at = 0;
    static std::int32_t call(const cyclone_progress* progress, void* user) {
        auto& seen = *static_cast<Seen*>(user);
        ++seen.calls;
        seen.done = progress->done;
        seen.total = progress->total;
        return seen.done == seen.stop_at;
    }
};

}  // namespace

TEST_CASE("a comparison through C is that of lab::compare, in a folder with its results") {
    const TemporaryFolder temporary;
    const std::string folder = (temporary / "compared").string();
    const data::Splits parts = patches();
    const TrainingHandle given = comparison(parts);
    add_test_images(given, *parts.test);
    Seen seen;
    ok(cyclone_compare(given.get(), "constant:0.05,triangular", folder.c_str(), Seen::call, &seen));
    CHECK(seen.calls == seen.total);
    CHECK(seen.done == seen.total);
    CHECK(seen.total == 2 * 2 * 3 * 6);  // 96 images: six updates per epoch

    const ScheduleContext context{
        .base = 0.02, .max = 0.2, .step_size = Epochs{1}, .total = Epochs{3}, .updates_per_epoch = 6};
    lab::ComparisonOptions options{
        .schedules = {}, .seeds = {5, 6}, .epochs = 3, .batch_size = 16, .momentum = 0.5, .model = {}};
    for (const char* name : {"constant:0.05", "triangular"})
        options.schedules.push_back({name, parse_schedule(name, context)});
    options.model = [] { return nn::parse_model(kModel, {8, 8, 1}, 2); };
    const std::vector<lab::Run> expected = lab::compare(parts.train, *parts.test, options);
    const analysis::Results results = analysis::read_results(folder + "/result.json");
    REQUIRE(results.runs.size() == 4);
    for (std::size_t i = 0; i < 4; ++i) {
        INFO(i);
        CHECK(results.runs[i].schedule == expected[i].schedule);
        CHECK(results.runs[i].seed == expected[i].seed);
        CHECK(results.runs[i].train_loss == expected[i].train_loss);
        CHECK(results.runs[i].test.auc == expected[i].test.auc);
    }
    CHECK(results.record.program == "cyclone_compare");
    // What `cyclone report` needs.
    const lab::ComparisonFolder read(folder, lab::FolderMode::read);
    const auto record = read.read_config();
    REQUIRE(record);
    const auto labels = read.read_test_labels();
    CHECK(labels == parts.test->labels.to_vector<std::int64_t>());
    const lab::StoredRuns stored = read.read_runs(*record, labels);
    CHECK(stored.runs.size() == 4);
    CHECK(stored.damaged.empty());

    fails(cyclone_compare(given.get(), "triangular", folder.c_str(), nullptr, nullptr), CYCLONE_USAGE, folder);
    std::size_t count = 1;
    ok(cyclone_training_history(given.get(), "loss", nullptr, 0, &count));
    CHECK(count == 0);  // nothing of the training has changed
}

TEST_CASE("schedules of a comparison through C have the length of its runs under rebalancing, too") {
    const TemporaryFolder temporary;
    const std::string folder = (temporary / "compared").string();
    const data::Splits parts = patches();
    const TrainingHandle given = comparison(parts, {{"rebalance", "over:1"}, {"compare-seeds", "1"}});
    add_test_images(given, *parts.test);
    ok(cyclone_compare(given.get(), "linear,constant:0.05", folder.c_str(), nullptr, nullptr));
    const ScheduleContext context{
        .base = 0.02, .max = 0.2, .step_size = Epochs{1}, .total = Epochs{3}, .updates_per_epoch = 6};
    const auto record = lab::ComparisonFolder(folder, lab::FolderMode::read).read_config();
    REQUIRE(record);
    CHECK(record->schedules[0].second == parse_schedule("linear", context).with_updates_per_epoch(6).describe());
}

TEST_CASE("a comparison that is stopped keeps what was finished, and says where that is nothing") {
    const TemporaryFolder temporary;
    const data::Splits parts = patches();
    const TrainingHandle given = comparison(parts, {{"threads", "1"}});
    add_test_images(given, *parts.test);
    Seen seen{.stop_at = 30};  // in the second of four trainings of 18 updates
    const std::string folder = (temporary / "stopped").string();
    ok(cyclone_compare(given.get(), "constant:0.05,triangular", folder.c_str(), Seen::call, &seen));
    CHECK(seen.calls == 30);
    const lab::ComparisonFolder read(folder, lab::FolderMode::read);
    CHECK(read.read_runs(*read.read_config(), read.read_test_labels()).runs.size() == 1);
    CHECK(analysis::read_results(folder + "/result.json").runs.size() == 4);
    Seen early{.stop_at = 2};
    fails(cyclone_compare(given.get(), "triangular", (temporary / "early").string().c_str(), Seen::call, &early),
          CYCLONE_ERROR, "no training was finished: stopped");
}

TEST_CASE("comparisons that cannot be are refused before a folder is made") {
    const TemporaryFolder temporary;
    const std::string folder = (temporary / "none").string();
    const data::Splits parts = patches();
    const auto refused = [&](const TrainingHandle& training, const char* schedules, const char* why) {
        fails(cyclone_compare(training.get(), schedules, folder.c_str(), nullptr, nullptr), CYCLONE_USAGE, why);
        CHECK_FALSE(std::filesystem::exists(folder));
    };
    const TrainingHandle without = comparison(parts);
    refused(without, "triangular", "CYCLONE_VALIDATION");
    add_test_images(without, *parts.test);
    refused(without, "triangel", "triangular");
    refused(without, "triangular,", "separated by commas");
    refused(without, "triangular,triangular", "'triangular' is given twice");
    for (const auto& [key, value] : std::vector<std::pair<const char*, const char*>>{
             {"accumulate", "2"}, {"slice", "4"}, {"drop-last", "yes"}, {"patience", "3"}, {"init", "x.safetensors"}}) {
        const TrainingHandle given = comparison(parts, {{key, value}});
        add_test_images(given, *parts.test);
        refused(given, "triangular", "which comparisons do not have");
    }
    fails(cyclone_training_set(without.get(), "compare-seeds", "0"), CYCLONE_USAGE, "at least 1");
    const auto digits = data::synthetic_digits({.count = 60, .seed = 2, .size = 12}).split(0.8);
    const TrainingHandle many = comparison(digits);
    add_test_images(many, *digits.test);
    refused(many, "triangular", "two classes");
}
