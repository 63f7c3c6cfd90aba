// The rule of the laboratory, its frame, and experiments against what can be computed.
#include <cyclone/io/json_fields.h>
#include <cyclone/lab/laboratory.h>
#include <cyclone/metrics/statistics.h>

#include <atomic>
#include <cmath>
#include <limits>
#include <set>

#include "lab/laboratory/digits.h"
#include "lab/laboratory/landscape.h"
#include "lab/laboratory/noise_floor.h"
#include "support/catch.h"

using namespace cyclone;
using lab::Answer;

namespace {

lab::Finding constructed(std::vector<lab::Quantity> quantities) {
    lab::Finding finding;
    finding.name = "constructed";
    for (std::size_t i = 0; i < quantities.front().values.size(); ++i) finding.seeds.push_back(i + 1);
    finding.quantities = std::move(quantities);
    lab::judge(finding);
    return finding;
}

Answer answer(const lab::Quantity& quantity) { return constructed({quantity}).answer; }

std::string without_time(lab::Finding finding) {
    finding.seconds = 0;
    finding.provenance = {};
    return io::to_json(finding);
}

const lab::Quantity& named(const lab::Finding& finding, const std::string& name) {
    for (const lab::Quantity& q : finding.quantities)
        if (q.name == name) return q;
    FAIL("no quantity " << name);
    return finding.quantities.front();
}

void check_threads(const std::string& name) {
    INFO(name);
    const lab::Finding one = lab::run_experiment(name, {.threads = 1, .quick = true});
    CHECK(without_time(one) == without_time(lab::run_experiment(name, {.threads = 3, .quick = true})));
    CHECK(without_time(one) != without_time(lab::run_experiment(name, {.first_seed = 7, .threads = 2, .quick = true})));
    CHECK_THAT(one.words, Catch::StartsWith("A quick run"));
    CHECK_FALSE(one.rows.empty());
    CHECK_FALSE(one.setting.empty());
    CHECK_FALSE(one.look.empty());
    CHECK_FALSE(one.not_shown.empty());
    for (const lab::FindingRow& row : one.rows) CHECK(row.values.size() + 1 == one.header.size());
    std::set<std::string> references;
    for (const lab::PicturePanel& panel : one.panels)
        for (const lab::PictureMark& mark : panel.marks) {
            if (mark.kind != lab::MarkKind::reference || mark.name.empty()) continue;
            INFO(mark.name);
            CHECK(references.insert(mark.name).second);  // the legend tells them apart
        }
}

}  // namespace

TEST_CASE("An interval within the claim holds, one outside does not, and one across cannot tell") {
    const std::vector<double> near_two = {1.9, 2.0, 2.1, 2.0};
    CHECK(answer({.name = "x", .values = near_two, .at_least = 1.5}) == Answer::holds);
    CHECK(answer({.name = "x", .values = near_two, .at_least = 1.5, .at_most = 2.5}) == Answer::holds);
    CHECK(answer({.name = "x", .values = near_two, .at_most = 1.5}) == Answer::does_not_hold);
    CHECK(answer({.name = "x", .values = near_two, .at_least = 2.5}) == Answer::does_not_hold);
    CHECK(answer({.name = "x", .values = near_two, .at_least = 2}) == Answer::cannot_tell);
    CHECK(answer({.name = "x", .values = near_two, .at_least = 1.99, .at_most = 2.01}) == Answer::cannot_tell);
    // Exact values have an interval of no width, and a bound belongs to the claim.
    CHECK(answer({.name = "x", .values = {1, 1, 1}, .at_least = 1}) == Answer::holds);
}

TEST_CASE("Below three seeds, and where something could not be measured, there is no answer") {
    CHECK(answer({.name = "x", .values = {5, 5}, .at_least = 1}) == Answer::cannot_tell);
    CHECK(answer({.name = "x", .values = {5, 5, lab::kNone}, .at_least = 1}) == Answer::cannot_tell);
    CHECK(answer({.name = "x", .values = {5, 5, INFINITY}, .at_least = 1}) == Answer::cannot_tell);
    CHECK(answer({.name = "x", .values = {5, 5, -1}, .ratio = true, .at_least = 1}) == Answer::cannot_tell);
    const auto finding = constructed({{.name = "x", .values = {5, 5, lab::kNone}, .at_least = 1}});
    CHECK_THAT(finding.words, Catch::Contains("3 seeds cannot tell") && Catch::Contains("could not be measured"));
    CHECK_THROWS_WITH(constructed({{.name = "x", .values = {1, 2, 3}}}), Catch::Contains("that the claim speaks of"));
    lab::Finding short_of_one;
    short_of_one.seeds = {1, 2, 3};
    short_of_one.quantities = {{.name = "x", .values = {1, 2}, .at_least = 0}};
    CHECK_THROWS_WITH(lab::judge(short_of_one), Catch::Contains("one per seed"));
}

