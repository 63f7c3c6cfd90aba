#include <cyclone/schedule/compose.h>
#include <cyclone/schedule/decay.h>
#include <cyclone/schedule/one_cycle.h>
#include <cyclone/train/early_stopping.h>

#include <cmath>
#include <limits>

#include "support/catch.h"
#include "support/shared_files.h"
#include "train/tiny_training.h"

using namespace cyclone;
using train::Control;
using train::EarlyStopping;
using train::Monitor;

namespace {

// One epoch of four updates per loss.
train::History history_of(const std::vector<double>& losses, std::uint64_t updates_per_epoch = 4) {
    train::History history;
    for (std::size_t i = 0; i < losses.size(); ++i) {
        train::EpochRow row{
            .epoch = static_cast<std::int64_t>(i) + 1, .updates = (i + 1) * updates_per_epoch, .train_loss = 1};
        row.validation.emplace();
        row.validation->loss = losses[i];
        row.validation->auc = 1 - losses[i];
        history.add(row);
    }
    return history;
}

}  // namespace

TEST_CASE("a monitor reads losses and every metric of the table") {
    const train::History history = history_of({0.5, 0.25, 0.75});
    CHECK(Monitor("max:val_auc").value(history.epochs()[1]) == 0.75);
    CHECK(Monitor("max:val_auc")(history.epochs()[1]) == 0.75);
    CHECK(Monitor("min:val_loss")(history.epochs()[1]) == -0.25);
    CHECK(Monitor("min:train_loss").value(history.epochs()[1]) == 1);
    CHECK(Monitor("max:val_ap").value(history.epochs()[0]) == 0);
    CHECK(Monitor().best(history)->epoch == 2);
    CHECK(Monitor("max:val_auc").best(history)->epoch == 2);
    CHECK(Monitor().best(history_of({std::nan(""), std::nan("")})) == nullptr);
    CHECK(Monitor().best({}) == nullptr);
    for (const NamedItem& item : Monitor::names()) CHECK(Monitor(item.usage).name() == item.name);
    for (const metrics::Metric& metric : metrics::table())
        CHECK_NOTHROW(Monitor((metric.higher_is_better ? "max:val_" : "min:val_") + metric.name));
}

TEST_CASE("a monitor that would mislead is refused") {
    CHECK_THROWS_WITH(Monitor("val_auc"), Catch::Contains("expected a direction as well, max:val_auc"));
    CHECK_THROWS_WITH(Monitor("min:val_auc"), Catch::Contains("would pick the worst epoch, expected max:val_auc"));
    CHECK_THROWS_WITH(Monitor("max:val_loss"), Catch::Contains("expected min:val_loss"));
    CHECK_THROWS_WITH(Monitor("max:val_aux"), Catch::Contains("did you mean 'val_auc'?"));
    CHECK_THROWS_AS(Monitor(""), UsageError);
    CHECK_THROWS_WITH(Monitor().value(train::EpochRow{}), Catch::Contains("needs a validation set"));
}

TEST_CASE("patience counts epochs or cycles since the best one") {
    const auto stops = [](const EarlyStopping& rule, const std::vector<double>& losses) {
        return rule(history_of(losses)) == Control::stop;
    };
    const EarlyStopping two{.monitor = {}, .patience = 2};
    CHECK_FALSE(stops(two, {}));
    CHECK_FALSE(stops(two, {0.5, 0.6}));
    CHECK(stops(two, {0.5, 0.6, 0.5}));  // as good is not better
    CHECK_FALSE(stops(two, {0.5, 0.6, 0.4}));
    CHECK_FALSE(stops({.patience = 0}, {0.5, 0.6, 0.7, 0.8}));
    const EarlyStopping cycles{.monitor = {},
                               .patience = 2,
                               .schedule = schedule::triangular({.base = 0.1, .max = 1, .step_size = Iterations{3}})};
    CHECK_FALSE(stops(cycles, {0.5, 0.6, 0.6}));
    CHECK(stops(cycles, {0.5, 0.6, 0.6, 0.6}));
}

