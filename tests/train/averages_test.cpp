#include <cyclone/io/checkpoint_folder.h>
#include <cyclone/ops/loss.h>
#include <cyclone/schedule/decay.h>
#include <cyclone/train/averages.h>
#include <cyclone/train/fit.h>
#include <cyclone/train/renew_batch_statistics.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>

#include "support/catch.h"
#include "support/shared_files.h"
#include "train/small_model.h"
#include "train/tiny_training.h"

using namespace cyclone;
using test::Recipe;
using test::tiny_data;
using test::tiny_options;
using test::TinyTraining;
using train::Control;

namespace {

/// All weights and buffers after each update, in f64.
class Recorder : public train::WeightHook {
public:
    explicit Recorder(std::string name = "recorder") : name_(std::move(name)) {}
    std::vector<std::vector<double>> rows;

    std::string name() const override { return name_; }
    std::string describe() const override { return name_; }
    void begin(nn::Module&, const optim::Optimizer&) override {}
    void after_update(nn::Module& model, const optim::Optimizer&) override { rows.push_back(all_of(model)); }
    StateDict state_dict() const override { return {}; }
    void load_state_dict(const StateDict&) override {}

    static std::vector<double> all_of(const StateDict& tensors) {
        std::vector<double> all;
        for (const NamedTensor& t : tensors)
            visit_dtype(t.tensor.dtype(), [&](auto zero) {
                for (const auto x : t.tensor.values<decltype(zero)>()) all.push_back(static_cast<double>(x));
            });
        return all;
    }
    static std::vector<double> all_of(const nn::Module& model) { return all_of(model.state_dict()); }

private:
    std::string name_;
};

/// Updates 1, 2, ... that were recorded, with a weight each.
std::vector<double> mean_of(const std::vector<std::vector<double>>& rows,
                            const std::vector<std::pair<std::size_t, double>>& parts) {
    std::vector<double> sum(rows.at(0).size(), 0);
    double weights = 0;
    for (const auto& [update, weight] : parts) {
        for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += weight * rows.at(update - 1)[i];
        weights += weight;
    }
    for (double& x : sum) x /= weights;
    return sum;
}

/// The largest distance, in units of the f32 rounding of the larger one.
double distance(const std::vector<double>& a, const std::vector<double>& b) {
    REQUIRE(a.size() == b.size());
    double most = 0;
    for (std::size_t i = 0; i < a.size(); ++i)
        most = std::max(most, std::abs(a[i] - b[i]) / (std::max(std::abs(a[i]), 1e-30) * 0x1p-24));
    return most;
}

}  // namespace

TEST_CASE("SWA is the plain mean of the weights at the ends of cycles") {
    const data::Dataset data = tiny_data(1);
    TinyTraining training(Recipe::adam);  // cycles of 70 updates, 300 in all, 6 per epoch
    Recorder recorder;
    auto swa = train::WeightAverage::swa();
    train::FitOptions options = tiny_options(nullptr);
    options.weight_hooks = {&recorder, &swa};
    training.fit(data, options);
    CHECK(swa.count() == 4);
    const auto expected = mean_of(recorder.rows, {{70, 1}, {140, 1}, {210, 1}, {280, 1}});
    CHECK(distance(expected, Recorder::all_of(swa.weights())) <= 1);
    swa.copy_into(training.model);
    CHECK(Recorder::all_of(training.model) == Recorder::all_of(swa.weights()));
}

TEST_CASE("the mean over many updates agrees with a plain one in f64 to rounding") {
    const data::Dataset data = tiny_data(2, 40);
    TinyTraining training(Recipe::sgd, 3);
    Recorder recorder;
    const std::uint64_t start = GENERATE(1u, 37u);
    auto swa = train::WeightAverage::swa({.start = Iterations{start}, .every = Iterations{1}});
    train::FitOptions options = tiny_options(nullptr);
    options.epochs = 40;
    options.weight_hooks = {&recorder, &swa};
    training.fit(data, options);
    std::vector<std::pair<std::size_t, double>> parts;
    for (std::size_t u = start; u <= recorder.rows.size(); ++u) parts.emplace_back(u, 1);
    REQUIRE(swa.count() == parts.size());
    CHECK(distance(mean_of(recorder.rows, parts), Recorder::all_of(swa.weights())) <= 1);
}

TEST_CASE("EMA weighs the updates by powers of its decay from the first one on") {
    const data::Dataset data = tiny_data(1);
    const double decay = GENERATE(0.0, 0.5, 0.99, 0.9999);
    const std::int64_t epochs = GENERATE(1, 20);
    TinyTraining training(Recipe::adam, 2);
    Recorder recorder;
    auto ema = train::WeightAverage::ema(decay);
    train::FitOptions options = tiny_options(nullptr);
    options.epochs = epochs;
    options.weight_hooks = {&ema, &recorder};
    training.fit(data, options);
    const std::size_t n = recorder.rows.size();
    std::vector<std::pair<std::size_t, double>> parts;
    for (std::size_t u = 1; u <= n; ++u) parts.emplace_back(u, std::pow(decay, static_cast<double>(n - u)));
    CHECK(ema.count() == n);
    CHECK(distance(mean_of(recorder.rows, parts), Recorder::all_of(ema.weights())) <= 1);
}

