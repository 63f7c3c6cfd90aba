#include <cyclone/analysis/conclusion.h>
#include <cyclone/analysis/probabilities.h>
#include <cyclone/analysis/results.h>
#include <cyclone/analysis/statistics.h>
#include <cyclone/analysis/thresholds.h>
#include <cyclone/base/error.h>
#include <cyclone/base/random.h>
#include <cyclone/metrics/report.h>
#include <cyclone/report/tables.h>

#include <algorithm>
#include <cmath>
#include <map>
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
    CHECK(d.auc.p_corrected == d.auc.paired.p_value);  // one schedule: nothing to correct
    CHECK(d.auc.low == Approx(d.auc.paired.low));
    CHECK(d.auc.high == Approx(d.auc.paired.high));
    CHECK(d.f1.bootstrap.high == metrics::bootstrap_mean(f1).high);
    CHECK(d.test_set.z == metrics::delong_test_of_means(labels, scores_a, scores_b).z);
    CHECK(d.auc.verdict == Verdict::differs);
    CHECK(d.beyond_test_set);
    REQUIRE(s.test_set.size() == 2);
    CHECK(s.test_set[0].auc.low == metrics::mean_auc_interval(labels, scores_a).low);
    CHECK(s.test_set[1].average_precision.low == metrics::average_precision_interval(labels, scores_b).low);
    CHECK_THAT(all_of(analysis::verdict_sentences(s)),
               Catch::Contains("a against constant:mean: AUC differs by +0.0") &&
                   Catch::Contains("beyond the test set's noise too; AP "));
    std::ostringstream table;
    report::print(table, report::difference_table(s));
    report::print(table, report::test_set_table(s));
    CHECK_THAT(table.str(), Catch::Contains("training runs") && Catch::Contains("test set: DeLong"));
}

TEST_CASE("intervals and p are corrected alike for the number of schedules compared") {
    const auto labels = labels_of(40, 160);
    const auto runs = three_seeds("base", 1, labels) + three_seeds("a", 1.05, labels) + three_seeds("b", 1.1, labels) +
                      three_seeds("c", 1.2, labels);
    const auto s = analysis::compute_statistics(runs, labels);
    CHECK(s.baseline == "base");
    for (const auto& d : s.differences) {
        CHECK(d.auc.p_corrected == Approx(std::min(1.0, 3 * d.auc.paired.p_value)));
        // The t quantile at 1 - 0.05 / 3 / 2 with two degrees of freedom: x / sqrt(2 - 2 x^2 / (2 + x^2)) by hand.
        const double u = 1 - 0.05 / 3, t = u * std::sqrt(2 / (1 - u * u));
        const double half = t * d.auc.paired.difference.sd / std::sqrt(3.0);
        CHECK(d.auc.low == Approx(d.auc.paired.difference.mean - half));
        CHECK(d.auc.high == Approx(d.auc.paired.difference.mean + half));
        CHECK((d.auc.low > 0 || d.auc.high < 0) == (d.auc.p_corrected < 0.05));
        CHECK(d.test_set_p_corrected == Approx(std::min(1.0, 3 * d.test_set.p_value)));
        CHECK(d.test_set_high > d.test_set.high);
        if (d.test_set_p_corrected < 1)
            CHECK((d.test_set_low > 0 || d.test_set_high < 0) == (d.test_set_p_corrected < .05));
    }
}

namespace {

/// A comparison of two metrics' differences (mean, SD) over so many seeds.
analysis::Statistics judged(const std::vector<std::pair<double, double>>& auc, std::size_t seeds,
                            double within = 0.005) {
    analysis::Statistics s{.baseline = "b", .alike_within = within};
    for (const auto& [mean, sd] : auc) {
        analysis::BaselineDifference d{.schedule = "a", .baseline = "b"};
        for (std::size_t i = 1; i <= seeds; ++i) d.seeds.push_back(i);
        const auto n = static_cast<std::int64_t>(seeds);
        const double t = mean / sd * std::sqrt(static_cast<double>(n));
        const double p = seeds < 2 ? NAN : 2 * metrics::student_t_cdf(-std::abs(t), n - 1);
        d.auc.paired = {.difference = {mean, seeds < 2 ? NAN : sd, n}, .t = t, .p_value = p};
        d.average_precision = d.f1 = d.auc;
        d.test_set.p_value = NAN;
        s.differences.push_back(d);
    }
    analysis::judge(s);
    return s;
}

Verdict verdict_of(double mean, double sd, std::size_t seeds, double within = 0.005) {
    return judged({{mean, sd}}, seeds, within).differences.at(0).auc.verdict;
}

}  // namespace

