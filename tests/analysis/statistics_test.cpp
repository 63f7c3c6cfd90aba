#include <cyclone/analysis/conclusion.h>
#include <cyclone/analysis/probabilities.h>
#include <cyclone/analysis/results.h>
#include <cyclone/analysis/statistics.h>
#include <cyclone/analysis/thresholds.h>
#include <cyclone/base/error.h>
#include <cyclone/base/random.h>
#include <cyclone/metrics/report.h>
#include <cyclone/report/tables.h>

#include <cmath>
#include <sstream>

#include "support/catch.h"

using namespace cyclone;
using analysis::Verdict;
using lab::Run;
using lab::RunStatus;

namespace {

std::vector<std::int64_t> labels_of(std::size_t positives, std::size_t negatives) {
    std::vector<std::int64_t> labels(positives, 1);
    labels.resize(positives + negatives, 0);
    return labels;
}

/// A finished run whose positives score `skill` SDs higher. Runs of one seed share most of their noise.
Run scored(const std::string& schedule, std::uint64_t seed, double skill, const std::vector<std::int64_t>& labels) {
    Run run;
    run.schedule = schedule;
    run.seed = seed;
    run.status = RunStatus::finished;
    const Random common(7), own(seed);
    for (std::size_t i = 0; i < labels.size(); ++i) {
        const double x = common.normal(i) + 0.1 * own.normal(i) + skill * static_cast<double>(labels[i]);
        run.test_probability.push_back(metrics::normal_cdf(x - 1));
    }
    run.test = metrics::binary_report(labels, run.test_probability);
    return run;
}

std::vector<Run> three_seeds(const std::string& schedule, double skill, const std::vector<std::int64_t>& labels) {
    std::vector<Run> runs;
    for (std::uint64_t seed = 1; seed <= 3; ++seed) runs.push_back(scored(schedule, seed, skill, labels));
    return runs;
}

std::vector<Run> operator+(std::vector<Run> a, const std::vector<Run>& b) {
    a.insert(a.end(), b.begin(), b.end());
    return a;
}

std::string all_of(const std::vector<std::string>& sentences) {
    std::string text;
    for (const auto& sentence : sentences) text += sentence + "\n";
    return text;
}

}  // namespace

TEST_CASE("the statistics of a comparison are those of the metrics") {
    const auto labels = labels_of(60, 240);
    const auto a = three_seeds("a", 2.0, labels), b = three_seeds("constant:mean", 1.4, labels);
    const auto s = analysis::compute_statistics(a + b, labels);
    CHECK(s.baseline == "constant:mean");
    REQUIRE(s.differences.size() == 1);
    const auto& d = s.differences[0];
    CHECK(d.schedule == "a");
    CHECK(d.seeds == std::vector<std::uint64_t>{1, 2, 3});
    std::vector<double> auc_a, auc_b, f1;
    metrics::ModelScores scores_a, scores_b;
    for (std::size_t i = 0; i < 3; ++i) {
        auc_a.push_back(a[i].test.auc);
        auc_b.push_back(b[i].test.auc);
        f1.push_back(a[i].test.f1 - b[i].test.f1);
        scores_a.emplace_back(a[i].test_probability);
        scores_b.emplace_back(b[i].test_probability);
    }
    CHECK(d.auc.paired.low == metrics::paired_difference(auc_a, auc_b).low);
    CHECK(d.auc.p_holm == d.auc.paired.p_value);  // one schedule: nothing to correct
    CHECK(d.f1.bootstrap.high == metrics::bootstrap_mean(f1).high);
    CHECK(d.test_set.z == metrics::delong_test_of_means(labels, scores_a, scores_b).z);
    CHECK(d.verdict == Verdict::better);
    REQUIRE(s.test_set.size() == 2);
    CHECK(s.test_set[0].auc.low == metrics::mean_auc_interval(labels, scores_a).low);
    CHECK(s.test_set[1].average_precision.low == metrics::average_precision_interval(labels, scores_b).low);
    CHECK_THAT(all_of(analysis::verdict_sentences(s)),
               Catch::Contains("a against constant:mean: AUC +0.0") &&
                   Catch::Contains("better, beyond the seeds' noise and the test"));
    std::ostringstream table;
    report::print(table, report::difference_table(s));
    report::print(table, report::test_set_table(s));
    CHECK_THAT(table.str(), Catch::Contains("training runs") && Catch::Contains("test set: DeLong"));
}

