#include <cyclone/metrics/calibration.h>
#include <cyclone/metrics/metric.h>
#include <cyclone/metrics/ranking.h>
#include <cyclone/metrics/report.h>

#include <cmath>
#include <sstream>

#include "support/catch.h"

using namespace cyclone;
using namespace cyclone::metrics;

namespace {

const Predictions kThreeClasses{{0, 1, 2, 2, 0},
                                {0.7, 0.2, 0.1,  //
                                 0.2, 0.5, 0.3,  //
                                 0.1, 0.1, 0.8,  //
                                 0.3, 0.4, 0.3,  //
                                 0.4, 0.35, 0.25},
                                {}};

// The table with a metric of a program's own, until the end of the test.
class WithCost {
public:
    WithCost() {
        table().add({.name = "cost",
                     .label = "cost",
                     .title = "cost of the errors",
                     .description = "Ten per missed positive and one per false alarm.",
                     .higher_is_better = false,
                     .uses_threshold = true,
                     .digits = 1,
                     .value = [](const MetricInput& in) {
                         return static_cast<double>(10 * in.counts.false_negatives + in.counts.false_positives);
                     }});
    }
    ~WithCost() { table() = before_; }
    WithCost(const WithCost&) = delete;
    WithCost& operator=(const WithCost&) = delete;

private:
    MetricTable before_ = table();
};

}  // namespace

TEST_CASE("the table has every field once, in the order of result.json") {
    std::vector<std::string> names;
    MetricValues values;
    for (const Metric& metric : table()) {
        if (!metric.field) continue;
        names.push_back(metric.name);
        CHECK(values[metric] == 0);
        values.set(metric, 1);
        CHECK(values[metric.name] == 1);
    }
    CHECK(names == std::vector<std::string>{"auc", "average_precision", "precision", "recall", "f1", "accuracy",
                                            "balanced_accuracy", "mcc", "brier", "log_loss", "ece"});
    CHECK_THROWS_WITH(table().at("average_precison"), Catch::Contains("did you mean 'average_precision'?"));
}

TEST_CASE("more than two classes have every metric") {
    const MetricValues values = evaluate(MetricInput(kThreeClasses));
    const Predictions& p = kThreeClasses;
    double brier = 0, ap = 0;
    for (std::int64_t c = 0; c < 3; ++c) {
        brier += brier_score(p.is_class(c), p.column(c)) / 3;
        ap += average_precision(p.is_class(c), p.column(c)) / 3;
    }
    CHECK(values.brier == Approx(brier));
    CHECK(values.average_precision == Approx(ap));
    CHECK(values.auc == roc_auc_one_vs_rest(p.labels, p.probabilities, 3, Average::macro));
    CHECK(values.accuracy == Approx(0.8));  // the fourth sample is called 1
    CHECK(values.log_loss ==
          Approx(-(std::log(0.7) + std::log(0.5) + std::log(0.8) + std::log(0.3) + std::log(0.4)) / 5));
    const std::vector<double> confidence{0.7, 0.5, 0.8, 0.4, 0.4};
    CHECK(values.ece == expected_calibration_error(std::vector<std::int64_t>{1, 1, 1, 0, 1}, confidence));
    const Predictions without{{0, 1}, {0.8, 0.1, 0.1, 0.1, 0.8, 0.1}, {}};  // class 2 does not occur
    CHECK(std::isnan(evaluate(MetricInput(without)).average_precision));
    CHECK(std::isnan(evaluate(MetricInput(without)).auc));
}

TEST_CASE("a metric that a program adds is known to the table and the printed report") {
    const WithCost with_cost;
    const Metric& metric = table().at("cost");
    CHECK(table().names().back().name == "cost");
    const std::vector<std::int64_t> labels = {0, 0, 1, 1};
    const std::vector<double> p = {0.1, 0.4, 0.35, 0.8};
    CHECK(binary_report(labels, p)[metric] == 10);
    CHECK(binary_report(labels, p, 0.2)["cost"] == 1);
    CHECK(std::isnan(MetricValues{}[metric]));
    std::ostringstream out;
    out << binary_report(labels, p);
    CHECK_THAT(out.str(), Catch::Contains("  cost of the errors        10.0\n"));
}

TEST_CASE("malformed metrics are refused") {
    const auto metric = [](const char* name) {
        return Metric{.name = name, .label = "x", .title = "x", .description = "x", .value = [](const MetricInput&) {
                          return 0.0;
                      }};
    };
    MetricTable some{metric("x")};
    CHECK_THROWS_WITH(some.add(metric("x")), Catch::Contains("is taken"));
    CHECK_THROWS_WITH(some.add(metric("a b")), Catch::Contains("expected a name of a-z"));
    CHECK_THROWS_AS(some.add(metric("")), Error);
    Metric incomplete = metric("y");
    incomplete.value = nullptr;
    CHECK_THROWS_WITH(some.add(incomplete), Catch::Contains("function that computes it"));
    incomplete = metric("y");
    incomplete.label.clear();
    CHECK_THROWS_AS(some.add(incomplete), Error);
}

TEST_CASE("columns of predictions") {
    CHECK(kThreeClasses.classes() == 3);
    CHECK(kThreeClasses.column(1) == std::vector<double>{0.2, 0.5, 0.1, 0.4, 0.35});
    CHECK(kThreeClasses.is_class(2) == std::vector<std::int64_t>{0, 0, 1, 1, 0});
    CHECK_THROWS_WITH(kThreeClasses.positive(), Catch::Contains("expected two classes"));
    CHECK_THROWS_AS(kThreeClasses.column(3), Error);
    const std::vector<std::int64_t> labels = {0, 1};
    const std::vector<double> p = {0.3, 0.9};
    CHECK(Predictions::of_two(labels, p).positive() == p);
    CHECK_THROWS_AS(Predictions::of_two(labels, std::vector<double>{0.3}), Error);
    CHECK_THROWS_AS((Predictions{{0, 1}, {0.1, 0.2, 0.3}, {}}).classes(), Error);
    CHECK_THROWS_AS(Predictions{}.classes(), Error);
}

TEST_CASE("a confusion matrix from its counts") {
    const ConfusionMatrix matrix({3, 1, 0, 2}, 2);
    CHECK(matrix.total() == 6);
    CHECK(matrix(0, 1) == 1);
    CHECK(matrix.one_vs_rest(1) == BinaryCounts{2, 1, 0, 3});
    CHECK_THROWS_AS(ConfusionMatrix({1, 2, 3}, 2), Error);
    CHECK_THROWS_AS(ConfusionMatrix({1, -1, 0, 0}, 2), Error);
    CHECK_THROWS_AS(ConfusionMatrix({0, 0, 0, 0}, 2), Error);
}