TEST_CASE("every verdict follows from its rule") {
    // With five seeds half an interval is 2.776 / sqrt(5) = 1.242 SD.
    CHECK(verdict_of(0.1, 0.01, 5) == Verdict::differs);
    CHECK(verdict_of(-0.1, 0.01, 5) == Verdict::differs);
    CHECK(verdict_of(0.001, 0.003, 5) == Verdict::alike);  // up to 0.0047
    CHECK(verdict_of(0.001, 0.0035, 5) == Verdict::open);  // up to 0.0053
    CHECK(verdict_of(-0.001, 0.0035, 5) == Verdict::open);
    CHECK(verdict_of(0.001, 0.0035, 5, 0.006) == Verdict::alike);
    CHECK(verdict_of(-0.0007, 0.0001, 5) == Verdict::alike);  // leaves out 0, but does not matter
    CHECK(verdict_of(0.0055, 0.003, 5) == Verdict::differs);  // from 0.0018
    CHECK(verdict_of(-0.3, 0.3, 5) == Verdict::open);         // a failure is not called equal
    CHECK(verdict_of(0, 0, 3) == Verdict::alike);             // the same runs twice
    CHECK(verdict_of(NAN, NAN, 5) == Verdict::too_few);
    // Below three seeds there is none, however clear it looks.
    CHECK(verdict_of(-0.0007, 1e-6, 2) == Verdict::too_few);
    CHECK(verdict_of(0.5, 1e-6, 2) == Verdict::too_few);
    CHECK(verdict_of(0.5, 0.1, 1) == Verdict::too_few);
    CHECK(verdict_of(0.5, 0.01, 3) == Verdict::differs);
    // A difference that is clear alone may not be among many.
    CHECK(verdict_of(0.1, 0.03, 3) == Verdict::differs);
    const auto many = judged({{0.1, 0.03}, {0.1, 0.03}, {0.1, 0.03}, {0.1, 0.03}}, 3);
    for (const auto& d : many.differences) CHECK(d.auc.verdict == Verdict::open);
}