TEST_CASE("p-values are corrected for the number of schedules compared") {
    const auto labels = labels_of(40, 160);
    const auto runs = three_seeds("base", 1, labels) + three_seeds("a", 1.05, labels) + three_seeds("b", 1.1, labels) +
                      three_seeds("c", 1.2, labels);
    const auto s = analysis::compute_statistics(runs, labels);
    CHECK(s.baseline == "base");
    std::vector<double> plain, corrected;
    for (const auto& d : s.differences) {
        plain.push_back(d.auc.paired.p_value);
        corrected.push_back(d.auc.p_holm);
    }
    CHECK(corrected == metrics::holm(plain));
    CHECK(s.differences[0].test_set_p_holm >= s.differences[0].test_set.p_value);
}

TEST_CASE("every verdict follows from its rule") {
    const auto labels = labels_of(60, 240);
    const auto few = labels_of(6, 20);
    const auto verdict = [](const std::vector<Run>& runs, const std::vector<std::int64_t>& y) {
        return analysis::compute_statistics(runs, y, {.baseline = "b"}).differences.at(0).verdict;
    };
    CHECK(verdict(three_seeds("a", 2, labels) + three_seeds("b", 1.4, labels), labels) == Verdict::better);
    CHECK(verdict(three_seeds("a", 1.4, labels) + three_seeds("b", 2, labels), labels) == Verdict::worse);
    // The seeds hardly differ, but 6 positives say little about other test sets.
    CHECK(verdict(three_seeds("a", 1.5, few) + three_seeds("b", 1.2, few), few) == Verdict::ahead);
    CHECK(verdict(three_seeds("a", 1.2, few) + three_seeds("b", 1.5, few), few) == Verdict::behind);
    CHECK(verdict(three_seeds("a", 2, labels) + three_seeds("b", 1.4, labels), {}) == Verdict::ahead);
    CHECK(verdict(three_seeds("a", 1.5, labels) + three_seeds("b", 1.5, labels), labels) == Verdict::no_difference);
    // Each model alone differs beyond the test set's noise, but the seeds contradict each other.
    std::vector<Run> mixed = {scored("a", 1, 3, labels), scored("a", 2, 0.2, labels), scored("a", 3, 3, labels)};
    CHECK(verdict(mixed + three_seeds("b", 1.2, labels), labels) == Verdict::no_difference);
    // One shared seed.
    CHECK(verdict({scored("a", 1, 2, labels), scored("b", 1, 1, labels), scored("b", 2, 1, labels)}, labels) ==
          Verdict::unknown);
}

TEST_CASE("only seeds that both finished are compared") {
    const auto labels = labels_of(30, 90);
    auto runs = three_seeds("a", 1.5, labels) + three_seeds("b", 1.2, labels);
    runs[1].status = RunStatus::diverged;
    runs[1].test_probability.clear();
    runs[5].status = RunStatus::stopped;
    const auto s = analysis::compute_statistics(runs, labels, {.baseline = "b"});
    CHECK(s.differences[0].seeds == std::vector<std::uint64_t>{1});
    CHECK_THAT(all_of(analysis::verdict_sentences(s)), Catch::Contains("one seed, which has no spread"));
    CHECK(std::isfinite(s.differences[0].test_set.p_value));  // the test set's uncertainty needs no second seed
}