TEST_CASE("weights are taken at ends of cycles epochs or distances from the start on") {
    const data::Dataset data = tiny_data(1);
    const auto times = [&](Schedule lr, train::WeightTimes when) {
        TinyTraining training(Recipe::sgd);
        optim::Sgd sgd{training.model.parameters(), {.lr = std::move(lr)}};
        train::Snapshots snapshots(when);
        train::FitOptions options = tiny_options(nullptr);
        options.epochs = 10;  // of 6 updates
        options.weight_hooks = {&snapshots};
        train::fit(training.model, sgd, data, options);
        std::vector<std::uint64_t> updates;
        for (const auto& snapshot : snapshots.all()) updates.push_back(snapshot.updates);
        CHECK(when.count(0, 60, sgd) == updates.size());
        return updates;
    };
    using List = std::vector<std::uint64_t>;
    const Schedule triangles = schedule::triangular({.base = 0.001, .max = 0.01, .step_size = Epochs{1}});
    CHECK(times(triangles, {}) == List{12, 24, 36, 48, 60});
    CHECK(times(triangles, {.start = Epochs{4}}) == List{24, 36, 48, 60});
    CHECK(times(triangles, {.start = Iterations{25}}) == List{36, 48, 60});
    CHECK(times(triangles, {.every = Epochs{5}}) == List{30, 60});
    CHECK(times(Schedule(0.01), {.start = Epochs{7.5}, .every = Iterations{7}}) == List{49, 56});
    CHECK(times(schedule::cosine_warm_restarts({.max = 0.01, .period = Epochs{1}, .multiplier = 2}), {}) ==
          List{6, 18, 42});
    CHECK(times(schedule::triangular({.base = 0.001, .max = 0.01, .step_size = Iterations{40}}), {}) == List{});
}

TEST_CASE("without cycles SWA takes each epoch and snapshots are refused") {
    const data::Dataset data = tiny_data(1);
    TinyTraining training(Recipe::sgd);
    optim::Sgd sgd{training.model.parameters(),
                   {.lr = schedule::linear({.start = 0.05, .end = 0, .length = Epochs{5}})}};
    auto swa = train::WeightAverage::swa({.start = Epochs{3}});
    train::FitOptions options = tiny_options(nullptr);
    options.epochs = 5;
    options.weight_hooks = {&swa};
    Recorder recorder;
    options.weight_hooks.push_back(&recorder);
    train::fit(training.model, sgd, data, options);
    CHECK(swa.count() == 3);
    CHECK(distance(mean_of(recorder.rows, {{18, 1}, {24, 1}, {30, 1}}), Recorder::all_of(swa.weights())) <= 1);
    train::Snapshots snapshots;
    options.weight_hooks = {&snapshots};
    CHECK_THROWS_WITH(train::fit(training.model, sgd, data, options),
                      Catch::Contains("expected a schedule with cycles"));
}

TEST_CASE("a second fit goes on with the average and with its place in epochs") {
    const data::Dataset data = tiny_data(1, 24);
    const Schedule lr = schedule::triangular({.base = 0.001, .max = 0.01, .step_size = Epochs{1}});
    TinyTraining training(Recipe::sgd);
    optim::Sgd sgd{training.model.parameters(), {.lr = lr}};
    Recorder recorder;
    auto swa = train::WeightAverage::swa(), each_epoch = train::WeightAverage::swa({.every = Epochs{1}});
    train::FitOptions options = tiny_options(nullptr);
    options.weight_hooks = {&recorder, &swa};
    const bool epochs = GENERATE(false, true);
    if (epochs) options.weight_hooks[1] = &each_epoch;
    options.epochs = 3;  // of 6 updates: the second cycle is half over
    train::fit(training.model, sgd, data, options);
    options.batch_size = 8;  // 3 updates per epoch: cycles of 6
    train::fit(training.model, sgd, data, options);
    REQUIRE(recorder.rows.size() == 27);
    if (epochs)
        CHECK(distance(mean_of(recorder.rows, {{6, 1}, {12, 1}, {18, 1}, {21, 1}, {24, 1}, {27, 1}}),
                       Recorder::all_of(each_epoch.weights())) <= 1);
    else
        CHECK(distance(mean_of(recorder.rows, {{12, 1}, {21, 1}, {27, 1}}), Recorder::all_of(swa.weights())) <= 1);
}