TEST_CASE("A claim of several numbers holds where all do, with intervals that are right for all at once") {
    const lab::Quantity good{.name = "good", .values = {2, 2.1, 1.9}, .at_least = 1},
        bad{.name = "bad", .values = {2, 2.1, 1.9}, .at_least = 4},
        open{.name = "open", .values = {2, 2.1, 1.9}, .at_least = 2}, free{.name = "free", .values = {2, 2.1, 1.9}};
    CHECK(constructed({good, good, free}).answer == Answer::holds);
    CHECK(constructed({good, bad, open}).answer == Answer::does_not_hold);
    CHECK(constructed({good, open}).answer == Answer::cannot_tell);
    const auto finding = constructed({good, bad, free});
    const auto half = [](double level) {
        return metrics::student_t_quantile(0.5 + level / 2, 2) * 0.1 / std::sqrt(3.0);
    };
    CHECK(finding.quantities[0].high == Approx(2 + half(0.975)));
    CHECK(finding.quantities[2].low == Approx(2 - half(0.95)));
    CHECK_THAT(finding.words, Catch::Contains("The claim does not hold here, over 3 seeds. good: 2 [") &&
                                  Catch::Contains("claimed at least 4: does not hold.") && !Catch::Contains("free"));
}

TEST_CASE("A ratio is judged by its logarithm: turned over it gives the same answer") {
    for (const double bound : {0.5, 1.0, 1.9, 2.5}) {
        const std::vector<double> values = {1, 2, 4}, turned = {1, 0.5, 0.25};
        const auto a = constructed({{.name = "x", .values = values, .ratio = true, .at_least = bound}});
        const auto b = constructed({{.name = "x", .values = turned, .ratio = true, .at_most = 1 / bound}});
        CHECK(a.answer == b.answer);
        CHECK(a.quantities[0].mean == Approx(2));
        CHECK(a.quantities[0].low == Approx(1 / b.quantities[0].high));
    }
}

TEST_CASE("Where the seeds cannot tell, as many as would are named") {
    lab::Quantity q{.name = "x", .values = {1, 2, 3}, .at_least = 1};
    const auto few = constructed({q});
    REQUIRE(few.answer == Answer::cannot_tell);
    const std::int64_t needed = few.quantities[0].seeds_needed;
    REQUIRE(needed > 3);
    const auto half = [](std::int64_t n) {
        return metrics::student_t_quantile(0.975, n - 1) / std::sqrt(static_cast<double>(n));
    };
    CHECK(half(needed) <= 1);
    CHECK(half(needed - 1) > 1);
    q.at_least = 2;  // the mean itself: no number of seeds would
    CHECK(constructed({q}).quantities[0].seeds_needed == 0);
}

TEST_CASE("A finding is read again from its JSON as it was written") {
    const lab::Finding finding = lab::run_experiment("noise-floor", {.quick = true});
    const std::string text = io::to_json(finding);
    lab::Finding again;
    io::from_json(text, "result.json", again);
    CHECK(io::to_json(again) == text);
    CHECK(again.answer == finding.answer);
    CHECK(again.quantities[0].low == finding.quantities[0].low);
    CHECK(std::isnan(again.quantities[0].at_most));
    lab::Finding damaged;
    CHECK_THROWS_WITH(io::from_json(text.substr(0, text.size() / 2), "result.json", damaged),
                      Catch::Contains("result.json: is damaged"));
}

TEST_CASE("The finding of valley, noise-floor and sharpness depends on the seeds, not on the number of threads") {
    for (const char* name : {"valley", "noise-floor", "sharpness"}) check_threads(name);
}

TEST_CASE("The finding of edge-of-stability depends on the seeds, not on the number of threads") {
    for (const char* name : {"edge-of-stability"}) check_threads(name);
}

TEST_CASE("The finding of super-convergence depends on the seeds, not on the number of threads") {
    for (const char* name : {"super-convergence"}) check_threads(name);
}

TEST_CASE("The finding of large-rates depends on the seeds, not on the number of threads") {
    for (const char* name : {"large-rates"}) check_threads(name);
}

TEST_CASE("The finding of batch-ratio depends on the seeds, not on the number of threads") {
    for (const char* name : {"batch-ratio"}) check_threads(name);
}

