// Agreement with scikit-learn to 1e-12 on stored vectors: sklearn_golden.h, written by sklearn_golden.py.
#include <cyclone/metrics/calibration.h>
#include <cyclone/metrics/classification.h>
#include <cyclone/metrics/ranking.h>
#include <cyclone/metrics/report.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "support/catch.h"

using namespace cyclone::metrics;

namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr double infinity = std::numeric_limits<double>::infinity();

struct Expected {
    BinaryCounts counts;
    std::vector<double> values;
};
struct WrittenCase {
    std::string name;
    std::vector<std::int64_t> labels;
    std::vector<double> scores;
    Expected expected;
};
struct GeneratedCase {
    std::string name;
    std::int64_t n, seed, levels, per_positive, shift;
    Expected expected;
};
struct CurveCase {
    std::string name;
    std::vector<std::vector<double>> curves;
};

#include "sklearn_golden.h"

/// drawn() of sklearn_golden.py.
WrittenCase drawn(const GeneratedCase& c) {
    WrittenCase result{c.name, {}, {}, c.expected};
    std::int64_t x = c.seed;
    const auto next = [&x] { return (x = (1103515245 * x + 12345) % (std::int64_t{1} << 31)) >> 16; };
    for (std::int64_t i = 0; i < c.n; ++i) {
        const std::int64_t label = next() % c.per_positive == 0;
        const std::int64_t step = std::min(next() % c.levels + label * c.shift, c.levels);
        result.labels.push_back(label);
        result.scores.push_back(static_cast<double>(step) / static_cast<double>(c.levels));
    }
    return result;
}

bool agree(double a, double b) { return (std::isnan(a) && std::isnan(b)) || a == b || std::abs(a - b) <= 1e-12; }

void check_case(const WrittenCase& c) {
    INFO(c.name);
    const auto counts = binary_counts(c.labels, c.scores, 0.5);
    CHECK(counts == c.expected.counts);
    std::vector<double> values = {
        roc_auc(c.labels, c.scores),
        average_precision(c.labels, c.scores),
        brier_score(c.labels, c.scores),
        log_loss(c.labels, c.scores),
        expected_calibration_error(c.labels, c.scores),
        expected_calibration_error(c.labels, c.scores, {.binning = Binning::quantile}),
        accuracy(counts),
        balanced_accuracy(counts),
        mcc(counts),
    };
    for (const double zero : {0.0, 1.0, nan}) {
        values.push_back(precision(counts, zero));
        values.push_back(recall(counts, zero));
        for (const double beta : {1.0, 2.0, 0.5}) values.push_back(f_beta(counts, beta, zero));
    }
    REQUIRE(values.size() == c.expected.values.size());
    for (std::size_t i = 0; i < values.size(); ++i) {
        INFO("value " << i << ": " << values[i] << ", scikit-learn: " << c.expected.values[i]);
        CHECK(agree(values[i], c.expected.values[i]));
    }

    const auto report = binary_report(c.labels, c.scores);
    const double in_report[] = {
        report.auc,      report.average_precision, report.brier, report.log_loss,  report.ece,
        report.accuracy, report.balanced_accuracy, report.mcc,   report.precision, report.recall,
        report.f1};
    const std::size_t index[] = {0, 1, 2, 3, 4, 6, 7, 8, 9, 10, 11};
    for (std::size_t i = 0; i < std::size(index); ++i) {
        INFO("report field " << i);
        CHECK(agree(in_report[i], c.expected.values[index[i]]));
    }
    CHECK(report.counts == counts);
    CHECK(report.positives == counts.positives());
    CHECK(report.negatives == counts.negatives());
}

void check_curve(const std::vector<double>& ours, const std::vector<double>& expected) {
    REQUIRE(ours.size() == expected.size());
    for (std::size_t i = 0; i < ours.size(); ++i) {
        INFO("point " << i << ": " << ours[i] << ", scikit-learn: " << expected[i]);
        CHECK(agree(ours[i], expected[i]));
    }
}

}  // namespace

TEST_CASE("every binary metric equals scikit-learn on small written cases") {
    for (const auto& c : written_cases) check_case(c);
}

TEST_CASE("every binary metric equals scikit-learn on drawn cases with ties and extreme imbalance") {
    for (const auto& c : generated_cases) check_case(drawn(c));
}

TEST_CASE("ROC and precision-recall curves equal scikit-learn point by point") {
    for (const auto& c : curve_cases) {
        INFO(c.name);
        const auto found =
            std::find_if(written_cases.begin(), written_cases.end(), [&](const auto& w) { return w.name == c.name; });
        REQUIRE(found != written_cases.end());
        const auto roc = roc_curve(found->labels, found->scores);
        check_curve(roc.false_positive_rate, c.curves[0]);
        check_curve(roc.true_positive_rate, c.curves[1]);
        check_curve(roc.thresholds, c.curves[2]);
        const auto pr = precision_recall_curve(found->labels, found->scores);
        check_curve(pr.precision, c.curves[3]);
        check_curve(pr.recall, c.curves[4]);
        check_curve(pr.thresholds, c.curves[5]);
    }
}
