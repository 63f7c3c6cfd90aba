#include <cyclone/base/error.h>
#include <cyclone/metrics/classification.h>
#include <cyclone/metrics/report.h>
#include <cyclone/metrics/statistics.h>

#include <cmath>
#include <iomanip>
#include <limits>
#include <sstream>
#include <string>
#include <vector>

#include "support/catch.h"

using namespace cyclone;
using namespace cyclone::metrics;

TEST_CASE("counts of predictions and counts at a threshold agree and a score at the threshold is not called") {
    const std::vector<std::int64_t> labels = {1, 1, 0, 0, 0, 1}, predictions = {1, 0, 1, 0, 0, 0};
    const std::vector<double> scores = {0.9, 0.1, 0.51, 0.5, 0, 0.5};
    const BinaryCounts expected{1, 1, 2, 2};
    CHECK(binary_counts(labels, predictions) == expected);
    CHECK(binary_counts(labels, scores, 0.5) == expected);
    CHECK(binary_counts(labels, scores, 0.49) == BinaryCounts{2, 2, 1, 1});
    CHECK(expected.total() == 6);
}

TEST_CASE("metrics of counts stay right where products leave int32 and int64") {
    // Four equal cells of 3e9 each: everything is known, and tp * tn alone is 9e18.
    const std::int64_t n = 3'000'000'000;
    const BinaryCounts equal{n, n, n, n};
    CHECK(mcc(equal) == 0);
    CHECK(precision(equal) == 0.5);
    CHECK(f1(equal) == 0.5);
    CHECK(balanced_accuracy(equal) == 0.5);
    // mcc = (tp tn - fp fn) / ... = (6 - 1) n^2 / sqrt(4 * 3 * 4 * 3) n^2 = 5 / 12.
    CHECK(mcc({3 * n, n, n, 2 * n}) == Approx(5.0 / 12).epsilon(1e-14));
    CHECK(mcc({3 * n, 0, 0, 2 * n}) == Approx(1).epsilon(1e-14));
    CHECK(recall({(1 << 24) + 1, 0, 1, 0}) == ((1 << 24) + 1.0) / ((1 << 24) + 2.0));
}

TEST_CASE("metrics of counts are undefined exactly where the ratio is") {
    const double nan = std::nan("");
    const BinaryCounts none_called{0, 0, 3, 5}, no_positives{0, 2, 0, 5}, all_negative{0, 0, 0, 4};
    CHECK(std::isnan(precision(none_called, nan)));
    CHECK(recall(none_called, nan) == 0);
    CHECK(f1(none_called, nan) == 0);
    CHECK(precision(no_positives, 1) == 0);
    CHECK(recall(no_positives, 1) == 1);
    CHECK(f1(no_positives, 1) == 0);
    CHECK(std::isnan(f1(all_negative, nan)));
    CHECK(f_beta({2, 1, 5, 0}, 0) == precision({2, 1, 5, 0}));
    CHECK(f_beta({2, 1, 5, 0}, 1e6) == Approx(recall({2, 1, 5, 0})).epsilon(1e-11));
    CHECK(mcc(none_called) == 0);
    CHECK(mcc(all_negative) == 0);
    CHECK(balanced_accuracy(all_negative) == 1);
}

TEST_CASE("metrics of counts refuse bad arguments") {
    const std::vector<std::int64_t> labels = {0, 1}, predictions = {0, 2}, one = {0}, none;
    const std::vector<double> scores = {0.2, 0.3};
    CHECK_THROWS_AS(binary_counts(labels, predictions), Error);
    CHECK_THROWS_AS(binary_counts(predictions, labels), Error);
    CHECK_THROWS_AS(binary_counts(labels, one), Error);
    CHECK_THROWS_AS(binary_counts(none, none), Error);
    CHECK_THROWS_AS(binary_counts(labels, scores, std::nan("")), Error);
    CHECK_THROWS_AS(precision({1, 1, 1, 1}, 0.5), Error);
    CHECK_THROWS_AS(f_beta({1, 1, 1, 1}, -1), Error);
    CHECK_THROWS_AS(f_beta({1, 1, 1, 1}, std::numeric_limits<double>::infinity()), Error);
    CHECK_THROWS_AS(accuracy({}), Error);
    CHECK_THROWS_AS(balanced_accuracy({}), Error);
}

TEST_CASE("a report prints as a table and leaves the stream as it was") {
    const std::vector<std::int64_t> labels = {0, 0, 1, 1};
    const std::vector<double> p = {0.1, 0.4, 0.35, 0.8};
    std::ostringstream out;
    out << std::setprecision(3) << std::hex << binary_report(labels, p) << 17 << ' ' << 1.23456;
    CHECK(out.str() ==
          "4 samples: 2 positive, 2 negative\n"
          "  AUC                     0.7500\n"
          "  average precision       0.8333\n"
          "  Brier score             0.1581\n"
          "  log loss                0.4723\n"
          "  calibration error       0.1375\n"
          "called positive where p > 0.5:\n"
          "  precision               1.0000\n"
          "  recall                  0.5000\n"
          "  F1                      0.6667\n"
          "  accuracy                0.7500\n"
          "  balanced accuracy       0.7500\n"
          "  MCC                     0.5774\n"
          "                     called neg. called pos.\n"
          "  negatives                    2           0\n"
          "  positives                    1           1\n"
          "11 1.23");
}

TEST_CASE("a report without positives says n/a where a metric is undefined and nowhere else") {
    const std::vector<std::int64_t> labels = {0, 0, 0};
    const std::vector<double> p = {0.1, 0.4, 0.3};
    std::ostringstream out;
    out << binary_report(labels, p);
    std::istringstream lines(out.str());
    std::vector<std::string> undefined;
    for (std::string line; std::getline(lines, line);)
        if (line.find("n/a") != std::string::npos) undefined.push_back(line.substr(2, line.find("  ", 2) - 2));
    CHECK(undefined == std::vector<std::string>{"AUC", "average precision", "precision", "recall", "F1"});
}

TEST_CASE("mean and sample standard deviation of a few runs") {
    const auto three = mean_sd(std::vector<double>{1e9 + 1, 1e9 + 2, 1e9 + 6});
    CHECK(three.mean == 1e9 + 3);
    CHECK(three.sd == Approx(std::sqrt(7.0)).epsilon(1e-12));
    CHECK(three.n == 3);
    const auto one = mean_sd(std::vector<double>{0.5});
    CHECK(one.mean == 0.5);
    CHECK(std::isnan(one.sd));
    CHECK(std::isnan(mean_sd(std::vector<double>{0.5, std::nan("")}).mean));
    CHECK_THROWS_AS(mean_sd({}), Error);
}
