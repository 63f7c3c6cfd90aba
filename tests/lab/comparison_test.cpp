#include <cyclone/base/error.h>
#include <cyclone/base/random.h>
#include <cyclone/data/synthetic.h>
#include <cyclone/io/checkpoint_file.h>
#include <cyclone/lab/comparison.h>
#include <cyclone/nn/nn.h>
#include <cyclone/schedule/cyclic.h>
#include <cyclone/schedule/schedule.h>

#include <atomic>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <set>

#include "lab/small_data.h"
#include "support/catch.h"
#include "support/shared_files.h"

using namespace cyclone;
using test::small_data;

namespace {

lab::ComparisonOptions small_comparison() {
    lab::ComparisonOptions options;
    options.schedules = {{"low", Schedule(0.001)}, {"high", Schedule(0.05)}};
    options.seeds = {1, 2};
    options.epochs = 1;
    options.model = [] {
        return nn::Sequential{nn::Conv2d{1, 4, {.kernel = 3, .activation = relu}}, nn::MaxPool2d{2}, nn::Flatten{},
                              nn::Dropout{0.2}, nn::Linear{3 * 3 * 4, 2}};
    };
    return options;
}

}  // namespace

TEST_CASE("a comparison gives the same figures whatever the number of jobs") {
    const auto data = small_data();
    auto options = small_comparison();
    const auto one = lab::compare(data.train, data.test, options);
    options.jobs = 3;
    const auto three = lab::compare(data.train, data.test, options);
    REQUIRE(one.size() == 4);
    REQUIRE(three.size() == 4);
    for (std::size_t i = 0; i < one.size(); ++i) {
        CHECK(one[i].status == lab::RunStatus::finished);
        CHECK(one[i].schedule == three[i].schedule);
        CHECK(one[i].seed == three[i].seed);
        CHECK(one[i].train_loss == three[i].train_loss);
        CHECK(one[i].test.auc == three[i].test.auc);
        CHECK(one[i].test.log_loss == three[i].test.log_loss);
    }
    CHECK(one[0].schedule == "low");
    CHECK(one[2].schedule == "high");
    CHECK(one[2].sum_lr == Approx(0.05 * static_cast<double>(one[2].updates)));
}

TEST_CASE("for one seed all schedules start with the same first loss and different seeds do not") {
    const auto data = small_data();
    auto options = small_comparison();
    std::set<double> first_of_seed[3];
    options.on_run = [&](const lab::Run& run, const train::History& history) {
        first_of_seed[run.seed].insert(history.updates().front().loss);
    };
    lab::compare(data.train, data.test, options);
    CHECK(first_of_seed[1].size() == 1);
    CHECK(first_of_seed[2].size() == 1);
    CHECK(first_of_seed[1] != first_of_seed[2]);
}

TEST_CASE("a diverging schedule is a row and the others are finished") {
    const auto data = small_data();
    auto options = small_comparison();
    options.schedules.push_back({"absurd", Schedule(1e30)});
    const auto runs = lab::compare(data.train, data.test, options);
    CHECK(runs[0].status == lab::RunStatus::finished);
    CHECK(runs[5].status == lab::RunStatus::diverged);
    CHECK_THAT(runs[5].message, Catch::Contains("update"));
    // What it did until then is kept, for pictures and for the next start.
    REQUIRE_FALSE(runs[5].curve.update.empty());
    CHECK(runs[5].curve.learning_rate.front() == 1e30);
    CHECK(lab::parse_run_file(lab::run_file_text(runs[5])).curve.update == runs[5].curve.update);
}

TEST_CASE("a stop leaves finished runs as they are and marks the rest") {
    const auto data = small_data();
    auto options = small_comparison();
    std::atomic<bool> stop{false};
    options.stop = &stop;
    options.on_run = [&](const lab::Run&, const train::History&) { stop = true; };
    const auto runs = lab::compare(data.train, data.test, options);
    int finished = 0;
    for (const auto& run : runs) finished += run.status == lab::RunStatus::finished;
    CHECK(finished == 1);
}

TEST_CASE("an error inside a run reaches the caller") {
    const auto data = small_data();
    auto options = small_comparison();
    options.jobs = 2;
    options.model = [] { return nn::Sequential{nn::Flatten{}, nn::Linear{7, 2}}; };
    CHECK_THROWS_AS(lab::compare(data.train, data.test, options), Error);
}

TEST_CASE("testing after each epoch is optional and changes no figure") {
    const auto data = small_data();
    auto options = small_comparison();
    options.epochs = 2;
    const auto plain = lab::compare(data.train, data.test, options);
    options.evaluate_each_epoch = true;
    const auto tested = lab::compare(data.train, data.test, options);
    CHECK(plain[0].epoch_auc.empty());
    REQUIRE(tested[0].epoch_auc.size() == 2);
    CHECK(tested[0].epoch_auc.back() == tested[0].test.auc);
    CHECK(plain[0].train_loss == tested[0].train_loss);
    CHECK(plain[0].curve.loss.size() == plain[0].updates);
}