TEST_CASE("Lookahead moves slow weights and restarts the fast ones from them") {
    const data::Dataset data = tiny_data(1);
    const std::int64_t k = GENERATE(1, 5, 7);
    const bool buffers = GENERATE(false, true);
    TinyTraining training(Recipe::adam);
    const auto what_moves = [buffers](const nn::Module& model) {
        std::vector<double> all = Recorder::all_of(model.named_parameters());
        for (const NamedTensor& t : model.named_buffers())
            if (buffers && t.tensor.dtype() == DType::f32)
                for (const float x : t.tensor.values<float>()) all.push_back(x);
        return all;
    };
    std::vector<double> slow = what_moves(training.model);
    REQUIRE((slow.size() > static_cast<std::size_t>(training.model.parameter_count())) == buffers);
    const Schedule alpha = k == 7 ? schedule::linear({.start = 1, .end = 0.1, .length = Epochs{5}}) : Schedule(0.5);
    train::Lookahead lookahead(k, alpha, {.buffers = buffers});
    struct Moving : Recorder {
        std::function<std::vector<double>(const nn::Module&)> of;
        Moving(std::string name, std::function<std::vector<double>(const nn::Module&)> what)
            : Recorder(std::move(name)), of(std::move(what)) {}
        void after_update(nn::Module& model, const optim::Optimizer&) override { rows.push_back(of(model)); }
    } before("before", what_moves), after("after", what_moves);
    train::FitOptions options = tiny_options(nullptr);
    options.epochs = 5;
    options.weight_hooks = {&before, &lookahead, &after};
    training.fit(data, options);
    const Schedule settled = alpha.with_updates_per_epoch(6);
    for (std::size_t u = 1; u <= before.rows.size(); ++u) {
        const auto &fast = before.rows[u - 1], &now = after.rows[u - 1];
        if (u % static_cast<std::size_t>(k) != 0) {
            REQUIRE(fast == now);
            continue;
        }
        for (std::size_t i = 0; i < slow.size(); ++i) {
            const double expected = slow[i] + settled.value(u - 1) * (fast[i] - slow[i]);
            REQUIRE(now[i] == Approx(expected).epsilon(1e-6).margin(1e-8));
            slow[i] = now[i];
        }
    }
}

TEST_CASE("Lookahead moves a tensor that two layers share once") {
    manual_seed(4);
    const nn::Linear tied{4, 4};
    nn::Sequential model{nn::Flatten{}, tied, tied, nn::Linear{4, 2}};
    const auto weight = [&] { return tied.weight.to_vector<float>(); };
    const auto slow = weight();
    Recorder before("before");
    train::Lookahead lookahead(1, 0.5);
    train::FitOptions options = tiny_options(nullptr);
    options.epochs = 1;
    options.weight_hooks = {&before, &lookahead};
    options.after_update = [](const train::UpdateRow&) { return Control::stop; };
    optim::Sgd sgd{model.parameters(), {.lr = 0.5}};
    train::fit(model, sgd, tiny_data(1), options);
    REQUIRE(before.rows.size() == 1);
    for (std::size_t i = 0; i < slow.size(); ++i)
        CHECK(weight()[i] == Approx(slow[i] + 0.5 * (before.rows[0][i] - slow[i])).margin(1e-7));
}

TEST_CASE("a training with all weight hooks stopped after every update ends with the same bits") {
    const data::Dataset data = tiny_data(1);
    const test::TemporaryFolder folder;
    train::FitOptions options = tiny_options(nullptr);
    options.epochs = 4;  // 24 updates, two cycles and a part of the third
    const auto begin = [](std::uint64_t seed) {
        TinyTraining training(Recipe::sgd, seed);
        const Schedule lr = schedule::triangular({.base = 0.001, .max = 0.05, .step_size = Iterations{5}});
        training.optimizer =
            std::make_unique<optim::Sgd>(training.model.parameters(), optim::SgdOptions{.lr = lr, .momentum = 0.9});
        return training;
    };
    struct Hooks {
        train::WeightAverage swa = train::WeightAverage::swa({.start = Epochs{1}});
        train::WeightAverage ema = train::WeightAverage::ema(0.9);
        train::Snapshots snapshots{};
        train::Lookahead lookahead{4, 0.7, {.buffers = true}};
        std::vector<train::WeightHook*> all() { return {&lookahead, &swa, &ema, &snapshots}; }
        std::vector<double> bits(TinyTraining& training, const data::Dataset& data) {
            std::vector<double> out = Recorder::all_of(training.model);
            const auto add = [&](const std::vector<double>& more) { out.insert(out.end(), more.begin(), more.end()); };
            for (const train::WeightHook* hook : all()) add(Recorder::all_of(hook->state_dict()));
            for (const train::WeightAverage* average : {&swa, &ema}) {
                average->copy_into(training.model);
                train::renew_batch_statistics(training.model, data);
                add(Recorder::all_of(training.model));
            }
            return out;
        }
    } whole_hooks;
    options.weight_hooks = whole_hooks.all();
    TinyTraining whole = begin(1);
    whole.fit(data, options);
    const auto expected = whole_hooks.bits(whole, data);
    REQUIRE(whole_hooks.snapshots.all().size() == 2);
    options.checkpoint.folder = folder / "run";
    options.checkpoint.resume = true;
    options.after_update = [](const train::UpdateRow&) { return Control::stop; };
    for (std::uint64_t k = 1; k <= 24; ++k) {
        Hooks hooks;
        options.weight_hooks = hooks.all();
        TinyTraining part = begin(k);
        part.fit(data, options);
        if (k == 24) CHECK((hooks.bits(part, data) == expected));
    }
    // Another set of hooks is another training.
    Hooks hooks;
    options.weight_hooks = {&hooks.swa, &hooks.ema};
    CHECK_THROWS_WITH(
        begin(1).fit(data, options),
        Catch::Contains("weight hooks: the checkpoint has lookahead(k=4, alpha=constant(0.7), buffers); swa(from 1 "
                        "epoch, at the end of each cycle or epoch)"));
    options.weight_hooks = {};
    CHECK_THROWS_WITH(begin(1).fit(data, options), Catch::Contains("this training has none"));
}

