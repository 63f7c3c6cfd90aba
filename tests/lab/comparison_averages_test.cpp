// Averages and snapshots as rows of a comparison.

#include <cyclone/base/random.h>
#include <cyclone/base/threads.h>
#include <cyclone/lab/comparison.h>
#include <cyclone/lab/tuning.h>
#include <cyclone/nn/nn.h>
#include <cyclone/optim/sgd.h>
#include <cyclone/schedule/cyclic.h>
#include <cyclone/train/averages.h>
#include <cyclone/train/evaluate.h>
#include <cyclone/train/fit.h>
#include <cyclone/train/renew_batch_statistics.h>

#include <atomic>

#include "lab/small_data.h"
#include "support/catch.h"
#include "support/shared_files.h"

using namespace cyclone;
using test::small_data;

namespace {

nn::Sequential small_net() {
    return nn::Sequential{
        nn::Conv2d{1, 4, {.kernel = 3}}, nn::BatchNorm{4}, nn::Relu{}, nn::MaxPool2d{2}, nn::Flatten{},
        nn::Linear{3 * 3 * 4, 2}};
}

// 182 images are 6 updates per epoch.
lab::ComparisonOptions small_comparison() {
    lab::ComparisonOptions options;
    options.schedules = {{"triangular", schedule::triangular({.base = 0.01, .max = 0.1, .step_size = Epochs{1}})},
                         {"constant:0.05", Schedule(0.05)}};
    options.seeds = {1, 2};
    options.epochs = 4;
    options.model = small_net;
    options.averages = {"swa", "ema:0.9", "snapshots"};
    options.snapshot_times = {.start = {}, .every = Iterations{12}};
    options.swa_times = {.start = Iterations{12}, .every = Iterations{12}};
    return options;
}

std::vector<double> positive(nn::Module& model, const data::Dataset& set) {
    std::vector<double> all;
    const Tensor p = train::predict(model, set, {.batch_size = 128});
    for (std::int64_t i = 0; i < set.size(); ++i) all.push_back(static_cast<double>(p.data<float>()[2 * i + 1]));
    return all;
}

}  // namespace

TEST_CASE("one training gives the last weights and their averages and is the one without averages") {
    const auto data = small_data();
    auto options = small_comparison();
    std::atomic<int> trainings{0};
    options.on_run = [&](const lab::Run&, const train::History&) { ++trainings; };
    const auto runs = lab::compare(data.train, data.test, options);
    options.averages.clear();
    const auto plain = lab::compare(data.train, data.test, options);
    CHECK(trainings == 8);
    REQUIRE(runs.size() == 4);
    for (std::size_t i = 0; i < runs.size(); ++i) {
        REQUIRE(runs[i].status == lab::RunStatus::finished);
        CHECK(runs[i].test_probability == plain[i].test_probability);  // the same bits
        CHECK(runs[i].train_loss == plain[i].train_loss);
        REQUIRE(runs[i].averages.size() == 3);
        CHECK(runs[i].averages[0].taken == 2);
        CHECK(runs[i].averages[1].taken == 24);
        CHECK(runs[i].averages[2].taken == 2);
        CHECK(plain[i].averages.empty());
    }
    // By hand.
    const lab::Run& run = runs[1];
    REQUIRE((run.schedule == "triangular" && run.seed == 2));
    set_num_threads(1);
    manual_seed(2);
    nn::Sequential model = small_net();
    optim::Sgd sgd{model.parameters(), {.lr = options.schedules[0].schedule}};
    auto swa = train::WeightAverage::swa(), ema = train::WeightAverage::ema(0.9);
    train::Snapshots snapshots;
    train::fit(model, sgd, data.train,
               {.epochs = 4,
                .batch_size = 32,
                .seed = 2,
                .progress = train::ProgressMode::off,
                .weight_hooks = {&swa, &ema, &snapshots}});
    CHECK(positive(model, data.test) == run.test_probability);
    const auto averaged = [&](const train::WeightAverage& average) {
        average.copy_into(model);
        train::renew_batch_statistics(model, data.train, {.seed = 2});
        return positive(model, data.test);
    };
    CHECK(averaged(swa) == run.averages[0].test_probability);
    CHECK(averaged(ema) == run.averages[1].test_probability);
    std::vector<std::vector<double>> members;
    for (const auto& snapshot : snapshots.all()) {
        model.load_state_dict(snapshot.weights);
        members.push_back(positive(model, data.test));
    }
    REQUIRE(members.size() == 2);
    for (std::size_t i = 0; i < members[0].size(); ++i)
        CHECK(run.averages[2].test_probability[i] == Approx((members[0][i] + members[1][i]) / 2).epsilon(1e-7));
}

