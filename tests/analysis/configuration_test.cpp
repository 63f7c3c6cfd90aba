#include <cyclone/analysis/conclusion.h>
#include <cyclone/analysis/results.h>
#include <cyclone/report/tables.h>

#include <cmath>
#include <sstream>

#include "support/catch.h"

using namespace cyclone;
using lab::Run;
using lab::RunStatus;

namespace {

Run finished(const std::string& schedule, std::uint64_t seed, double auc, double sum_lr = 10) {
    Run run;
    run.schedule = schedule;
    run.seed = seed;
    run.status = RunStatus::finished;
    run.updates = 100;
    run.sum_lr = sum_lr;
    run.mean_lr = sum_lr / 100;
    run.train_loss = 0.5;
    run.seconds = 1;
    run.images_per_second = 1000;
    run.test.auc = auc;
    return run;
}

Run unfinished(const std::string& schedule, std::uint64_t seed, RunStatus status) {
    Run run;
    run.schedule = schedule;
    run.seed = seed;
    run.status = status;
    return run;
}

std::string all_of(const std::vector<std::string>& sentences) {
    std::string text;
    for (const auto& sentence : sentences) text += sentence + "\n";
    return text;
}

}  // namespace

TEST_CASE("runs are summed up by schedule in the order they came") {
    const auto s = analysis::configurations_of({finished("b", 1, 0.9), finished("b", 2, 0.8), finished("a", 1, 0.5)});
    REQUIRE(s.size() == 2);
    CHECK(s[0].name == "b");
    CHECK(s[0].test["auc"].runs == std::vector<double>{0.9, 0.8});
    CHECK(s[0].test["auc"].value().mean == Approx(0.85));
    CHECK(s[0].test["auc"].value().sd == Approx(std::sqrt(0.005)));
    CHECK(std::isnan(s[1].test["auc"].value().sd));
}

TEST_CASE("unfinished runs are counted and spoil no figure") {
    const auto s =
        analysis::configurations_of({finished("a", 1, 0.9), unfinished("a", 2, RunStatus::diverged),
                                     unfinished("a", 3, RunStatus::stopped), unfinished("b", 1, RunStatus::diverged)});
    CHECK(s[0].diverged == 1);
    CHECK(s[0].stopped == 1);
    CHECK(s[0].sum_lr == 10);
    CHECK(s[0].test["auc"].value().mean == 0.9);
    std::ostringstream table;
    report::print(table, report::results_table({.configurations = s}));
    CHECK_THAT(table.str(), Catch::Contains("1, 1 diverged, 1 stopped"));
    CHECK_THAT(table.str(), !Catch::Contains("nan"));
    CHECK_THAT(all_of(analysis::conclusion(analysis::configurations_of({unfinished("b", 1, RunStatus::diverged)}))),
               Catch::Contains("No run finished"));
}

TEST_CASE("the conclusion tells differences from noise by the paired test over the seeds") {
    // Differences of a and b: .1 +- tiny: real. Of c and b: noise.
    const std::vector<Run> runs = {finished("a", 1, 0.90), finished("a", 2, 0.95), finished("a", 3, 0.91),
                                   finished("b", 1, 0.80), finished("b", 2, 0.85), finished("b", 3, 0.812),
                                   finished("c", 1, 0.95), finished("c", 2, 0.70), finished("c", 3, 0.88)};
    const auto statistics = analysis::compute_statistics(runs, {}, {.baseline = "b"});
    const std::string text = all_of(analysis::conclusion(analysis::configurations_of(runs), statistics));
    CHECK_THAT(text, Catch::Contains("Highest mean AUC: a at 0.920"));
    CHECK_THAT(text, Catch::Contains("a against b: AUC differs by +0.0993 [+0.0"));
    CHECK_THAT(text, Catch::Contains("c against b: AUC: 3 seeds cannot tell, +0.0227 [-0."));
}

TEST_CASE("one seed gives no conclusion about differences") {
    const std::vector<Run> runs = {finished("a", 1, 0.9), finished("b", 1, 0.1)};
    const std::string text =
        all_of(analysis::conclusion(analysis::configurations_of(runs), analysis::compute_statistics(runs, {})));
    CHECK_THAT(text, Catch::Contains("b against a: AUC -0.8000, no verdict below 3 seeds") &&
                         Catch::Contains("More seeds: 3"));
}

TEST_CASE("a schedule without budget is called what it is") {
    const auto s =
        analysis::configurations_of({finished("time-decay", 1, 0.6, 0.02), finished("time-decay", 2, 0.5, 0.02),
                                     finished("triangular", 1, 0.99, 384), finished("triangular", 2, 0.98, 384)});
    CHECK_THAT(all_of(analysis::conclusion(s)),
               Catch::Contains("time-decay had a learning-rate budget of 0.02") && Catch::Contains("no baseline"));
}

TEST_CASE("the default baseline is the constant of the same budget") {
    const std::vector<Run> runs = {finished("time-decay", 1, 0.97),    finished("time-decay", 2, 0.98),
                                   finished("triangular", 1, 0.98),    finished("triangular", 2, 0.97),
                                   finished("constant:mean", 1, 0.97), finished("constant:mean", 2, 0.98)};
    CHECK_THAT(
        all_of(analysis::conclusion(analysis::configurations_of(runs), analysis::compute_statistics(runs, {}))),
        Catch::Contains("triangular against constant:mean: AUC ") && Catch::Contains("no verdict below 3 seeds"));
}

TEST_CASE("the updates to a target are those of the first point that reaches it and only of runs that do") {
    std::vector<Run> runs = {finished("a", 1, 0.9), finished("a", 2, 0.9), finished("a", 3, 0.9)};
    runs[0].auc_curve = {{10, 1.0, 0.5}, {20, 2.0, 0.8}, {30, 3.0, 0.79}, {40, 4.0, 0.9}};
    runs[1].auc_curve = {{10, 1.5, 0.8}, {20, 3.0, 0.7}};
    runs[2].auc_curve = {{10, 1.0, NAN}, {20, 2.0, 0.7}};
    CHECK(analysis::first_reaching(runs[0], 0.8)->updates == 20);
    CHECK_FALSE(analysis::first_reaching(runs[2], 0.8));
    const auto s = analysis::configurations_of(runs, {}, 0.8);
    CHECK(s[0].updates_to_target.runs == std::vector<double>{20, 10});
    CHECK(s[0].seconds_to_target.value().mean == Approx(1.75));
    std::ostringstream table;
    report::print(table, report::budget_table({.configurations = s, .target_auc = 0.8}));
    CHECK_THAT(table.str(), Catch::Contains("updates to AUC 0.8") && Catch::Contains("15 +- 7 (2 of 3)"));
    CHECK(analysis::configurations_of(runs)[0].updates_to_target.runs.empty());
}

TEST_CASE("an undefined AUC is neither best nor compared") {
    const auto s = analysis::configurations_of(
        {finished("a", 1, NAN), finished("a", 2, NAN), finished("b", 1, 0.7), finished("b", 2, 0.8)});
    const std::string text = all_of(analysis::conclusion(s));
    CHECK_THAT(text, Catch::Contains("Highest mean AUC: b"));
    CHECK_THAT(text, !Catch::Contains("nan"));
    CHECK_THAT(
        all_of(analysis::conclusion(analysis::configurations_of({finished("a", 1, NAN), finished("a", 2, NAN)}))),
        Catch::Contains("AUC is undefined"));
}
