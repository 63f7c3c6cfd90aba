#include <cyclone/base/error.h>
#include <cyclone/base/random.h>
#include <cyclone/metrics/calibration.h>
#include <cyclone/metrics/report.h>

#include <cmath>
#include <string>
#include <vector>

#include "support/catch.h"

using namespace cyclone;
using namespace cyclone::metrics;

TEST_CASE("bins hold what lies in low exclusive to high inclusive and the first also its lower edge") {
    const std::vector<std::int64_t> labels = {0, 1, 0, 1, 1};
    const std::vector<double> p = {0, 0.25, 0.26, 0.5, 1};
    const auto bins = calibration_bins(labels, p, {.bins = 4});
    REQUIRE(bins.size() == 4);
    CHECK(bins[0].count == 2);
    CHECK(bins[0].mean_probability == 0.125);
    CHECK(bins[0].positive_rate == 0.5);
    CHECK(bins[1].count == 2);
    CHECK(bins[1].low == 0.25);
    CHECK(bins[1].high == 0.5);
    CHECK(bins[2].count == 0);
    CHECK(std::isnan(bins[2].mean_probability));
    CHECK(std::isnan(bins[2].positive_rate));
    CHECK(bins[3].count == 1);
    // (2 * |.5 - .125| + 2 * |.5 - .38| + 0) / 5
    CHECK(expected_calibration_error(bins) == Approx(0.198).epsilon(1e-14));
}

TEST_CASE("quantile bins hold nearly equal counts and all samples") {
    std::vector<std::int64_t> labels;
    std::vector<double> p;
    const Random random(3);
    for (std::uint64_t i = 0; i < 1500; ++i) {
        p.push_back(std::pow(random.uniform(2 * i), 4));
        labels.push_back(random.uniform(2 * i + 1) < p.back());
    }
    const auto bins = calibration_bins(labels, p, {.binning = Binning::quantile});
    std::int64_t total = 0;
    for (const auto& bin : bins) {
        CHECK(std::abs(bin.count - 100) <= 1);
        CHECK(bin.mean_probability > bin.low);
        CHECK(bin.mean_probability <= bin.high);
        total += bin.count;
    }
    CHECK(total == 1500);
    // Drawn from their own probabilities they are calibrated: each bin's rate is off by chance only.
    CHECK(expected_calibration_error(bins) < 0.04);
    for (auto& label : labels) label = 1 - label;
    CHECK(expected_calibration_error(labels, p, {.binning = Binning::quantile}) > 0.5);
}

TEST_CASE("log loss is finite for certain mistakes and follows eps") {
    const std::vector<std::int64_t> labels = {1, 0};
    const std::vector<double> wrong = {0, 1};
    CHECK(log_loss(labels, wrong, 0.001) == Approx(-std::log(0.001)).epsilon(1e-13));
    CHECK(std::isfinite(log_loss(labels, wrong)));
    CHECK_THROWS_AS(log_loss(labels, wrong, 0), Error);
    CHECK_THROWS_AS(log_loss(labels, wrong, 0.5), Error);
    CHECK_THROWS_AS(log_loss(labels, wrong, std::nan("")), Error);
}

TEST_CASE("metrics of probabilities clip rounding and refuse everything else") {
    const std::vector<std::int64_t> labels = {1, 0}, none;
    const std::vector<double> rounded = {1 + 1e-7, -1e-7}, logits = {3, -2}, nan = {0.5, std::nan("")}, one = {0.5};
    CHECK(brier_score(labels, rounded) == 0);
    CHECK(log_loss(labels, rounded) < 1e-15);
    CHECK(expected_calibration_error(labels, rounded) == 0);
    CHECK(binary_report(labels, rounded).auc == 1);
    for (const auto& bad : {logits, nan, one}) {
        CHECK_THROWS_AS(brier_score(labels, bad), Error);
        CHECK_THROWS_AS(log_loss(labels, bad), Error);
        CHECK_THROWS_AS(expected_calibration_error(labels, bad), Error);
        CHECK_THROWS_AS(binary_report(labels, bad), Error);
    }
    CHECK_THROWS_AS(calibration_bins(labels, rounded, {.bins = 0}), Error);
    CHECK_THROWS_AS(expected_calibration_error(std::vector<CalibrationBin>{}), Error);
    CHECK_THROWS_AS(binary_report(none, std::vector<double>{}), Error);
    try {
        brier_score(labels, logits);
        FAIL("a logit was accepted");
    } catch (const Error& error) {
        CHECK(std::string(error.what()).find("got 3 at index 0 (logits need a softmax") != std::string::npos);
    }
}