TEST_CASE("The finding of step-size and wrong-maximum depends on the seeds, not on the number of threads") {
    for (const char* name : {"step-size", "wrong-maximum"}) check_threads(name);
}

TEST_CASE("The finding of averages depends on the seeds, not on the number of threads") {
    for (const char* name : {"averages"}) check_threads(name);
}

TEST_CASE("The finding of imbalance depends on the seeds, not on the number of threads") {
    for (const char* name : {"imbalance"}) check_threads(name);
}

TEST_CASE("The finding of walk depends on the seeds, not on the number of threads") {
    for (const char* name : {"walk"}) check_threads(name);
}

TEST_CASE("In half of the runs of imbalance each batch holds a positive, in the others some hold none") {
    const lab::Finding finding = lab::run_experiment("imbalance", {.seeds = 3, .quick = true});
    for (const lab::FindingRow& row : finding.rows) {
        INFO(row.name);
        const double empty = row.values.back();  // per cent
        if (row.name.ends_with("in each"))
            CHECK(empty == 0);
        else
            CHECK((empty > 10 && empty < 50));
    }
}

TEST_CASE("A claim is a sentence that can be read alone") {
    for (const NamedItem& item : lab::experiments().names()) {
        INFO(item.name);
        const std::string claim = lab::experiments().parse(item.name).claim;
        for (const char* word : {"It ", "This ", "That ", "They ", "These ", "Those "})
            CHECK_THAT(claim, !Catch::StartsWith(word));
        CHECK_THAT(claim, Catch::EndsWith("."));
    }
}

TEST_CASE("Experiments refuse unknown names and impossible numbers, and end when they are stopped") {
    CHECK_THROWS_WITH(lab::run_experiment("noise-flor"), Catch::Contains("did you mean 'noise-floor'"));
    CHECK_THROWS_AS(lab::run_experiment("noise-floor", {.seeds = -1}), UsageError);
    CHECK_THROWS_AS(lab::run_experiment("noise-floor", {.seeds = 1'000'000}), UsageError);
    CHECK_THROWS_AS(lab::run_experiment("noise-floor", {.threads = 0}), UsageError);
    const std::atomic<bool> stop{true};
    for (const NamedItem& item : lab::experiments().names())
        CHECK_THROWS_WITH(lab::run_experiment(item.name, {.quick = true, .stop = &stop}), Catch::Contains("stopped"));
}

TEST_CASE("An experiment of one's own is run and judged like the others") {
    lab::experiments().add(
        {"coin", "", "a coin is fair", [](Arguments&) {
             return lab::Experiment{
                 "Is it?", "A coin is fair.", 4, [](const lab::ExperimentOptions&, lab::Finding& finding) {
                     finding.quantities = {{.name = "heads", .values = {0.5, 0.4, 0.6, 0.5}, .at_most = 0.9}};
                 }};
         }});
    const lab::Finding finding = lab::run_experiment("coin", {.first_seed = 5});
    CHECK(finding.answer == Answer::holds);
    CHECK(finding.seeds == std::vector<std::uint64_t>{5, 6, 7, 8});
}

TEST_CASE("The valley's constant rate comes down up to 2 / curvature") {
    const lab::Finding finding = lab::run_experiment("valley");
    CHECK(finding.answer == Answer::holds);
    CHECK(named(finding, "largest constant rate that comes down / (2 / steepness)").mean == Approx(1).margin(0.002));
    // Along the valley of steepness 1 the place is 3 (1 - rate)^t; the steep side has died out after 200 updates.
    const double along = 3 * std::pow(1 - 0.2 * 2 / 20, 200);
    CHECK(finding.rows.front().values.back() == Approx(along * along / 2).epsilon(1e-6));
}

TEST_CASE("The noise floor measured over many walks is the one that is computed from the variances") {
    // 400 walks per seed: a relative error of the mean of about sqrt(2 / 400).
    const lab::Finding finding = lab::run_experiment("noise-floor", {.seeds = 10});
    const std::vector<Schedule> rates = lab::noise_floor_rates();
    for (std::size_t i = 0; i < rates.size(); ++i) {
        INFO(finding.rows[i].name);
        CHECK(finding.rows[i].values.back() == Approx(lab::noise_floor_expected(rates[i])).epsilon(0.2));
        CHECK(finding.rows[i].values.front() == Approx(24).epsilon(1e-9));
    }
    // The floor of a constant rate after long: rate * variance / (2 (2 - rate * curvature)) in each direction.
    const double rate = 0.04, variance = 0.09;
    const double floor = rate * variance / (2 * (2 - rate)) + rate * variance * 20 / (2 * (2 - rate * 20));
    CHECK(lab::noise_floor_expected(rates[0]) == Approx(floor).epsilon(1e-3));
}

