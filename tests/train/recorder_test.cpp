// Recorders: they change no bit of a training, they measure what they say, and they come through a resume.
#include <cyclone/data/dataset.h>
#include <cyclone/ops/arithmetic.h>
#include <cyclone/ops/loss.h>
#include <cyclone/train/curvature.h>
#include <cyclone/train/fit.h>

#include <cmath>

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

namespace {

std::vector<std::shared_ptr<train::Recorder>> all_recorders() {
    return {train::record_norms(), train::record_curvature({.every = 7, .images = 10}), train::record_path()};
}

void check_same(const train::History& a, const train::History& b) {
    REQUIRE(a.series().size() == b.series().size());
    for (std::size_t i = 0; i < a.series().size(); ++i) {
        CHECK(a.series()[i].name == b.series()[i].name);
        CHECK(a.series()[i].update == b.series()[i].update);
        CHECK(a.series()[i].value == b.series()[i].value);
    }
}

// Images of two pixels as they are, and a number for each.
data::Dataset points() {
    const std::vector<float> x = {1, 0.5F, -0.25F, 2, 0.75F, -1, 1.5F, 1}, y = {1, -1, 0.5F, 2};
    return data::unlabelled(Tensor::from(x, {4, 2, 1, 1}), Tensor::from(y, {4, 1}));
}

}  // namespace

TEST_CASE("recording changes no bit of a training") {
    const Recipe recipe = GENERATE(Recipe::adam, Recipe::sgd);
    const data::Dataset data = tiny_data(1), validation = tiny_data(2, 11);
    train::FitOptions options = tiny_options(&validation);
    options.epochs = 10;
    TinyTraining plain(recipe);
    const auto without = plain.fit(data, options);
    options.record = all_recorders();
    TinyTraining recorded(recipe);  // it seeds the dropout
    const auto with = recorded.fit(data, options);
    CHECK((bits_of(plain, without) == bits_of(recorded, with)));
    CHECK(without.series().empty());
    CHECK(without.csv().find("norm") == std::string::npos);
    REQUIRE(with.series().size() == 5);
    CHECK(with.series("gradient_norm")->update.size() == with.updates().size());
    CHECK(with.series("curvature")->update.size() == (with.updates().size() + 6) / 7);
    CHECK(with.series("curvature")->update[1] == 7);
    CHECK(with.series("none") == nullptr);
}

TEST_CASE("a training in slices records the same for any number of threads") {
    const auto data = test::small_patches().train;
    const auto run = [&](int threads, bool records) {
        nn::Sequential model = test::small_model(5, threads);
        optim::Sgd sgd{model.parameters(), {.lr = 0.05, .momentum = 0.9}};
        train::FitOptions options{.epochs = 2, .batch_size = 24, .slice = 8, .seed = 3};
        options.progress = train::ProgressMode::off;
        if (records) options.record = all_recorders();
        auto history = train::fit(model, sgd, data, options);
        set_num_threads(1);
        return std::pair(test::weights_of(model), std::move(history));
    };
    const auto plain = run(1, false), one = run(1, true), two = run(2, true);
    CHECK(plain.first == one.first);
    CHECK(one.first == two.first);
    check_same(one.second, two.second);
}

TEST_CASE("norms are those of the gradient, of the weights before an update and of its change") {
    const auto data = test::small_patches().train;
    nn::Sequential model = test::small_model(2);
    constexpr double kRate = 0.125;
    optim::Sgd sgd{model.parameters(), {.lr = kRate}};
    train::FitOptions options{.epochs = 1, .batch_size = 24, .seed = 3, .record = {train::record_norms()}};
    options.progress = train::ProgressMode::off;
    std::vector<std::vector<float>> weights = {test::weights_of(model)};
    options.after_update = [&](const train::UpdateRow&) {
        weights.push_back(test::weights_of(model));
        return Control::proceed;
    };
    const auto history = train::fit(model, sgd, data, options);
    const auto &gradient = *history.series("gradient_norm"), &change = *history.series("update_norm"),
               &weight = *history.series("weight_norm");
    REQUIRE(gradient.value.size() == weights.size() - 1);
    for (std::size_t t = 0; t + 1 < weights.size(); ++t) {
        double squares = 0, moved = 0;
        for (std::size_t i = 0; i < weights[t].size(); ++i) {
            squares += std::pow(static_cast<double>(weights[t][i]), 2);
            moved += std::pow(static_cast<double>(weights[t + 1][i]) - static_cast<double>(weights[t][i]), 2);
        }
        CHECK(weight.value[t] == Approx(std::sqrt(squares)));
        CHECK(change.value[t] == Approx(std::sqrt(moved)));
        CHECK(gradient.value[t] == Approx(std::sqrt(moved) / kRate).epsilon(1e-4));
    }
    nn::Sequential again = test::small_model(2);
    optim::Sgd same{again.parameters(), {.lr = kRate}};
    options.after_update = {};
    options.record = train::parse_recorders("norms:every=3");
    const auto some = train::fit(again, same, data, options);
    const train::Series& few = *some.series("update_norm");
    REQUIRE(few.update.size() > 1);
    for (std::size_t i = 0; i < few.update.size(); ++i) {
        CHECK(few.update[i] == 3 * i);
        CHECK(few.value[i] == change.value[3 * i]);
    }
}

