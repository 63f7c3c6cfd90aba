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
    CHECK(stops(two, {std::nan(""), std::nan("")}));
    CHECK_FALSE(stops({.patience = 0}, {0.5, 0.6, 0.7, 0.8}));
    const EarlyStopping cycles{.monitor = {}, .patience = 2, .cycle_updates = 6};  // 12 updates are three epochs
    CHECK_FALSE(stops(cycles, {0.5, 0.6, 0.6}));
    CHECK(stops(cycles, {0.5, 0.6, 0.6, 0.6}));
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