TEST_CASE("what cannot be known is undefined and no crash") {
    const auto negatives = labels_of(0, 30);
    const auto runs = three_seeds("a", 1, negatives) + three_seeds("b", 1, negatives);
    const auto s = analysis::compute_statistics(runs, negatives);
    CHECK(s.differences[0].verdict == Verdict::unknown);
    CHECK(std::isnan(s.test_set[0].auc.low));
    CHECK(std::isnan(s.test_set[0].f1.low));
    CHECK_THAT(all_of(analysis::verdict_sentences(s)), Catch::Contains("undefined"));
    std::ostringstream table;
    report::print(table, report::difference_table(s));
    report::print(table, report::test_set_table(s));
    CHECK_THAT(table.str(), Catch::Contains("n/a") && !Catch::Contains("nan"));

    CHECK(analysis::compute_statistics({}, {}).differences.empty());
    const auto labels = labels_of(20, 20);
    CHECK(analysis::compute_statistics(three_seeds("alone", 1, labels), labels).baseline.empty());
    Run stopped;
    stopped.schedule = "stopped";
    const auto none = analysis::compute_statistics(three_seeds("a", 1, labels) + std::vector<Run>{stopped}, labels);
    CHECK_THAT(all_of(analysis::verdict_sentences(none)), Catch::Contains("no seed that both finished"));
    CHECK_THROWS_WITH(analysis::compute_statistics(runs, negatives, {.baseline = "bb"}), Catch::Contains("not among"));
    CHECK_THROWS_AS(analysis::compute_statistics(runs, labels), Error);  // another number of labels
}

TEST_CASE("a rebalanced configuration is compared with its own schedule and Holm counts all differences") {
    const auto labels = labels_of(60, 240);
    const auto with = [](std::vector<Run> runs, const char* rebalancing) {
        for (Run& run : runs) run.rebalancing = rebalancing;
        return runs;
    };
    const auto runs = with(three_seeds("cycle", 1.6, labels), "focal") + three_seeds("cycle", 1.5, labels) +
                      three_seeds("constant:mean", 1.4, labels) +
                      with(three_seeds("constant:mean", 1.3, labels), "weights");
    const auto statistics = analysis::compute_statistics(runs, labels);
    CHECK(statistics.baseline == "constant:mean");
    REQUIRE(statistics.differences.size() == 3);
    const char* against[3][2] = {
        {"cycle + focal", "cycle"}, {"cycle", "constant:mean"}, {"constant:mean + weights", "constant:mean"}};
    for (std::size_t i = 0; i < 3; ++i) {
        CHECK(statistics.differences[i].schedule == against[i][0]);
        CHECK(statistics.differences[i].baseline == against[i][1]);
    }
    const auto& d = statistics.differences[0];
    CHECK(d.auc.paired.difference.mean == Approx((runs[0].test.auc + runs[1].test.auc + runs[2].test.auc -
                                                  runs[3].test.auc - runs[4].test.auc - runs[5].test.auc) /
                                                 3));
    std::vector<double> p;
    for (const auto& difference : statistics.differences) p.push_back(difference.auc.paired.p_value);
    const auto holm = metrics::holm(p);
    for (std::size_t i = 0; i < 3; ++i) CHECK(statistics.differences[i].auc.p_holm == holm[i]);
    CHECK_THAT(all_of(analysis::verdict_sentences(statistics)), Catch::Contains("cycle + focal against cycle:"));
    CHECK(report::difference_table(statistics).header[1] == "against");

    // One for all when it is named, by configuration or by schedule.
    for (const auto& difference : analysis::compute_statistics(runs, labels, {.baseline = "cycle + focal"}).differences)
        CHECK(difference.baseline == "cycle + focal");
    CHECK(analysis::compute_statistics(runs, labels, {.baseline = "cycle"}).baseline == "cycle");
    // Without a plain one the first method stands for the schedule.
    const auto only = analysis::compute_statistics(
        with(three_seeds("cycle", 1.6, labels), "focal") + with(three_seeds("cycle", 1.5, labels), "weights"), labels);
    CHECK(only.baseline == "cycle + focal");
    REQUIRE(only.differences.size() == 1);
    CHECK(only.differences[0].schedule == "cycle + weights");
}