TEST_CASE("the AUC curve has a point every so many updates and at the end and changes no figure") {
    const auto data = small_data();
    auto options = small_comparison();
    options.epochs = 2;
    const auto plain = lab::compare(data.train, data.test, options);
    options.evaluate_every = 4;
    const auto tested = lab::compare(data.train, data.test, options);
    CHECK(plain[0].auc_curve.empty());
    const std::uint64_t updates = tested[0].updates;
    REQUIRE(tested[0].auc_curve.size() == (updates + 3) / 4);
    for (std::size_t i = 0; i + 1 < tested[0].auc_curve.size(); ++i) {
        CHECK(tested[0].auc_curve[i].updates == 4 * (i + 1));
        CHECK(tested[0].auc_curve[i].seconds <= tested[0].auc_curve[i + 1].seconds);
    }
    CHECK(tested[0].auc_curve.back().updates == updates);
    CHECK(tested[0].auc_curve.back().auc == tested[0].test.auc);
    CHECK(tested[0].auc_curve.back().seconds <= tested[0].seconds);
    CHECK(tested[0].train_loss == plain[0].train_loss);
    CHECK(tested[0].test_probability == plain[0].test_probability);
    options.evaluate_every = -1;
    CHECK_THROWS_AS(lab::compare(data.train, data.test, options), Error);
}