TEST_CASE("an open verdict says how many seeds would close it") {
    const auto s = judged({{0.02, 0.05}, {0.001, 0.01}, {0.0001, 1}}, 3);
    for (const auto& d : s.differences) REQUIRE(d.auc.verdict == Verdict::open);
    const auto closes = [](double mean, double sd, std::int64_t n) {  // at level 1 - 0.05 / 3
        const double half = metrics::student_t_quantile(1 - 0.05 / 6, n - 1) * sd / std::sqrt(static_cast<double>(n));
        return half < std::abs(mean) || std::abs(mean) + half < 0.005;
    };
    for (const std::size_t i : {0, 1}) {
        const auto& d = s.differences[i].auc;
        CHECK(closes(d.paired.difference.mean, d.paired.difference.sd, d.seeds_needed));
        CHECK_FALSE(closes(d.paired.difference.mean, d.paired.difference.sd, d.seeds_needed - 1));
    }
    CHECK(s.differences[2].auc.seeds_needed == 0);
    const std::string text = all_of(analysis::verdict_sentences(s, "cyclone compare --resume --out runs/x"));
    CHECK_THAT(text, Catch::Contains("AUC: 3 seeds cannot tell, +0.0200 [-0.") &&
                         Catch::Contains("about " + std::to_string(s.differences[0].auc.seeds_needed) + " would") &&
                         Catch::Contains("more than 100 may be needed") &&
                         Catch::Contains("cyclone compare --resume --out runs/x --seeds 20"));
    // Two seeds: no verdict, and the command that gives one.
    const std::string two = all_of(analysis::verdict_sentences(judged({{-0.0007, 1e-6}}, 2), "cyclone compare"));
    CHECK_THAT(two, Catch::Contains("AUC -0.0007, no verdict below 3 seeds") && Catch::Contains("compare --seeds 3"));
    CHECK_THAT(all_of(analysis::verdict_sentences(judged({{0.5, 0.01}}, 3), "cyclone compare")),
               Catch::Contains("AUC differs by +0.5") && Catch::Contains("AP differs by +0.5") &&
                   !Catch::Contains("More seeds"));
    // No command for seeds that are there already.
    CHECK(analysis::seeds_to_try(judged({{0.0001, 1}}, 19)) == 20);
    CHECK(analysis::seeds_to_try(judged({{0.0001, 1}}, 20)) == 0);
    auto uneven = judged({{0.5, 0.01}, {0.5, 0.01}}, 5);
    uneven.differences[0] = judged({{0.5, 0.01}}, 2).differences[0];
    CHECK(uneven.differences[0].auc.verdict == Verdict::too_few);
    CHECK(analysis::seeds_to_try(uneven) == 0);
    // Three were trained, one of them diverged: three that finish are four.
    analysis::Configuration row;
    row.name = "a";
    row.seeds = {1, 2};
    row.diverged = 1;
    CHECK(analysis::seeds_to_try(judged({{0.5, 0.01}}, 2), {row}) == 4);
    // Seeds that are still to come are not lost.
    row.seeds = {1, 2, 3, 4, 5};
    row.diverged = 0;
    CHECK(analysis::seeds_to_try(uneven, {row}) == 0);
}

TEST_CASE("a difference over the seeds may still be one of this test set only") {
    const auto labels = labels_of(60, 240);
    const auto few = labels_of(6, 20);
    const auto difference = [](const std::vector<Run>& runs, const std::vector<std::int64_t>& y) {
        return analysis::compute_statistics(runs, y, {.baseline = "b"}).differences.at(0);
    };
    const auto better = difference(three_seeds("a", 2, labels) + three_seeds("b", 1.4, labels), labels);
    CHECK((better.auc.verdict == Verdict::differs && better.beyond_test_set));
    // The seeds hardly differ, but 6 positives say little about other test sets.
    const auto small = difference(three_seeds("a", 1.5, few) + three_seeds("b", 1.2, few), few);
    CHECK((small.auc.verdict == Verdict::differs && !small.beyond_test_set));
    const auto unknown = difference(three_seeds("a", 2, labels) + three_seeds("b", 1.4, labels), {});
    CHECK((unknown.auc.verdict == Verdict::differs && !unknown.beyond_test_set));
    const auto equal = difference(three_seeds("a", 1.5, labels) + three_seeds("b", 1.5, labels), labels);
    CHECK((equal.auc.verdict == Verdict::alike && !equal.beyond_test_set));
    // Each model alone differs beyond the test set's noise, but the seeds contradict each other.
    std::vector<Run> mixed = {scored("a", 1, 3, labels), scored("a", 2, 0.2, labels), scored("a", 3, 3, labels)};
    CHECK(difference(mixed + three_seeds("b", 1.2, labels), labels).auc.verdict == Verdict::open);
    // One shared seed.
    CHECK(difference({scored("a", 1, 2, labels), scored("b", 1, 1, labels), scored("b", 2, 1, labels)}, labels)
              .auc.verdict == Verdict::too_few);
    CHECK_THROWS_WITH(analysis::compute_statistics(mixed, labels, {.alike_within = 0}), Catch::Contains("above 0"));
}

