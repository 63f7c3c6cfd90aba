// Expected numbers: scikit-learn 1.9.1, precision_score, recall_score, f1_score, fbeta_score(beta=2) with
// labels=range(4) and the given average and zero_division; roc_auc_score(multi_class="ovr"); log_loss.
#include <cyclone/base/error.h>
#include <cyclone/metrics/calibration.h>
#include <cyclone/metrics/multiclass.h>
#include <cyclone/metrics/ranking.h>

#include <cmath>
#include <vector>

#include "support/catch.h"

using namespace cyclone;
using namespace cyclone::metrics;

namespace {

const std::vector<std::int64_t> labels = {0, 2, 1, 1, 3, 0, 2, 2, 1, 0, 3, 1};
const std::vector<std::int64_t> predictions = {0, 2, 1, 0, 2, 0, 1, 2, 1, 2, 3, 1};

/// Twelve rows of four probabilities, by a formula that Python evaluates to the same numbers.
std::vector<double> probabilities() {
    std::vector<double> result;
    for (std::int64_t i = 0; i < 12; ++i) {
        double row[4], sum = 0;
        for (std::int64_t c = 0; c < 4; ++c) {
            const bool is_class = labels[static_cast<std::size_t>(i)] == c;
            row[c] = static_cast<double>((7 * i + 3 * c * i + 5 * c) % 10 + 1 + (is_class ? 4 : 0));
            sum += row[c];
        }
        for (const double value : row) result.push_back(value / sum);
    }
    return result;
}

void check_averages(const ConfusionMatrix& matrix, Average average, double zero, const std::vector<double>& expected) {
    INFO("average " << static_cast<int>(average) << ", zero_division " << zero);
    CHECK(precision(matrix, average, zero) == Approx(expected[0]).epsilon(1e-12));
    CHECK(recall(matrix, average, zero) == Approx(expected[1]).epsilon(1e-12));
    CHECK(f1(matrix, average, zero) == Approx(expected[2]).epsilon(1e-12));
    CHECK(f_beta(matrix, 2, average, zero) == Approx(expected[3]).epsilon(1e-12));
}

}  // namespace

TEST_CASE("averages over four classes equal scikit-learn") {
    const ConfusionMatrix matrix(labels, predictions, 4);
    const std::int64_t counts[4][4] = {{2, 0, 1, 0}, {1, 3, 0, 0}, {0, 1, 2, 0}, {0, 0, 1, 1}};
    for (std::int64_t label = 0; label < 4; ++label)
        for (std::int64_t predicted = 0; predicted < 4; ++predicted)
            CHECK(matrix(label, predicted) == counts[label][predicted]);
    CHECK(matrix.one_vs_rest(2) == BinaryCounts{2, 2, 1, 7});
    for (const double zero : {0.0, 1.0, std::nan("")}) {
        check_averages(matrix, Average::macro, zero,
                       {0.7291666666666666, 0.6458333333333333, 0.6636904761904762, 0.6493055555555556});
        check_averages(matrix, Average::weighted, zero,
                       {0.7083333333333334, 0.6666666666666666, 0.6706349206349206, 0.6655092592592592});
        check_averages(matrix, Average::micro, zero, std::vector<double>(4, 0.6666666666666666));
    }
    CHECK(accuracy(matrix) == Approx(2.0 / 3).epsilon(1e-15));
    CHECK(balanced_accuracy(matrix) == Approx(0.6458333333333333).epsilon(1e-12));
    CHECK(mcc(matrix) == Approx(0.5481782967803844).epsilon(1e-12));
}

TEST_CASE("classes that never occur follow zero_division as in scikit-learn") {
    // Class 2 is predicted but never true, class 3 is nowhere.
    const std::vector<std::int64_t> y = {0, 0, 1, 1, 1, 0}, p = {0, 2, 1, 1, 0, 0};
    const ConfusionMatrix matrix(y, p, 4);
    check_averages(matrix, Average::macro, 0,
                   {0.41666666666666663, 0.3333333333333333, 0.3666666666666667, 0.34523809523809523});
    check_averages(matrix, Average::macro, 1,
                   {0.6666666666666666, 0.8333333333333333, 0.6166666666666667, 0.5952380952380952});
    check_averages(matrix, Average::macro, std::nan(""),
                   {0.5555555555555555, 0.6666666666666666, 0.48888888888888893, 0.4603174603174603});
    check_averages(matrix, Average::weighted, std::nan(""),
                   {0.8333333333333334, 0.6666666666666666, 0.7333333333333334, 0.6904761904761904});
    CHECK(balanced_accuracy(matrix) == Approx(2.0 / 3).epsilon(1e-14));
    CHECK(mcc(matrix) == Approx(0.45226701686664544).epsilon(1e-12));
    CHECK(mcc(ConfusionMatrix(y, std::vector<std::int64_t>(6, 1), 4)) == 0);
}

