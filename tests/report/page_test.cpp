// The first screen, the paired picture, the colours and the script of a comparison's page.

#include <cyclone/analysis/conclusion.h>
#include <cyclone/analysis/seed_cloud.h>
#include <cyclone/report/report.h>
#include <cyclone/report/svg.h>
#include <cyclone/schedule/cyclic.h>
#include <cyclone/schedule/parse.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>

#include "report/browser.h"
#include "report/colours.h"
#include "report/comparison_figures.h"
#include "report/overview.h"
#include "report/sample_comparison.h"
#include "report/svg_elements.h"
#include "support/catch.h"
#include "support/shared_files.h"

using namespace cyclone;
using nlohmann::json;

namespace {

bool holds(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

// With AUC curves, as every comparison of the program has them.
test::SampleComparison sample_with_auc(const std::vector<std::string>& schedules, std::uint64_t seeds) {
    auto sample = test::sample_comparison(schedules, seeds);
    for (lab::Run& run : sample.runs)
        for (std::uint64_t u = 90; u <= run.updates; u += 90)
            run.auc_curve.push_back(
                {u, 0.01 * static_cast<double>(u),
                 run.test.auc - 0.2 * (1 - static_cast<double>(u) / static_cast<double>(run.updates))});
    sample.sum_up();
    return sample;
}

}  // namespace

TEST_CASE("colours follow the name, whatever stands beside it") {
    using report::Coloured, report::colours_of, report::family_colour, report::family_size;
    const std::vector<double> flat(10, 0.1), cycle = {0, 1, 2, 1, 0, 1, 2, 1, 0}, fall = {3, 2, 1};
    const auto alone = colours_of(std::vector<Coloured>{{"triangular", cycle}});
    const auto among = colours_of(std::vector<Coloured>{{"constant:max", flat},
                                                        {"time-decay", fall},
                                                        {"exp-range:0.999", cycle},
                                                        {"triangular", cycle},
                                                        {"constant:0.2", std::vector<double>(10, 0.2)},
                                                        {"constant:0.1", flat},
                                                        {"linear", fall},
                                                        {"triangular", cycle},
                                                        {"diverged at once", {}}});
    CHECK(among[3] == alone[0]);
    const auto tone = [](std::size_t colour) { return (colour - family_colour(0)) % family_size(); };
    for (const std::size_t constant : {0, 4, 5}) CHECK(tone(among[constant]) < 5);
    for (const std::size_t cyclical : {2, 3, 7}) CHECK((tone(among[cyclical]) >= 5 && tone(among[cyclical]) < 11));
    for (const std::size_t decay : {1, 6}) CHECK(tone(among[decay]) >= 11);
    CHECK(tone(among[5]) != tone(among[4]));
    CHECK(among[1] >= family_colour(0) + family_size());  // the study's is dashed
    CHECK(among[6] < family_colour(0) + family_size());
    CHECK(among[7] == among[3] + family_size());  // the same schedule again (with an average): the same colour, dashed
    CHECK(among[8] == 8);                         // no rate: by its place
    const std::set<std::size_t> distinct(among.begin(), among.end());
    CHECK(distinct.size() == among.size());
}

TEST_CASE("the first screen sorts the rows and says the result in a sentence") {
    const auto sample = sample_with_auc({"time-decay", "constant:mean", "triangular"}, 3);
    const std::string html = report::overview(sample.results);
    CHECK(test::tag_mistake(html).empty());
    const auto& all = sample.results.configurations;
    std::vector<std::pair<double, std::size_t>> rows;  // mean AUC, place in the page
    for (const auto& c : all) {
        const std::size_t at = html.find("</span>" + c.name + "</th>");
        REQUIRE(at != std::string::npos);
        rows.emplace_back(at, c.test["auc"].value().mean * 1e6);
    }
    std::sort(rows.begin(), rows.end());
    for (std::size_t i = 1; i < rows.size(); ++i) CHECK(rows[i - 1].second >= rows[i].second);
    for (const auto& d : sample.results.statistics.differences)
        CHECK(holds(html, analysis::verdict_phrase(d.auc, 3, sample.results.statistics.alike_within)));
    CHECK(holds(html, "the baseline of the others"));
    CHECK(holds(html, "Updates to an AUC of"));
    CHECK_FALSE(holds(html, "What to try next"));  // the command that adds runs is not known
    auto results = sample.results;
    results.add_schedules = "cyclone compare --resume --out 'a b'";
    CHECK(holds(report::overview(results), "cyclone compare --resume --out &#39;a b&#39; --schedules linear"));
    CHECK_FALSE(holds(report::overview(results), "--seeds"));
    results.add_schedules.clear();
    results.add_seeds = "my_comparison 'a b'";
    results.statistics.differences[0].auc.verdict = analysis::Verdict::open;
    results.statistics.differences[0].auc.seeds_needed = 7;
    CHECK(holds(report::overview(results), "my_comparison &#39;a b&#39; --seeds "));
    CHECK_FALSE(holds(report::overview(results), "--schedules"));
}

TEST_CASE("the headline says what the verdicts say") {
    auto sample = test::sample_comparison({"constant:mean", "triangular", "linear"}, 3);
    auto& s = sample.results.statistics;
    const auto text = [&] { return analysis::headline(sample.results.configurations, s); };
    using analysis::Verdict;
    s.differences[0].auc.verdict = s.differences[1].auc.verdict = Verdict::alike;
    CHECK(text() == "No schedule is shown to beat constant:mean; triangular and linear are alike within 0.005 of AUC.");
    s.differences[0].auc.verdict = Verdict::differs;
    s.differences[0].auc.paired.difference.mean = 0.1;
    s.differences[1].auc.verdict = Verdict::open;
    CHECK(text() == "triangular beats constant:mean in AUC; the 3 seeds cannot tell of linear.");
    s.differences[0].auc.paired.difference.mean = -0.1;
    CHECK(text() ==
          "No schedule is shown to beat constant:mean; triangular is worse, and the 3 seeds cannot tell of linear.");
    s.differences[0].auc.verdict = Verdict::too_few;  // it diverged with every seed
    s.differences[0].seeds.clear();
    CHECK(text() == "No schedule is shown to beat constant:mean; the 3 seeds cannot tell of linear.");
    s.differences[0].auc.verdict = s.differences[1].auc.verdict = Verdict::too_few;
    CHECK(holds(text(), "Too few seeds"));
    for (auto& difference : s.differences) difference.seeds.clear();
    CHECK(holds(text(), "No verdict, as constant:mean and the others have no seed that both finished; "));
}

TEST_CASE("the usual target is what the baseline ends with, less what does not matter") {
    const auto sample = sample_with_auc({"time-decay", "constant:mean"}, 3);
    double sum = 0;
    for (std::size_t i = 3; i < 6; ++i) sum += sample.runs[i].test.auc;
    REQUIRE(sample.results.target_auc);
    CHECK(*sample.results.target_auc == Approx(std::floor(1000 * (sum / 3 - 0.005)) / 1000));
    CHECK_FALSE(test::sample_comparison({"constant:mean", "triangular"}, 3).results.target_auc);
}

TEST_CASE("losses are paired on the same batches, seed by seed") {
    const auto sample = test::sample_comparison({"constant:mean", "triangular"}, 3);
    const auto& all = sample.results.configurations;
    const auto paired = analysis::paired_loss(all[1].curves, all[0].curves);
    REQUIRE(paired.seeds.size() == 3);
    REQUIRE(paired.mean.size() == 150);
    // Means of seven points (5 % of 150), by hand.
    double of = 0, to = 0;
    for (std::size_t i = 67; i < 74; ++i) {
        of += sample.runs[3].curve.loss[i];
        to += sample.runs[0].curve.loss[i];
    }
    CHECK(paired.seeds[0][70] == Approx(of / to).epsilon(1e-5));
    CHECK(paired.mean[70] ==
          Approx(std::cbrt(paired.seeds[0][70] * paired.seeds[1][70] * paired.seeds[2][70])).epsilon(1e-9));
    CHECK(std::isnan(paired.mean[1]));
    const auto itself = analysis::paired_loss(all[0].curves, all[0].curves);
    CHECK(itself.mean[70] == Approx(1));
    const auto figures = report::draw_figures(sample.results);
    REQUIRE(figures.paired.size() == 1);
    CHECK(figures.paired[0].title == "triangular against constant:mean on the same batches");
    CHECK(test::mistake_in_labels(report::svg_document(figures.paired[0])).empty());
    CHECK(test::mistake_in_labels(report::svg_document(figures.course)).empty());
    CHECK(analysis::paired_loss(all[0].curves, {}).seeds.empty());
}

TEST_CASE("counts at the thresholds are those of decisions there") {
    const auto sample = test::sample_comparison({"constant:mean", "triangular"}, 2);
    const auto labels = sample.data.labels.values<std::int64_t>();
    for (std::size_t c = 0; c < 2; ++c) {
        const auto& d = sample.results.configurations[c].curves.decisions;
        REQUIRE(d.threshold.size() == d.true_positives.size());
        for (std::size_t t = 0; t < d.threshold.size(); ++t) {
            std::int64_t found = 0, mistaken = 0;
            for (std::size_t r = 2 * c; r < 2 * c + 2; ++r)
                for (std::size_t i = 0; i < labels.size(); ++i)
                    if (sample.runs[r].test_probability[i] > d.threshold[t]) ++(labels[i] == 1 ? found : mistaken);
            CHECK(d.true_positives[t] == found);
            CHECK(d.false_positives[t] == mistaken);
        }
    }
}

TEST_CASE("a cloud of seeds gives the verdicts of judge()") {
    const auto sample = test::sample_comparison({"constant:mean", "triangular", "linear"}, 4);
    const auto clouds = analysis::seed_clouds(sample.results);
    REQUIRE(clouds.size() == 4);
    CHECK(clouds[0].draws[0].size() == 6);  // 2 of 4
    CHECK(clouds[1].draws[0].size() == 4);  // 3 of 4
    CHECK(clouds[2].draws[0].size() == 1);  // more than there are
    CHECK(clouds[2].draws[0][0].seeds.empty());
    // Of many choices twenty are drawn; the first ones in order would all have the first seeds.
    const auto ten = analysis::seed_clouds(test::sample_comparison({"constant:mean", "triangular"}, 10).results);
    const auto of_five = std::find_if(ten.begin(), ten.end(), [](const auto& c) { return c.seeds == 5; });
    REQUIRE(of_five != ten.end());
    REQUIRE(of_five->draws[0].size() == 20);
    for (std::uint64_t seed = 1; seed <= 10; ++seed)
        CHECK(std::any_of(of_five->draws[0].begin(), of_five->draws[0].end(), [&](const auto& draw) {
            return std::find(draw.seeds.begin(), draw.seeds.end(), seed) == draw.seeds.end();
        }));
    // Three seeds alone are a comparison of their own.
    auto three = sample;
    std::erase_if(three.runs, [](const lab::Run& run) { return run.seed == 4; });
    three.sum_up();
    for (std::size_t d = 0; d < 2; ++d) {
        const auto& own = three.results.statistics.differences[d].auc;
        const auto& draw = clouds[1].draws[d][0];
        CHECK(draw.seeds == std::vector<std::uint64_t>{1, 2, 3});
        CHECK(draw.low == Approx(own.low));
        CHECK(draw.high == Approx(own.high));
        CHECK(draw.verdict == own.verdict);
    }
    CHECK(analysis::seed_clouds(test::sample_comparison({"a", "b"}, 1).results).empty());
}

TEST_CASE("results with curves of seeds and counts come back as they were") {
    const auto sample = sample_with_auc({"constant:mean", "triangular"}, 2);
    const test::TemporaryFolder temporary;
    analysis::write_results(temporary / "result.json", sample.results);
    const auto back = analysis::read_results(temporary / "result.json");
    CHECK(analysis::to_json(back) == analysis::to_json(sample.results));
    const analysis::Statistics &own = sample.results.statistics, &read_back = back.statistics;
    for (std::size_t i = 0; i < own.test_set.size(); ++i) {
        CHECK(read_back.test_set.at(i).auc.auc == own.test_set[i].auc.auc);
        CHECK(read_back.test_set[i].auc.variance == own.test_set[i].auc.variance);
        CHECK(read_back.test_set[i].average_precision.value == own.test_set[i].average_precision.value);
        CHECK(read_back.test_set[i].f1.value == own.test_set[i].f1.value);
    }
    REQUIRE(own.differences.size() == 1);
    CHECK(read_back.differences.at(0).test_set.auc_a == own.differences[0].test_set.auc_a);
    CHECK(read_back.differences[0].test_set.variance == own.differences[0].test_set.variance);
    CHECK(read_back.differences[0].auc.paired.difference.n == 2);
    CHECK(read_back.differences[0].auc.bootstrap.value == Approx(own.differences[0].auc.bootstrap.value));
    CHECK(back.configurations[1].curves.seeds[0].loss == sample.results.configurations[1].curves.seeds[0].loss);
    // A file from before has none of them.
    json older = json::parse(analysis::to_json(sample.results));
    for (json& row : older["schedules"]) row["curves"].erase("seeds"), row["curves"].erase("decisions");
    std::ofstream(temporary / "older.json") << older;
    const auto read = analysis::read_results(temporary / "older.json");
    CHECK(read.configurations[1].curves.seeds.empty());
    report::write_page(temporary / "report.html", read);
    older["schedules"][0]["curves"]["decisions"] = {{"threshold", {0.5}},
                                                    {"true_positives", json::array()},
                                                    {"false_positives", {1}},
                                                    {"positives", 1},
                                                    {"negatives", 1}};
    std::ofstream(temporary / "damaged.json") << older;
    CHECK_THROWS_AS(analysis::read_results(temporary / "damaged.json"), Error);
    older["schedules"][0]["curves"].erase("decisions");
    older["schedules"][0]["curves"]["learning_rate"]["mean"] = json::array();
    std::ofstream(temporary / "uneven.json") << older;
    CHECK_THROWS_WITH(analysis::read_results(temporary / "uneven.json"), Catch::Contains("as many values as x"));
    // Brackets without end: their printing would use up the stack.
    std::ofstream(temporary / "deep.json")
        << "{\"format_version\": " << std::string(200'000, '[') << std::string(200'000, ']') << "}";
    CHECK_THROWS_WITH(analysis::read_results(temporary / "deep.json"), Catch::Contains("at most 100 levels"));
}

TEST_CASE("a page under way loads itself again, and is whole before any run ends") {
    const test::TemporaryFolder temporary;
    const auto sample = sample_with_auc({"constant:mean", "triangular"}, 2);
    report::write_page(temporary / "going.html", sample.results, {.refresh_seconds = 5});
    CHECK(holds(test::whole_file(temporary / "going.html"), "<meta http-equiv=\"refresh\" content=\"5\">"));
    report::write_page(temporary / "begun.html", analysis::analyse({}, {}), {.refresh_seconds = 5});
    const std::string begun = test::whole_file(temporary / "begun.html");
    CHECK(test::tag_mistake(begun).empty());
    CHECK(holds(begun, "No run finished"));
    report::write_page(temporary / "done.html", sample.results);
    CHECK_FALSE(holds(test::whole_file(temporary / "done.html"), "http-equiv"));
}

TEST_CASE("the page links the live page that stands beside it, and no other file takes its place") {
    const test::TemporaryFolder temporary;
    const auto sample = test::sample_comparison({"constant:mean", "triangular"}, 2);
    report::write(temporary / "page", sample.results);
    CHECK_FALSE(holds(test::whole_file(temporary / "page" / "report.html"), "live.html"));
    std::ofstream(temporary / "other.html") << "<p>another page</p>";
    CHECK_THROWS_WITH(report::add_live_page(temporary / "page", temporary / "other.html"),
                      Catch::Contains("other.html") && Catch::Contains("make web"));
    CHECK_THROWS_WITH(report::add_live_page(temporary / "page", temporary / "none.html"), Catch::Contains("none.html"));
    CHECK_FALSE(std::filesystem::exists(temporary / "page" / "live.html"));
    const std::string page = "<script type=\"text/plain\" id=\"engine\"></script>";
    std::ofstream(temporary / "live-built.html") << page;
    report::add_live_page(temporary / "page", temporary / "live-built.html");
    CHECK(test::whole_file(temporary / "page" / "live.html") == page);
    report::write(temporary / "page", sample.results);
    const std::string html = test::whole_file(temporary / "page" / "report.html");
    CHECK(holds(html, "href=\"live.html\""));
    CHECK(test::tag_mistake(html).empty());
}

TEST_CASE("the page answers to touch in a browser") {
    if (const std::string why = test::no_browser(); !why.empty()) CYCLONE_SKIP(why);
    const test::TemporaryFolder temporary;
    auto sample = sample_with_auc({"time-decay", "constant:mean", "triangular", "linear"}, 3);
    lab::Run& diverged = sample.runs.emplace_back();
    diverged.schedule = "triangular";
    diverged.seed = 4;
    diverged.status = lab::RunStatus::diverged;
    diverged.message = "loss is <nan> in update 3";
    diverged.curve = {{0, 1, 2, 3}, {5, 5, 5, 5}, {0.71, 51, 9e22, HUGE_VAL}};
    sample.sum_up();
    report::write(temporary / "page", sample.results, {.test = &sample.data});
    json golden = json::array();
    for (const auto& [base, max, step, n] : {std::tuple{0.002, 0.03, 40, 400}, {0.0, 0.1, 7, 100}}) {
        const ScheduleContext context{
            .base = base, .max = max, .step_size = Iterations{step}, .total = Iterations{n}, .updates_per_epoch = 10};
        for (const std::string name :
             {"triangular", "triangular2", "exp-range", "one-cycle", "linear", "cosine", "time-decay"}) {
            const auto schedule = parse_schedule(name == "exp-range" ? "exp-range:0.997" : name, context);
            json values = json::array();
            for (int t = 0; t < n; ++t) values.push_back(schedule.value(static_cast<std::uint64_t>(t)));
            golden.push_back({{"name", name},
                              {"options", {{"base", base}, {"max", max}, {"step", step}, {"n", n}, {"gamma", 0.997}}},
                              {"values", values}});
        }
    }
    std::ofstream(temporary / "page" / "schedules.json") << golden;
    CHECK(test::passes_in_browser(temporary / "page"));
}
