#include <cyclone/analysis/configuration.h>
#include <cyclone/base/random.h>

#include <cmath>

#include "support/catch.h"

using namespace cyclone;

TEST_CASE("the band of ROC curves is that of the step functions") {
    // Four images; the curve of the first run goes (0,0) (0,.5) (.5,.5) (.5,1) (1,1), that of the second (0,1) (1,1).
    const std::vector<std::int64_t> labels = {0, 0, 1, 1};
    const std::vector<double> first = {0.1, 0.4, 0.35, 0.8}, second = {0.1, 0.2, 0.8, 0.9};
    const analysis::Band band = analysis::roc_band({first, second}, labels);
    REQUIRE(band.x.size() == 101);
    CHECK(band.low[0] == 0.5);
    CHECK(band.high[0] == 1);
    CHECK(band.mean[49] == 0.75);
    CHECK(band.low[50] == 1);
    CHECK(band.mean[100] == 1);
    // Precision of the first: 1 up to recall .5, then 2 of 3.
    const analysis::Band precision = analysis::precision_recall_band({first}, labels);
    CHECK(precision.x.back() == 1);
    CHECK(precision.mean.front() == 1);
    CHECK(precision.mean.back() == Approx(2.0 / 3));
    CHECK(analysis::roc_band({first}, std::vector<std::int64_t>{0, 0, 0, 0}).curves == 0);
}

TEST_CASE("curves are averaged over seeds of the same length") {
    const analysis::Band band = analysis::band_of({0, 1, 2}, {{3, 4, 3}, {1, 2, 3}, {99}});
    CHECK(band.curves == 2);
    CHECK(band.mean == std::vector<double>{2, 3, 3});
    CHECK(band.low == std::vector<double>{1, 2, 3});
    CHECK(band.high == std::vector<double>{3, 4, 3});
}

TEST_CASE("a smoothed curve is a mean of as many values wherever it is drawn") {
    const auto middle = analysis::smoothed({3, 6, 3}, 3);
    CHECK((std::isnan(middle[0]) && middle[1] == 4 && std::isnan(middle[2])));
    CHECK(std::isnan(analysis::smoothed({5, 1}, 7)[1]));
    CHECK(analysis::smoothed({5, 1}, 1) == std::vector<double>{5, 1});
    CHECK(analysis::smoothed({}, 7).empty());

    lab::Curve noisy, ramp, step;
    const Random random(3);
    for (std::uint64_t i = 0; i < 150; ++i) {
        noisy.loss.push_back(0.2 + 0.03 * random.normal(i));
        ramp.loss.push_back(static_cast<double>(i));
        step.loss.push_back(i < 75 ? 1 : 0);
    }
    const auto flat = analysis::smoothed_loss(noisy), rising = analysis::smoothed_loss(ramp),
               falling = analysis::smoothed_loss(step);
    for (std::size_t i = 0; i < 150; ++i) {
        const bool drawn = i >= 3 && i < 147;  // 5 % of 150 points are 7
        CHECK(std::isfinite(flat[i]) == drawn);
        if (!drawn) continue;
        // A constant with noise: nothing is further from it than four standard errors of a mean of seven.
        CHECK(std::abs(flat[i] - 0.2) < 4 * 0.03 / std::sqrt(7.0));
        CHECK(rising[i] == static_cast<double>(i));      // a ramp stays one, to its ends
        if (i > 3) CHECK(falling[i] <= falling[i - 1]);  // a step never overshoots, and turns where it was
    }
    CHECK(falling[3] == 1);
    CHECK(falling[146] == 0);
    CHECK((falling[74] > 0.5 && falling[75] < 0.5));
    // A short run is shown as it is.
    lab::Curve four;
    four.loss = {0.7, 0.6, 0.65, 0.5};
    CHECK(analysis::smoothed_loss(four) == four.loss);
}

TEST_CASE("the most confident errors come first") {
    const std::vector<std::int64_t> labels = {1, 1, 0, 0, 1, 0};
    const std::vector<double> p = {0.4, 0.1, 0.9, 0.6, 0.8, 0.5};
    const auto errors = analysis::confident_errors(labels, p, 5);
    REQUIRE(errors.false_negatives.size() == 2);
    CHECK(errors.false_negatives[0].image == 1);
    CHECK(errors.false_negatives[1].probability == 0.4);
    REQUIRE(errors.false_positives.size() == 2);
    CHECK(errors.false_positives[0].image == 2);
    CHECK(analysis::confident_errors(labels, p, 1).false_negatives.size() == 1);
}