TEST_CASE("configurations that call nothing positive are named") {
    const auto labels = labels_of(30, 90);
    auto silent = three_seeds("low", 1, labels);
    for (Run& run : silent) {
        for (double& p : run.test_probability) p *= 0.4;
        run.test = metrics::binary_report(labels, run.test_probability);
    }
    const auto of = [&](const std::vector<Run>& runs) { return all_of(analysis::analyse(runs, labels).conclusion); };
    CHECK_THAT(of(silent + three_seeds("b", 1, labels)),
               Catch::Contains("Nothing is called positive by low at 0.5 (F1 0)"));
    // Their AUC is above a half, so something was learned.
    CHECK_THAT(of(silent),
               Catch::Contains("No run calls any test image positive at 0.5") && !Catch::Contains("was learned"));
    CHECK_THAT(of(three_seeds("b", 1, labels)), !Catch::Contains("positive"));
}

TEST_CASE("a goal that no threshold reaches is told of") {
    const auto labels = labels_of(30, 90);
    const auto runs = three_seeds("a", 1, labels) + three_seeds("b", 1, labels);
    const auto told = [&](const std::string& goal) {
        return all_of(analysis::analyse(runs, labels, {.threshold_goal = goal}).conclusion);
    };
    CHECK_THAT(told("mcc"), Catch::Contains("No threshold brings any run to mcc on the held-out images"));
    CHECK_THAT(told(""), !Catch::Contains("held-out"));
}

TEST_CASE("the fate of a training is told once, not for its averages") {
    const auto labels = labels_of(30, 90);
    auto runs = three_seeds("a", 1, labels) + three_seeds("b", 1, labels);
    for (std::size_t i = 0; i < 3; ++i) {
        runs[i].status = RunStatus::diverged;
        Run average = runs[i];
        average.average = "swa";
        runs.push_back(average);
    }
    const auto told = all_of(analysis::analyse(runs, labels).conclusion);
    CHECK_THAT(told, Catch::Contains("a diverged with 3 seeds") && !Catch::Contains("a + swa diverged"));
}

TEST_CASE("only seeds that both finished are compared") {
    const auto labels = labels_of(30, 90);
    auto runs = three_seeds("a", 1.5, labels) + three_seeds("b", 1.2, labels);
    runs[1].status = RunStatus::diverged;
    runs[1].test_probability.clear();
    runs[5].status = RunStatus::stopped;
    const auto s = analysis::compute_statistics(runs, labels, {.baseline = "b"});
    CHECK(s.differences[0].seeds == std::vector<std::uint64_t>{1});
    CHECK_THAT(all_of(analysis::verdict_sentences(s)), Catch::Contains("no verdict below 3 seeds"));
    CHECK(std::isfinite(s.differences[0].test_set.p_value));  // the test set's uncertainty needs no second seed
}

TEST_CASE("what cannot be known is undefined and no crash") {
    const auto negatives = labels_of(0, 30);
    const auto runs = three_seeds("a", 1, negatives) + three_seeds("b", 1, negatives);
    const auto s = analysis::compute_statistics(runs, negatives);
    CHECK(s.differences[0].auc.verdict == Verdict::too_few);
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

TEST_CASE("a rebalanced configuration is compared with its own schedule and the correction counts all differences") {
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
    for (const auto& difference : statistics.differences)
        CHECK(difference.auc.p_corrected == Approx(std::min(1.0, 3 * difference.auc.paired.p_value)));
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

TEST_CASE("an average under rebalancing is compared with the last weights of its own training") {
    const auto labels = labels_of(60, 240);
    std::vector<Run> runs;
    for (const char* rebalancing : {"none", "weights"})
        for (const char* average : {"", "swa"})
            for (Run run : three_seeds("cycle", 1.5, labels)) {
                run.rebalancing = rebalancing;
                run.average = average;
                runs.push_back(run);
            }
    std::map<std::string, std::string> against;
    for (const auto& d : analysis::compute_statistics(runs, labels).differences) against[d.schedule] = d.baseline;
    CHECK(against == std::map<std::string, std::string>{{"cycle + weights", "cycle"},
                                                        {"cycle + swa", "cycle"},
                                                        {"cycle + weights + swa", "cycle + weights"}});
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