TEST_CASE("The largest curvature of a quadratic is its largest eigenvalue, also a negative one") {
    for (const std::vector<double>& diagonal : {std::vector<double>{1, 7, 3}, {1, -9, 3}, {0.5, 0.5, 0.25}}) {
        const auto gradient = [&](const lab::Weights& at) {
            lab::Weights slope;
            for (std::size_t i = 0; i < at.size(); ++i) slope.push_back(static_cast<float>(diagonal[i]) * at[i]);
            return slope;
        };
        lab::Weights direction = {0.3F, 0.2F, 0.5F};
        double largest = 0;
        for (const double value : diagonal) largest = std::abs(value) > std::abs(largest) ? value : largest;
        CHECK(lab::largest_curvature(gradient, {1, 2, 3}, direction, 40) == Approx(largest).epsilon(1e-3));
    }
    lab::Weights none = {0, 0, 0};
    CHECK(std::isnan(lab::largest_curvature([](const lab::Weights& at) { return at; }, {1, 2, 3}, none, 3)));
}

TEST_CASE("The contour of a cone is a circle, and ends where values are not finite") {
    std::vector<double> axis;
    for (int i = -20; i <= 20; ++i) axis.push_back(i / 10.0);
    std::vector<std::vector<double>> cone;
    for (const double y : axis) {
        auto& row = cone.emplace_back();
        for (const double x : axis) row.push_back(std::hypot(x, y));
    }
    const lab::Contour circle = lab::contour(axis, axis, cone, 1.25);
    REQUIRE(circle.x.size() > 100);
    REQUIRE(circle.x.size() % 3 == 0);
    double length = 0;
    for (std::size_t i = 0; i < circle.x.size(); i += 3) {
        CHECK(std::hypot(circle.x[i], circle.y[i]) == Approx(1.25).margin(0.002));
        CHECK(std::isnan(circle.x[i + 2]));
        length += std::hypot(circle.x[i + 1] - circle.x[i], circle.y[i + 1] - circle.y[i]);
    }
    CHECK(length == Approx(2 * 3.14159265 * 1.25).epsilon(0.01));
    CHECK(lab::contour(axis, axis, cone, 5).x.empty());
    cone[20][33] = std::numeric_limits<double>::quiet_NaN();
    CHECK(lab::contour(axis, axis, cone, 1.25).x.size() < circle.x.size());
}

TEST_CASE("Digits of another seed are others, and the asked fraction of the training labels alone is wrong") {
    const lab::DigitsTask right = lab::draw_digits(2000, 500, 4), noisy = lab::draw_digits(2000, 500, 4, 0.1);
    const auto wrong = [](const data::Dataset& data) {
        std::int64_t count = 0;
        const auto labels = data.labels.values<std::int64_t>();
        for (std::size_t i = 0; i < labels.size(); ++i) count += labels[i] != static_cast<std::int64_t>(i % 10) ? 1 : 0;
        return count;
    };
    CHECK(wrong(right.train) == 0);
    CHECK(wrong(noisy.test) == 0);
    CHECK(std::abs(static_cast<double>(wrong(noisy.train)) - 200) < 4 * std::sqrt(2000 * 0.1 * 0.9));
    CHECK(right.train.fingerprint() != lab::draw_digits(2000, 500, 5).train.fingerprint());
    REQUIRE(right.train.standardization);
    CHECK(right.test.standardization->mean == right.train.standardization->mean);
}

TEST_CASE("A score counts wrong answers and the loss of probabilities; chance of a network that is not finite") {
    const lab::DigitsTask task = lab::draw_digits(20, 10, 1);
    std::vector<double> probabilities(100, 0.05);
    for (std::size_t image = 0; image < 10; ++image)
        probabilities[image * 10 + (image < 3 ? (image + 1) % 10 : image)] = 0.55;
    const lab::Score score = lab::score_of(probabilities, task.test);
    CHECK(score.error == Approx(0.3));
    CHECK(score.loss == Approx(-(0.3 * std::log(0.05) + 0.7 * std::log(0.55))));
    nn::Sequential model = lab::digits_network(1);
    CHECK(model.parameter_count() == 18'346);
    model.parameters().back().mutable_data<float>()[0] = std::numeric_limits<float>::quiet_NaN();
    CHECK(lab::score_of(model, task.test).error == Approx(0.9));
    CHECK(std::isnan(lab::score_of(model, task.test).loss));
}