TEST_CASE("an epoch without a score is neither the best nor counted") {
    const double none = std::nan("");
    const EarlyStopping two{.monitor = {}, .patience = 2};
    CHECK(two(history_of({none, none, none, none})) == Control::proceed);
    CHECK(two(history_of({none, 0.5, none, none, 0.6})) == Control::proceed);
    CHECK(two(history_of({none, 0.5, none, 0.6, none, 0.6})) == Control::stop);
    CHECK(two(history_of({0.5, none, 0.4, 0.6, none})) == Control::proceed);
    // Cycles of 8 updates: two epochs of four.
    const EarlyStopping cycle{.monitor = {},
                              .patience = 1,
                              .schedule = schedule::triangular({.base = 0.1, .max = 1, .step_size = Iterations{4}})};
    CHECK(cycle(history_of({0.5, none, 0.6})) == Control::proceed);
    CHECK(cycle(history_of({0.5, none, 0.6, 0.6})) == Control::stop);
}

TEST_CASE("patience begins where a schedule that rises has come down") {
    const std::vector<double> worse = {0.5, 0.6, 0.6, 0.6, 0.6, 0.6, 0.6, 0.6};  // epochs of 4 updates
    const auto stops_after = [&](const EarlyStopping& rule) {
        for (std::size_t n = 1; n <= worse.size(); ++n)
            if (rule(history_of({worse.begin(), worse.begin() + static_cast<std::ptrdiff_t>(n)})) == Control::stop)
                return n;
        return std::size_t{0};
    };
    const auto with = [](const Schedule& schedule) { return EarlyStopping{.patience = 2, .schedule = schedule}; };
    // Made for 20 updates: the sixth epoch is the first after them.
    const EarlyStopping one = with(schedule::one_cycle({.max = 1, .length = Iterations{20}}));
    CHECK(one.counts_from() == 20);
    CHECK(stops_after(one) == 7);
    CHECK(stops_after(with(schedule::one_cycle({.max = 1, .length = Iterations{32}}))) == 0);
    const EarlyStopping warm = with(schedule::warmup(schedule::constant(1), Iterations{8}));
    CHECK(warm.counts_from() == 8);
    CHECK(stops_after(warm) == 4);
    // What only falls has its high rates at the beginning; epochs count from there.
    CHECK(stops_after(with(schedule::linear({.start = 1, .end = 0, .length = Iterations{32}}))) == 3);
    CHECK(stops_after(with(schedule::constant(1))) == 3);
    // Cycles that grow: 8 updates, then 16.
    const EarlyStopping growing =
        with(schedule::cosine_warm_restarts({.max = 1, .period = Iterations{8}, .multiplier = 2}));
    CHECK(growing.counts_from() == 0);
    CHECK(stops_after(growing) == 7);  // the best is in update 4 of the first: 8 and then 16 updates on
}

TEST_CASE("early stopping ends a training, and again after a resume without another epoch") {
    const data::Dataset data = test::tiny_data(1), validation = test::tiny_data(2, 11);
    const test::TemporaryFolder folder;
    train::FitOptions options = test::tiny_options(&validation);
    options.checkpoint.folder = folder / "run";
    options.checkpoint.resume = true;
    int asked = 0;
    options.callbacks = {EarlyStopping{.monitor = "min:val_loss", .patience = 3},
                         [&asked](const train::History&) { return ++asked, Control::proceed; }};
    const auto fit = [&] {
        test::TinyTraining training(test::Recipe::sgd);
        return training.fit(data, options);
    };
    const train::History first = fit();
    REQUIRE(first.stopped());
    const std::int64_t best = Monitor().best(first)->epoch;
    CHECK(first.epochs().back().epoch == best + 3);
    CHECK(asked == static_cast<int>(first.epochs().size()) + 1);
    CHECK(fit().epochs().size() == first.epochs().size());
}