TEST_CASE("probabilities trained for another fraction of positives come back by shifting") {
    const auto labels = labels_of(60, 240);
    auto plain = three_seeds("cycle", 1.5, labels), focal = plain;
    auto runs = plain;
    for (Run run : plain) {
        run.rebalancing = "weights";
        run.training_prior = 0.2;
        run.trained_prior = 0.5;
        // What class weights make of a perfect training: the odds times four.
        for (double& p : run.test_probability) p = 4 * p / (1 + 3 * p);
        run.test = metrics::binary_report(labels, run.test_probability);
        runs.push_back(run);
    }
    for (Run& run : focal) run.rebalancing = "focal", run.training_prior = 0.2;
    const auto summaries = analysis::summarize_probabilities(runs + focal, labels);
    REQUIRE(summaries.size() == 3);
    const auto &none = summaries[0], &weights = summaries[1];
    CHECK(none.as_trained["brier"].runs == none.shifted["brier"].runs);
    CHECK(weights.shifted["brier"].value().mean == Approx(none.as_trained["brier"].value().mean).epsilon(1e-12));
    CHECK(weights.shifted["ece"].value().mean == Approx(none.as_trained["ece"].value().mean).epsilon(1e-9));
    CHECK(weights.shifted["f1"].runs == none.as_trained["f1"].runs);
    CHECK(weights.as_trained["recall"].value().mean > none.as_trained["recall"].value().mean);
    CHECK(summaries[2].shifted["brier"].runs.empty());
    const auto rows = report::probability_table({.probabilities = summaries}).rows;
    REQUIRE(rows.size() == 3);
    CHECK(rows[0][1].text("") == "the data");
    CHECK(rows[1][1].text("") == "0.500");
    CHECK(rows[2][7].text("") == "-");
    CHECK(analysis::analyse(plain, labels).probabilities.empty());
    CHECK_THROWS_AS(analysis::summarize_probabilities(plain, std::vector<std::int64_t>{0, 1}), Error);
}

TEST_CASE("decisions at the tuned threshold stand beside those at 0.5 of the same runs") {
    const std::vector<std::int64_t> labels = {0, 0, 0, 1, 1};
    std::vector<Run> runs(3);
    for (std::size_t i = 0; i < 3; ++i) {
        runs[i].schedule = "cycle";
        runs[i].seed = i + 1;
        runs[i].status = lab::RunStatus::finished;
        runs[i].test_probability = {0.1, 0.2, 0.6, 0.3, 0.9};
    }
    CHECK(analysis::summarize_thresholds(runs, labels).empty());
    runs[0].tuned_threshold = 0.25;
    runs[1].tuned_threshold = 0.75;
    const auto summaries = analysis::summarize_thresholds(runs, labels);
    REQUIRE(summaries.size() == 1);
    const auto& s = summaries[0];
    CHECK(s.without == 1);
    CHECK(s.threshold.runs == std::vector{0.25, 0.75});
    CHECK(s.at_half["precision"].runs == std::vector{0.5, 0.5});
    CHECK(s.at_half["recall"].runs == std::vector{0.5, 0.5});
    CHECK(s.tuned["precision"].runs == std::vector{2.0 / 3, 1.0});
    CHECK(s.tuned["recall"].runs == std::vector{1.0, 0.5});
    CHECK(s.tuned["f1"].value().mean == Approx((0.8 + 2.0 / 3) / 2));
    // By hand: (2 * 2 - 1 * 0) / sqrt(3 * 2 * 3 * 2).
    CHECK(s.tuned["mcc"].runs[0] == Approx(4.0 / 6));
    const auto table = report::threshold_table({.thresholds = summaries, .threshold_goal = "f1"});
    REQUIRE(table.rows.size() == 1);
    CHECK(table.rows[0].size() == table.header.size());
    CHECK(table.rows[0][5].text("+-") == "0.500 +- 0.354, 1 without");
    CHECK_THROWS_AS(analysis::summarize_thresholds(runs, std::vector<std::int64_t>{0, 1}), Error);
}
