#include <cyclone/metrics/bootstrap.h>
#include <cyclone/metrics/metric.h>
#include <cyclone/metrics/uncertainty.h>

#include <cmath>
#include <limits>

#include "c/handles.h"

using namespace cyclone;
using namespace cyclone::test;

namespace {

const std::vector<std::int64_t> labels{0, 1, 0, 1, 1, 0, 0, 1, 0, 0};
const std::vector<double> scores{0.1, 0.9, 0.4, 0.35, 0.8, 0.2, 0.6, 0.7, 0.3, 0.05};
constexpr std::size_t n = 10;

}  // namespace

TEST_CASE("AUC and average precision with their intervals are those of the library") {
    cyclone_interval found{sizeof(cyclone_interval), 0, 0, 0};
    ok(cyclone_auc(labels.data(), scores.data(), n, 0.9, &found));
    const auto auc = metrics::auc_interval(labels, scores, 0.9);
    CHECK(found.value == auc.auc);
    CHECK(found.value == Approx(22.0 / 24));  // two of 4 * 6 pairs are in the wrong order
    CHECK(found.low == auc.low);
    CHECK(found.high == auc.high);
    ok(cyclone_average_precision(labels.data(), scores.data(), n, 0.9, 200, 3, &found));
    const auto ap = metrics::average_precision_interval(labels, {std::span<const double>(scores)}, {200, 0.9, 3});
    CHECK(found.value == ap.value);
    CHECK(found.low == ap.low);
    CHECK(found.high == ap.high);
    const std::vector<std::int64_t> one_class(n, 1);
    ok(cyclone_auc(one_class.data(), scores.data(), n, 0.9, &found));
    CHECK(std::isnan(found.value));
}

TEST_CASE("every metric of the table is there by its name") {
    std::vector<double> probabilities;
    for (const double score : scores) probabilities.insert(probabilities.end(), {1 - score, score});
    const metrics::Predictions predictions{labels, probabilities};
    const metrics::MetricInput input(predictions, 0.36);
    for (const metrics::Metric& metric : metrics::table()) {
        INFO(metric.name);
        double value = 0;
        ok(cyclone_metric(metric.name.c_str(), labels.data(), probabilities.data(), n, 2, 0.36, &value));
        CHECK(value == metric.value(input));
    }
    double value = 7;
    fails(cyclone_metric("f2", labels.data(), probabilities.data(), n, 2, 0.5, &value), CYCLONE_USAGE, "f1");
    fails(cyclone_metric("f1", labels.data(), probabilities.data(), n, 1, 0.5, &value), CYCLONE_USAGE, "got 1");
    fails(cyclone_metric("f1", labels.data(), probabilities.data(), SIZE_MAX / 4, 1 << 30, 0.5, &value), CYCLONE_USAGE,
          "expected fewer");
    CHECK(value == 7);
}

TEST_CASE("labels, scores and levels that make no metric are errors") {
    cyclone_interval found{sizeof(cyclone_interval), 7, 7, 7};
    std::vector<std::int64_t> wrong = labels;
    wrong[3] = 2;
    fails(cyclone_auc(wrong.data(), scores.data(), n, 0.95, &found), CYCLONE_ERROR, "2");
    std::vector<double> nan = scores;
    nan[1] = std::numeric_limits<double>::quiet_NaN();
    fails(cyclone_auc(labels.data(), nan.data(), n, 0.95, &found), CYCLONE_ERROR, "nan");
    fails(cyclone_auc(labels.data(), scores.data(), 0, 0.95, &found), CYCLONE_ERROR, "label");
    for (const double level : {0.0, 1.0, -1.0, std::numeric_limits<double>::quiet_NaN()})
        fails(cyclone_auc(labels.data(), scores.data(), n, level, &found), CYCLONE_USAGE, "between 0 and 1");
    fails(cyclone_average_precision(labels.data(), scores.data(), n, 0.95, 1, 1, &found), CYCLONE_USAGE,
          "at least 2 resamples, got 1");
    CHECK(found.value == 7);
}