TEST_CASE("one-vs-rest AUC and log loss equal scikit-learn") {
    const auto p = probabilities();
    const auto each = roc_auc_one_vs_rest(labels, p, 4);
    const double expected[] = {2.0 / 3, 0.96875, 0.8148148148148148, 1.0};
    for (std::size_t c = 0; c < 4; ++c) CHECK(each[c] == Approx(expected[c]).epsilon(1e-12));
    CHECK(roc_auc_one_vs_rest(labels, p, 4, Average::macro) == Approx(0.8625578703703703).epsilon(1e-12));
    CHECK(roc_auc_one_vs_rest(labels, p, 4, Average::weighted) == Approx(0.8599537037037037).epsilon(1e-12));
    CHECK(roc_auc_one_vs_rest(labels, p, 4, Average::micro) == Approx(0.8796296296296297).epsilon(1e-12));
    CHECK(multiclass_log_loss(labels, p, 4) == Approx(1.0264642876596002).epsilon(1e-12));
    const std::vector<std::int64_t> one_class(12, 1);
    CHECK(std::isnan(roc_auc_one_vs_rest(one_class, p, 4, Average::macro)));
    std::vector<std::int64_t> without = labels;  // a class that does not occur weighs nothing
    for (auto& label : without) label = label == 3 ? 0 : label;
    const auto of_class = roc_auc_one_vs_rest(without, p, 4);
    double sum = 0;
    for (const auto label : without) sum += of_class[static_cast<std::size_t>(label)] / 12;
    REQUIRE(std::isnan(of_class[3]));
    CHECK(roc_auc_one_vs_rest(without, p, 4, Average::weighted) == Approx(sum).epsilon(1e-12));
    CHECK(std::isnan(roc_auc_one_vs_rest(without, p, 4, Average::macro)));
}

TEST_CASE("two classes give the binary metrics") {
    const std::vector<std::int64_t> y = {0, 1, 1, 0, 1, 0, 0};
    const std::vector<double> p = {0.2, 0.7, 0.4, 0.5, 0.9, 0.6, 0.1};
    std::vector<double> rows;
    for (const double value : p) rows.insert(rows.end(), {1 - value, value});
    const auto called = predicted_classes(rows, 2);
    const auto counts = binary_counts(y, p, 0.5);
    CHECK(binary_counts(y, called) == counts);  // .5 is a tie: class 0 in both
    const ConfusionMatrix matrix(y, called, 2);
    CHECK(matrix.one_vs_rest(1) == counts);
    CHECK(mcc(matrix) == Approx(mcc(counts)).epsilon(1e-14));
    CHECK(balanced_accuracy(matrix) == Approx(balanced_accuracy(counts)).epsilon(1e-14));
    CHECK(roc_auc_one_vs_rest(y, rows, 2)[1] == roc_auc(y, p));
    CHECK(multiclass_log_loss(y, rows, 2) == Approx(log_loss(y, p)).epsilon(1e-14));
}

TEST_CASE("multi-class metrics refuse bad input") {
    const std::vector<std::int64_t> y = {0, 2}, three = {0, 1, 2}, none;
    const std::vector<double> rows = {0.1, 0.2, 0.7, 0.3, 0.3, 0.4}, nan_rows = {0.1, std::nan(""), 0.7, 0.3, 0.3, 0.4};
    CHECK_THROWS_AS(ConfusionMatrix(y, y, 2), Error);
    CHECK_THROWS_AS(ConfusionMatrix(y, three, 3), Error);
    CHECK_THROWS_AS(ConfusionMatrix(none, none, 3), Error);
    CHECK_THROWS_AS(ConfusionMatrix(y, y, 1), Error);
    CHECK_THROWS_AS(ConfusionMatrix(y, y, 3)(0, 3), Error);
    CHECK_THROWS_AS(roc_auc_one_vs_rest(three, rows, 3), Error);
    CHECK_THROWS_AS(roc_auc_one_vs_rest(y, rows, 2), Error);
    CHECK_THROWS_AS(roc_auc_one_vs_rest(y, nan_rows, 3), Error);
    CHECK_THROWS_AS(multiclass_log_loss(y, rows, 3, 0.5), Error);
    CHECK_THROWS_AS(multiclass_log_loss(y, std::vector<double>(6, 2.0), 3), Error);
    CHECK_THROWS_AS(predicted_classes(rows, 4), Error);
    CHECK_THROWS_AS(predicted_classes(nan_rows, 3), Error);
    CHECK(predicted_classes({}, 3).empty());
}