TEST_CASE("the path is the distance from the first weights, and how far they came along each direction") {
    const auto data = test::small_patches().train;
    nn::Sequential model = test::small_model(2);
    optim::Sgd sgd{model.parameters(), {.lr = 0.125}};
    // One parameter's first element, and the sum of all elements.
    std::vector<std::vector<Tensor>> directions(2);
    for (const Tensor& p : model.parameters()) {
        directions[0].push_back(Tensor::zeros(p.shape()));
        directions[1].push_back(Tensor::full(p.shape(), 0.5));
    }
    directions[0][0].mutable_data<float>()[0] = -3;
    train::FitOptions options{.epochs = 2, .batch_size = 24, .seed = 3};
    options.progress = train::ProgressMode::off;
    options.record = {train::record_path({.every = 2, .directions = directions})};
    std::vector<std::vector<float>> weights = {test::weights_of(model)};
    options.after_update = [&](const train::UpdateRow&) {
        weights.push_back(test::weights_of(model));
        return Control::proceed;
    };
    const auto history = train::fit(model, sgd, data, options);
    const auto &distance = *history.series("distance"), &first = *history.series("projection_1"),
               &all = *history.series("projection_2");
    REQUIRE(distance.value.size() == weights.size() / 2);
    CHECK(distance.value[0] == 0);
    for (std::size_t k = 0; k < distance.value.size(); ++k) {
        CHECK(distance.update[k] == 2 * k);
        const auto &start = weights[0], &now = weights[2 * k];
        double squares = 0, sum = 0;
        for (std::size_t i = 0; i < start.size(); ++i) {
            const double change = static_cast<double>(now[i]) - static_cast<double>(start[i]);
            squares += change * change, sum += change;
        }
        CHECK(distance.value[k] == Approx(std::sqrt(squares)));
        CHECK(first.value[k] == Approx(static_cast<double>(start[0]) - static_cast<double>(now[0])).margin(1e-9));
        CHECK(all.value[k] == Approx(sum / std::sqrt(static_cast<double>(start.size()))).margin(1e-6));
    }
    const auto with_directions = [&](std::vector<std::vector<Tensor>> wrong) {
        options.after_update = {};
        options.record = {train::record_path({.directions = std::move(wrong)})};
        train::fit(model, sgd, data, options);
    };
    CHECK_THROWS_WITH(with_directions({{directions[0][0]}}), Catch::Contains("for each of the"));
    directions[0][0].mutable_data<float>()[0] = 0;
    CHECK_THROWS_WITH(with_directions({directions[0]}), Catch::Contains("with a length"));
}

TEST_CASE("the curvature is the largest eigenvalue of the Hessian") {
    // Of the mean of (w x - y)^2 it is 2 / n X^T X, whatever the weights.
    const data::Dataset data = points();
    double a = 0, b = 0, c = 0;
    const auto x = data.images.tensor().values<float>();
    for (std::size_t i = 0; i < 4; ++i) {
        const double u = static_cast<double>(x[2 * i]), v = static_cast<double>(x[2 * i + 1]);
        a += u * u / 2, b += u * v / 2, c += v * v / 2;
    }
    const double largest = (a + c) / 2 + std::sqrt((a - c) * (a - c) / 4 + b * b);
    manual_seed(1);
    nn::Sequential model{nn::Flatten{}, nn::Linear{2, 1, {.bias = false}}};
    optim::Sgd sgd{model.parameters(), {.lr = 0.01}};
    train::FitOptions options{
        .epochs = 6, .batch_size = 2, .record = {train::record_curvature({.every = 3, .images = 100})}};
    options.progress = train::ProgressMode::off;
    const auto history = train::fit(model, sgd, data, options);
    REQUIRE(history.series("curvature"));
    const train::Series& curvature = *history.series("curvature");
    CHECK(curvature.update == std::vector<std::uint64_t>{0, 3, 6, 9});
    for (const double value : curvature.value) CHECK(value == Approx(largest).epsilon(1e-3));
}