TEST_CASE("a return to a checkpoint takes the averages back as well") {
    const data::Dataset data = tiny_data(1);
    const test::TemporaryFolder folder;
    train::FitOptions options = test::roll_back_options(folder / "run", 3, 5);
    auto ema = train::WeightAverage::ema(0.9);
    train::Snapshots snapshots({.every = Iterations{1}});
    options.weight_hooks = {&ema, &snapshots};
    bool broken = false;
    TinyTraining training(Recipe::adam);
    options.after_update = [&](const train::UpdateRow& row) {
        if (row.update == 7 && !broken) {
            broken = true;
            training.model.parameters()[0].fill(NAN);
        }
        return Control::proceed;
    };
    const auto history = training.fit(data, options);
    REQUIRE(history.roll_backs() == 1);
    CHECK(ema.count() == 18);
    std::vector<std::uint64_t> updates(18), taken;
    std::iota(updates.begin(), updates.end(), 1);
    for (const auto& snapshot : snapshots.all()) taken.push_back(snapshot.updates);
    CHECK(taken == updates);
    for (const double x : Recorder::all_of(ema.weights())) CHECK(std::isfinite(x));
}

TEST_CASE("hooks that cannot work say so in one line") {
    const data::Dataset data = tiny_data(1);
    CHECK_THROWS_WITH(train::WeightAverage::ema(1), Catch::Contains("ema: expected a decay in [0, 1), got 1"));
    CHECK_THROWS_WITH(train::WeightAverage::ema(-0.1), Catch::Contains("expected a decay in [0, 1)"));
    CHECK_THROWS_WITH(train::WeightAverage::ema(NAN), Catch::Contains("expected a decay in [0, 1)"));
    CHECK_THROWS_WITH(train::Lookahead(0), Catch::Contains("lookahead: expected k of at least 1 update, got 0"));
    CHECK_THROWS_WITH(train::Lookahead(5, 0.0), Catch::Contains("alpha in (0, 1]"));
    CHECK_THROWS_WITH(train::Lookahead(5, 1.5), Catch::Contains("alpha in (0, 1]"));
    auto swa = train::WeightAverage::swa({.start = Epochs{40}});
    TinyTraining training(Recipe::adam);
    train::FitOptions options = tiny_options(nullptr);
    options.epochs = 1;
    options.weight_hooks = {&swa};
    training.fit(data, options);
    CHECK_THROWS_WITH(swa.copy_into(training.model), Catch::Contains("swa: no weights were averaged"));
    auto twin = train::WeightAverage::swa();
    options.weight_hooks = {&swa, &twin};
    CHECK_THROWS_WITH(training.fit(data, options), Catch::Contains("weight_hooks: two are called swa"));
    options.weight_hooks = {nullptr};
    CHECK_THROWS_WITH(training.fit(data, options), Catch::Contains("got a null pointer"));
    // An average is of its own network only.
    auto ema = train::WeightAverage::ema(0.5);
    options.weight_hooks = {&ema};
    training.fit(data, options);
    nn::Sequential other{nn::Flatten{}, nn::Linear{4, 2}};
    const auto before = Recorder::all_of(other);
    CHECK_THROWS_WITH(ema.copy_into(other),
                      Catch::Contains("of another model") && Catch::Contains("unexpected: 2.scale"));
    CHECK(Recorder::all_of(other) == before);
}