TEST_CASE("tests in the middle of a training are not counted in its time") {
    // The test set is many times larger than the training set, and tested after every update.
    const auto [train, test] =
        data::synthetic_patches({.positives = 600, .negatives = 5'400, .seed = 4, .size = 8}).split(0.01);
    auto options = small_comparison();
    options.schedules.pop_back();
    options.seeds = {1};
    options.epochs = 4;
    options.evaluate_every = 1;
    options.evaluate_each_epoch = true;
    const auto start = std::chrono::steady_clock::now();
    const auto runs = lab::compare(train, test, options);
    const double wall = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    REQUIRE(runs[0].status == lab::RunStatus::finished);
    CHECK(runs[0].auc_curve.size() == runs[0].updates);
    CHECK(runs[0].seconds < wall / 2);
    CHECK(runs[0].images_per_second == Approx(static_cast<double>(train.size() * options.epochs) / runs[0].seconds));
}

TEST_CASE("known runs are taken over and only the others are trained") {
    const auto data = small_data();
    auto options = small_comparison();
    const auto all = lab::compare(data.train, data.test, options);
    options.known = {all[1], all[2]};
    options.known[0].train_loss = 123;  // a mark: nothing was trained again
    std::vector<std::string> trained;
    options.on_run = [&](const lab::Run& run, const train::History&) {
        trained.push_back(run.schedule + std::to_string(run.seed));
    };
    const auto some = lab::compare(data.train, data.test, options);
    CHECK(trained == std::vector<std::string>{"low1", "high2"});
    REQUIRE(some.size() == 4);
    CHECK(some[1].train_loss == 123);
    CHECK(some[0].train_loss == all[0].train_loss);
    CHECK(some[3].test_probability == all[3].test_probability);
    options.known = all;
    CHECK(lab::compare(data.train, data.test, options).size() == 4);
    CHECK(trained.size() == 2);
}

TEST_CASE("a comparison stopped many times in the middle of runs gives the figures of an unbroken one") {
    const auto data = small_data();
    auto options = small_comparison();
    options.epochs = 2;
    options.momentum = 0.9;
    options.evaluate_each_epoch = true;
    options.evaluate_every = 2;
    options.schedules.push_back({"absurd", Schedule(1e30)});
    const auto whole = lab::compare(data.train, data.test, options);

    const test::TemporaryFolder folder;
    options.jobs = 2;
    options.checkpoint_folder = [&](const lab::Run& run) { return folder / (run.schedule + std::to_string(run.seed)); };
    options.on_run = [&](const lab::Run& run, const train::History& history) {
        if (run.status == lab::RunStatus::stopped) return;
        CHECK(history.updates().size() == (run.schedule == "absurd" ? history.updates().size() : run.updates));
        options.known.push_back(run);
    };
    std::atomic<bool> stop{false};
    std::atomic<int> updates{0}, resumed{0};
    options.stop = &stop;
    options.on_update = [&] {
        if (++updates % 5 == 0) stop = true;  // another place in each start
    };
    options.on_resume = [&](const lab::Run&, std::uint64_t) { ++resumed; };
    std::vector<lab::Run> runs;
    int starts = 0;
    do {
        stop = false;
        ++starts;
        const auto now = options;  // `known` grows while compare() looks at it
        runs = lab::compare(data.train, data.test, now);
    } while (options.known.size() < runs.size() && starts < 100);
    CHECK(starts > 5);
    CHECK(resumed > 5);
    for (std::size_t i = 0; i < whole.size(); ++i) {
        INFO(whole[i].schedule << " " << whole[i].seed);
        CHECK(runs[i].status == whole[i].status);
        CHECK(runs[i].message == whole[i].message);
        CHECK(runs[i].updates == whole[i].updates);
        CHECK(runs[i].sum_lr == whole[i].sum_lr);
        CHECK(runs[i].train_loss == whole[i].train_loss);
        CHECK(runs[i].epoch_loss == whole[i].epoch_loss);
        CHECK(runs[i].epoch_auc == whole[i].epoch_auc);
        CHECK(runs[i].curve.loss == whole[i].curve.loss);
        CHECK(runs[i].test_probability == whole[i].test_probability);
        REQUIRE(runs[i].auc_curve.size() == whole[i].auc_curve.size());
        for (std::size_t p = 0; p < whole[i].auc_curve.size(); ++p) {
            CHECK(runs[i].auc_curve[p].updates == whole[i].auc_curve[p].updates);
            CHECK(runs[i].auc_curve[p].auc == whole[i].auc_curve[p].auc);
            CHECK(runs[i].auc_curve[p].seconds <= runs[i].seconds);
        }
    }
}

TEST_CASE("a checkpoint of version 0.1, whose numbers had places instead of names, is resumed") {
    const auto data = small_data();
    auto options = small_comparison();
    options.schedules.pop_back();
    options.seeds = {1};
    options.epochs = 3;
    options.evaluate_each_epoch = true;
    options.evaluate_every = 4;
    const auto whole = lab::compare(data.train, data.test, options);
    const test::TemporaryFolder folder;
    options.checkpoint_folder = [&](const lab::Run&) { return folder.path(); };
    std::atomic<bool> stop{false};
    std::atomic<int> updates{0};
    options.stop = &stop;
    options.on_update = [&] { stop = ++updates >= 10; };  // in the second epoch
    REQUIRE(lab::compare(data.train, data.test, options)[0].status == lab::RunStatus::stopped);
    for (const auto& file : std::filesystem::directory_iterator(folder.path())) {
        if (file.path().extension() != ".ckpt") continue;
        const io::WeightsFile now = io::load_checkpoint(file.path());
        const auto numbers = [&](const char* name) {
            const auto values = now.tensors.with_prefix("run.extra.").find(name)->values<double>();
            return std::vector<double>(values.begin(), values.end());
        };
        io::WeightsFile then{{}, now.metadata};
        for (const auto& [name, tensor] : now.tensors)
            if (!name.starts_with("run.extra")) then.tensors.add(name, tensor);
        if (now.tensors.find("run.extra.auc")) {
            const auto epochs = numbers("epoch_auc");
            std::vector<double> list{numbers("seconds")[0], static_cast<double>(epochs.size())};
            list.insert(list.end(), epochs.begin(), epochs.end());
            for (std::size_t i = 0; i < numbers("auc").size(); ++i)
                for (const char* of_point : {"auc_updates", "auc_seconds", "auc"}) list.push_back(numbers(of_point)[i]);
            then.tensors.add("run.extra", Tensor::from(list, {static_cast<std::int64_t>(list.size())}));
        }
        io::save_checkpoint(file.path(), then);
    }
    options.stop = nullptr;
    options.on_update = {};
    std::uint64_t resumed_at = 0;
    options.on_resume = [&](const lab::Run&, std::uint64_t at) { resumed_at = at; };
    const auto runs = lab::compare(data.train, data.test, options);
    CHECK(resumed_at == 10);
    CHECK(runs[0].test_probability == whole[0].test_probability);
    CHECK(runs[0].epoch_auc == whole[0].epoch_auc);
    REQUIRE(runs[0].auc_curve.size() == whole[0].auc_curve.size());
    for (std::size_t p = 0; p < whole[0].auc_curve.size(); ++p) {
        CHECK(runs[0].auc_curve[p].updates == whole[0].auc_curve[p].updates);
        CHECK(runs[0].auc_curve[p].auc == whole[0].auc_curve[p].auc);
    }
}

TEST_CASE("a run whose checkpoints are of no use starts from the beginning") {
    const auto data = small_data();
    auto options = small_comparison();
    options.schedules.pop_back();
    options.seeds = {1};
    const auto whole = lab::compare(data.train, data.test, options);
    const test::TemporaryFolder folder;
    std::ofstream(folder / "checkpoint-000000000003.ckpt") << "CYCLONE";
    options.checkpoint_folder = [&](const lab::Run&) { return folder.path(); };
    const auto runs = lab::compare(data.train, data.test, options);
    CHECK(runs[0].test_probability == whole[0].test_probability);
    // Of another training: the rate has changed.
    options.schedules[0].schedule = Schedule(0.002);
    CHECK(lab::compare(data.train, data.test, options)[0].test_probability != whole[0].test_probability);
}

TEST_CASE("an error while a run is written ends the comparison") {
    const auto data = small_data();
    auto options = small_comparison();
    options.jobs = 2;
    options.on_run = [](const lab::Run&, const train::History&) { fail("disk", "is full"); };
    CHECK_THROWS_WITH(lab::compare(data.train, data.test, options), Catch::Contains("disk: is full"));
}

TEST_CASE("every schedule is trained with every remedy and the row without one keeps its figures") {
    const auto data = small_data();
    auto options = small_comparison();
    options.epochs = 2;
    options.evaluate_each_epoch = true;
    const auto plain = lab::compare(data.train, data.test, options);
    options.seeds = {1};
    for (const char* name : {"none", "weights", "over:1", "under:1", "focal"})
        options.rebalancings.push_back(train::parse_rebalancing(name));
    const auto runs = lab::compare(data.train, data.test, options);
    REQUIRE(runs.size() == 10);
    CHECK(runs[1].configuration() == "low + weights");
    CHECK(runs[5].configuration() == "high");
    CHECK(runs[5].test_probability == plain[2].test_probability);
    CHECK(runs[5].epoch_loss == plain[2].epoch_loss);
    const double share = static_cast<double>(data.train.class_counts()[1]) / static_cast<double>(data.train.size());
    for (std::size_t i = 5; i < 10; ++i) {
        INFO(runs[i].configuration());
        CHECK(runs[i].status == lab::RunStatus::finished);
        // As many updates, rates and epochs for all, however long an epoch of the sampler is.
        CHECK(runs[i].updates == plain[2].updates);
        CHECK(runs[i].sum_lr == plain[2].sum_lr);
        CHECK(runs[i].epoch_loss.size() == 2);
        CHECK(runs[i].epoch_auc.size() == 2);
        if (i == 5) continue;
        CHECK(runs[i].test_probability != runs[5].test_probability);
        CHECK(runs[i].training_prior == Approx(share));
    }
    CHECK(runs[6].trained_prior == Approx(0.5));
    CHECK(std::isnan(runs[5].trained_prior));
    CHECK(std::isnan(runs[9].trained_prior));
}

TEST_CASE("a cycle has the same length in updates whatever the epochs of a remedy") {
    const auto data = small_data();
    auto options = small_comparison();
    options.seeds = {1};
    options.epochs = 2;
    options.schedules = {{"cycle", schedule::triangular({.base = 0.001, .max = 0.01, .step_size = Epochs{1}})}};
    options.rebalancings = {train::parse_rebalancing("none"), train::parse_rebalancing("under:1")};
    const auto runs = lab::compare(data.train, data.test, options);
    CHECK(runs[0].curve.learning_rate == runs[1].curve.learning_rate);
    options.rebalancings = {train::parse_rebalancing("batch:40")};
    CHECK_THROWS_AS(lab::compare(data.train, data.test, options), UsageError);
}

TEST_CASE("augmentation changes all runs and leaves them repeatable") {
    const auto data = small_data();
    auto options = small_comparison();
    options.seeds = {1};
    const auto plain = lab::compare(data.train, data.test, options);
    options.augmentation = data::parse_augmentation("flip,shift:1");
    const auto augmented = lab::compare(data.train, data.test, options),
               again = lab::compare(data.train, data.test, options);
    for (std::size_t i = 0; i < 2; ++i) {
        CHECK(augmented[i].test_probability != plain[i].test_probability);
        CHECK(augmented[i].test_probability == again[i].test_probability);
    }
}

TEST_CASE("the threshold is the one tuned on the held-out images and changes no other figure") {
    const auto data = small_data();
    auto options = small_comparison();
    options.seeds = {1};
    const auto plain = lab::compare(data.train, data.test, options);
    options.held_out = &data.test;  // whose probabilities a run tells
    options.threshold_goal = metrics::goal::mcc();
    const auto runs = lab::compare(data.train, data.test, options);
    const auto labels = data.test.labels.values<std::int64_t>();
    for (std::size_t i = 0; i < 2; ++i) {
        CHECK(std::isnan(plain[i].tuned_threshold));
        CHECK(runs[i].test_probability == plain[i].test_probability);
        CHECK(runs[i].test.threshold == 0.5);
        const auto expected = metrics::tune_threshold(labels, plain[i].test_probability, metrics::goal::mcc());
        CHECK(runs[i].tuned_threshold == expected->threshold);
    }
    options.threshold_goal = {"never", [](const metrics::BinaryCounts&) { return NAN; }};
    CHECK(std::isnan(lab::compare(data.train, data.test, options)[0].tuned_threshold));
}