TEST_CASE("a training that stops and is resumed has recorded the same") {
    const data::Dataset data = tiny_data(1), validation = tiny_data(2, 11);
    train::FitOptions options = tiny_options(&validation);
    options.epochs = 6;
    options.record = all_recorders();
    TinyTraining whole(Recipe::sgd);
    const auto expected = whole.fit(data, options);
    for (const std::uint64_t stop : {0, 6, 7, 20}) {
        const test::TemporaryFolder folder;
        options.checkpoint.folder = folder / "run";
        options.checkpoint.resume = true;
        options.record = all_recorders();
        options.after_update = [stop](const train::UpdateRow& row) {
            return row.update == stop ? Control::stop : Control::proceed;
        };
        TinyTraining(Recipe::sgd).fit(data, options);
        options.after_update = {};
        options.record = all_recorders();
        TinyTraining rest(Recipe::sgd);
        const auto history = rest.fit(data, options);
        CHECK((bits_of(rest, history) == bits_of(whole, expected)));
        check_same(history, expected);
        options.record = {train::record_norms()};
        CHECK_THROWS_WITH(TinyTraining(Recipe::sgd).fit(data, options), Catch::Contains("curvature(every 7"));
    }
}

TEST_CASE("a batch that is skipped is measured once") {
    const auto data = test::small_patches().train;
    nn::Sequential model = test::small_model(2);
    optim::Sgd sgd{model.parameters(), {.lr = 0.05}};
    int calls = 0;
    train::FitOptions options{.epochs = 1, .batch_size = 24, .slice = 0, .seed = 3, .record = all_recorders()};
    options.progress = train::ProgressMode::off;
    options.report = [](const std::string&) {};
    options.divergence.action = train::OnDivergence::skip;
    options.batch_loss = [&](const data::Batch& batch) {
        const Tensor loss = cross_entropy(model(batch.x), batch.y);
        if (batch.x.size(0) == 24 && ++calls == 2) return loss * std::nan("");
        return loss;
    };
    const auto history = train::fit(model, sgd, data, options);
    CHECK(history.skipped() == 1);
    CHECK(history.series("gradient_norm")->update.size() == history.updates().size());
    CHECK(history.series("curvature")->update == std::vector<std::uint64_t>{0});
}

TEST_CASE("what was recorded stands in columns behind all others, where there is a value") {
    train::History history;
    for (const std::uint64_t u : {0, 1, 2}) history.add(train::UpdateRow{.update = u, .epoch = 1, .lr = 0.5});
    history.record("curvature", 0, 12.5);
    history.record("curvature", 2, 13);
    const std::string csv = history.csv();
    CHECK(csv.substr(0, csv.find('\n')).ends_with(",curvature"));
    CHECK_THAT(csv, Catch::Contains(",12.5\n1,1,") && Catch::EndsWith(",13\n"));
    CHECK_THROWS_WITH(history.record("curvature", 2, 1), Catch::Contains("expected an update after 2, got 2"));
}

TEST_CASE("recorders are made from names, and mistakes are told") {
    CHECK(train::parse_recorders("").empty());
    const auto list = train::parse_recorders("norms:every=10,curvature:every=50:images=64,path:every=4");
    REQUIRE(list.size() == 3);
    CHECK(list[2]->describe() == "path(every 4 updates)");
    CHECK(list[0]->describe() == "norms(every 10 updates)");
    CHECK(list[1]->describe() == "curvature(every 50 updates on 64 images)");
    CHECK_THROWS_WITH(train::parse_recorders("norm"), Catch::Contains("did you mean 'norms'"));
    CHECK_THROWS_WITH(train::parse_recorders("norms,norms"), Catch::Contains("norms comes twice"));
    for (const char* gap : {",", "norms,", ",norms", "norms,,curvature"})
        CHECK_THROWS_WITH(train::parse_recorders(gap),
                          "recorder: expected names separated by commas, got '" + std::string(gap) + "'");
    for (const char* zero : {"norms:every=0", "curvature:every=0", "path:every=0"})
        CHECK_THROWS_WITH(train::parse_recorders(zero), Catch::Contains("at least 1"));
    const data::Dataset data = tiny_data(1);
    train::FitOptions options = tiny_options(nullptr);
    options.record = {nullptr};
    CHECK_THROWS_WITH(TinyTraining(Recipe::sgd).fit(data, options), Catch::Contains("null"));
}