TEST_CASE("averages are rows of their own behind their training") {
    const auto data = small_data();
    auto options = small_comparison();
    options.averages = {"swa"};
    options.held_out = &data.test;
    options.evaluate_each_epoch = true;
    const auto runs = lab::compare(data.train, data.test, options);
    const auto rows = lab::with_averages(runs);
    REQUIRE(rows.size() == 8);
    for (std::size_t i = 0; i < 4; ++i) {
        const lab::Run &last = rows[2 * i], &average = rows[2 * i + 1];
        CHECK(last.configuration() == runs[i].schedule);
        CHECK(average.configuration() == runs[i].schedule + " + swa");
        CHECK(last.seed == average.seed);
        CHECK(last.test_probability == runs[i].test_probability);
        CHECK(average.test_probability == runs[i].averages[0].test_probability);
        CHECK(average.test.auc == runs[i].averages[0].test.auc);
        CHECK(average.sum_lr == last.sum_lr);
        CHECK(average.epoch_auc.empty());
        CHECK(last.epoch_auc.size() == 4);
        CHECK(std::isfinite(average.tuned_threshold));
        // The file of a run holds both.
        const lab::Run read = lab::parse_run_file(lab::run_file_text(runs[i]));
        REQUIRE(read.averages.size() == 1);
        CHECK(read.averages[0].name == "swa");
        CHECK(read.averages[0].taken == 2);
        CHECK(read.averages[0].test_probability == runs[i].averages[0].test_probability);
        CHECK(read.averages[0].test.log_loss == runs[i].averages[0].test.log_loss);
        CHECK(read.averages[0].tuned_threshold == runs[i].averages[0].tuned_threshold);
    }
    CHECK(lab::configuration_name("triangular", "weights", "ema:0.9") == "triangular + weights + ema:0.9");
}

TEST_CASE("a run with averages that was stopped and resumed has the same bits and a diverged one has rows") {
    const auto data = small_data();
    auto options = small_comparison();
    options.schedules.push_back({"absurd", Schedule(1e30)});
    options.seeds = {3};
    const auto whole = lab::compare(data.train, data.test, options);
    const test::TemporaryFolder temporary;
    options.checkpoint_folder = [&](const lab::Run& run) { return temporary / run.schedule.substr(0, 8); };
    options.known = {whole[1], whole[2]};
    std::atomic<bool> stop{false};
    std::atomic<int> updates{0};
    options.stop = &stop;
    options.on_update = [&] { stop = ++updates == 15; };
    CHECK(lab::compare(data.train, data.test, options)[0].status == lab::RunStatus::stopped);
    stop = false;
    options.on_update = {};
    const auto resumed = lab::compare(data.train, data.test, options);
    REQUIRE(resumed[0].status == lab::RunStatus::finished);
    CHECK(updates == 15);
    REQUIRE(resumed[0].averages.size() == 3);
    for (std::size_t i = 0; i < 3; ++i)
        CHECK(resumed[0].averages[i].test_probability == whole[0].averages[i].test_probability);
    const auto rows = lab::with_averages(whole);
    REQUIRE(rows.size() == 12);
    CHECK(rows[9].configuration() == "absurd + swa");
    CHECK(rows[9].status == lab::RunStatus::diverged);
    const lab::Run read = lab::parse_run_file(lab::run_file_text(whole[2]));
    CHECK(read.averages.size() == 3);
}

TEST_CASE("averages that are none or take nothing are refused by name") {
    const auto data = small_data();
    auto options = small_comparison();
    for (const char* name : {"mean", "ema", "ema:", "ema:1", "ema:0.9x", ""}) {
        INFO(name);
        CHECK_THROWS_AS(lab::check_average(name), UsageError);
    }
    CHECK_NOTHROW(lab::check_average("ema:0.999"));
    options.averages = {"swa"};
    // A rate is tuned on a part of the images, so in fewer updates, and without averages.
    options.swa_times = {.start = Iterations{23}, .every = Iterations{1}};
    CHECK(lab::tune_constant(data.train, std::vector{0.01}, options).rate == 0.01);
    options.swa_times.start = Iterations{1000};
    CHECK_THROWS_WITH(lab::compare(data.train, data.test, options),
                      Catch::Contains("swa: no weights were taken in 24"));
}

TEST_CASE("runs that were not started have the names of their averages") {
    const auto data = small_data();
    auto options = small_comparison();
    options.jobs = 1;
    const std::atomic<bool> stop{true};
    options.stop = &stop;
    for (const lab::Run& run : lab::compare(data.train, data.test, options)) {
        CHECK(run.status == lab::RunStatus::stopped);
        REQUIRE(run.averages.size() == 3);
        CHECK(run.averages[1].name == "ema:0.9");
    }
    CHECK(lab::with_averages(lab::compare(data.train, data.test, options)).size() == 16);
}
