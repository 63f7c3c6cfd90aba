// The pages of a training and of a range test: the pictures, and the cursor that their script adds.

#include <cyclone/analysis/curves.h>
#include <cyclone/report/laboratory.h>
#include <cyclone/report/range_report.h>
#include <cyclone/report/training_report.h>

#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>

#include "report/browser.h"
#include "report/page_data.h"
#include "report/svg_elements.h"
#include "report/training_figures.h"
#include "support/catch.h"
#include "support/shared_files.h"

using namespace cyclone;
using nlohmann::json;

namespace {

bool holds(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

lab::Training sample_training(bool recorded) {
    lab::Training training{
        .data = "photos", .class_names = {"cat", "dog"}, .best_epoch = 2, .chosen_by = "max:val_auc"};
    for (int u = 0; u < 60; ++u) {
        training.curve.update.push_back(5 * u);
        training.curve.learning_rate.push_back(0.01 + 0.001 * (u % 20));
        training.curve.loss.push_back(std::exp(-0.03 * u) * (1 + 0.1 * std::sin(u)));
    }
    for (std::int64_t e = 1; e <= 3; ++e) {
        train::EpochRow row{e, static_cast<std::uint64_t>(98 * e), 0.5, 1.0, 100.0};
        train::Evaluation& v = row.validation.emplace();
        const auto x = static_cast<double>(e);
        v.loss = 0.9 / x, v.accuracy = 0.6 + 0.1 * x, v.auc = 0.7 + 0.09 * x, v.f1 = 0.3 * x;
        v.average_precision = e == 1 ? NAN : 0.5 + 0.1 * x;
        training.epochs.push_back(row);
    }
    training.sets = {{"validation", {{0, 1, 0, 1}, {0.75, 0.25, 0.5, 0.5, 0.625, 0.375, 0.25, 0.75}}}};
    if (!recorded) return training;
    training.recorded = {
        {"gradient_norm", {}, {}}, {"update_norm", {}, {}}, {"weight_norm", {}, {}}, {"curvature", {}, {}}};
    for (int u = 0; u < 60; ++u)
        for (std::size_t i = 0; i < 4; ++i) {
            if (i == 3 && u % 6 != 0) continue;
            training.recorded[i].update.push_back(5 * u);
            training.recorded[i].value.push_back(std::pow(10, static_cast<double>(i)) * (1 + 0.02 * u));
        }
    return training;
}

json line(const char* name, const std::vector<double>& x, const std::vector<double>& y) {
    return {{"name", name}, {"x", x}, {"y", y}};
}

json lines_of(const lab::Training& t) {
    std::vector<double> updates, limit;
    std::vector<std::vector<double>> per_epoch(5);
    for (const train::EpochRow& row : t.epochs) {
        updates.push_back(static_cast<double>(row.updates));
        const auto& v = *row.validation;
        std::size_t i = 0;
        for (const double value : {v.loss, v.auc, v.f1, v.accuracy, v.average_precision})
            per_epoch[i++].push_back(value);
    }
    for (const double rate : t.curve.learning_rate) limit.push_back(2 / rate);
    json lines = {line("learning rate", t.curve.update, t.curve.learning_rate),
                  line("training", t.curve.update, analysis::smoothed_loss(t.curve)),
                  line("validation", updates, per_epoch[0]),
                  line("AUC", updates, per_epoch[1]),
                  line("F1", updates, per_epoch[2]),
                  line("accuracy", updates, per_epoch[3]),
                  line("AP", updates, per_epoch[4])};
    const char* names[] = {"gradient norm", "update norm", "weight norm", "curvature"};
    for (std::size_t i = 0; i < t.recorded.size(); ++i)
        lines.push_back(line(names[i], t.recorded[i].update, t.recorded[i].value));
    lines.push_back(line("2 / rate", t.curve.update, limit));
    return {{"x", "update"}, {"lines", lines}};
}

lab::RangeTest sample_range() {
    lab::RangeTest test{.metric = lab::RangeMetric::train_loss};
    test.curve.fractions_only = std::log(2);
    for (int i = 0; i < 80; ++i) {
        const double rate = 1e-4 * std::pow(10, i / 20.0);
        test.curve.rate.push_back(rate);
        test.curve.value.push_back(0.7 - 0.5 / (1 + std::pow(0.01 / rate, 2)) + (i > 70 ? 0.3 * (i - 70) : 0));
        test.low.push_back(test.curve.value.back() * 0.9);
        test.high.push_back(test.curve.value.back() * 1.1);
    }
    for (const std::uint64_t seed : {1, 2}) {
        lab::RangeRun run{
            .seed = seed, .end = lab::SweepEnd::completed, .rate = test.curve.rate, .loss = test.curve.value};
        run.curve = test.curve;
        test.runs.push_back(run);
    }
    return test;
}

}  // namespace

TEST_CASE("a training's page shows what was recorded, and only then") {
    const auto with = report::training_course(sample_training(true), 1120),
               without = report::training_course(sample_training(false), 1120);
    CHECK(without.panels.size() == 3);
    REQUIRE(with.panels.size() == 5);
    CHECK(with.panels[3].y.label == "norms (logarithmic)");
    CHECK(test::mistake_in_labels(report::svg_document(with)).empty());
    const auto& limit = with.panels[4].marks[1];
    CHECK(limit.name == "2 / rate");
    CHECK(limit.y[3] == Approx(2 / 0.013));
    CHECK_FALSE(holds(without.caption, "curvature"));
    // Another recorder's numbers are drawn as well.
    lab::Training own = sample_training(false);
    own.recorded = {{"sign_changes", {0, 10}, {3, 4}}};
    const auto drawn = report::training_course(own, 1120);
    REQUIRE(drawn.panels.size() == 4);
    CHECK(drawn.panels[3].y.label == "recorded (logarithmic)");
    CHECK(drawn.panels[3].marks[0].name == "sign changes");
}

TEST_CASE("the data of a plot are its marks") {
    const std::string element = report::page_data(report::training_course(sample_training(true), 420));
    const std::size_t begin = element.find('>') + 1;
    const json data = json::parse(element.substr(begin, element.find("</script>") - begin))["curves"];
    CHECK(data["label"] == "update");
    CHECK(data["panels"].size() == 5);
    CHECK(data["panels"][0]["lines"][0]["y"][1] == 0.011);
    CHECK(data["panels"][1]["kind"] == "logarithmic");
    CHECK(data["panels"][2]["lines"][3]["y"][0].is_null());
    CHECK(data["panels"][2]["refs"][0]["x"] == 196);
    CHECK(data["panels"][4]["lines"][1]["dashes"] == 1);
    CHECK(report::page_data(report::Plot{}).empty());
}

TEST_CASE("the page of a range test is whole with and without a curve") {
    const test::TemporaryFolder temporary;
    const auto page = [&](const lab::RangeTest& test) {
        report::write_range_page(temporary / "report.html", test, {{"updates", "80"}, {"data", "<mine>"}});
        std::string text = test::whole_file(temporary / "report.html");
        CHECK(test::tag_mistake(text).empty());
        return text;
    };
    const std::string whole = page(sample_range());
    for (const char* text : {"For a cycle: base", "class fractions", "&lt;mine&gt;", "minimum / 10", "id=\"curves\""})
        CHECK(holds(whole, text));
    const std::string none = page({.runs = {{.seed = 1, .end = lab::SweepEnd::stopped}}});
    CHECK(holds(none, "No pair for a cycle"));
    CHECK_FALSE(holds(none, "id=\"curves\""));
}

TEST_CASE("the pages of a training and of a range test have a cursor in a browser") {
    if (const std::string why = test::no_browser(); !why.empty()) CYCLONE_SKIP(why);
    const test::TemporaryFolder temporary;
    const lab::Training training = sample_training(true);
    report::write_training_page(temporary / "report.html", training, {.command = "cyclone train photos"});
    std::ofstream(temporary / "lines.json") << lines_of(training);
    CHECK(test::passes_in_browser(temporary.path()));
    const lab::RangeTest range = sample_range();
    report::write_range_page(temporary / "report.html", range, {});
    std::ofstream(temporary / "lines.json")
        << json{{"x", "learning rate"}, {"lines", {line("mean", range.curve.rate, range.curve.value)}}};
    CHECK(test::passes_in_browser(temporary.path()));
}

TEST_CASE("the page of an experiment has a cursor in a browser") {
    if (const std::string why = test::no_browser(); !why.empty()) CYCLONE_SKIP(why);
    const test::TemporaryFolder temporary;
    lab::Finding finding;
    finding.title = "Does the page answer?";
    finding.look = "At both.";
    finding.seeds = {1, 2, 3};
    finding.quantities = {{.name = "ratio", .values = {2, 2.1, 1.9}, .ratio = true, .at_least = 1}};
    std::vector<double> x, cycle, constant, limit;
    for (int i = 0; i <= 40; ++i) {
        x.push_back(25 * i);
        cycle.push_back(std::exp(-0.1 * i) * (2 + std::sin(i)));
        constant.push_back(std::exp(-0.05 * i));
        limit.push_back(1.0 / (1 + i));
    }
    using lab::MarkKind;
    finding.shared_x = true;
    finding.panels = {
        {.x = {.label = "update"},
         .y = {.label = "loss", .logarithmic = true},
         .marks = {{.kind = MarkKind::band, .hue = lab::Hue::cycle, .x = x, .y = limit, .high = cycle},
                   {.name = "cycle", .hue = lab::Hue::cycle, .x = x, .y = cycle},
                   {.kind = MarkKind::reference, .name = "limit", .hue = lab::Hue::cycle, .x = x, .y = limit}}},
        {.x = {.label = "update"},
         .y = {.label = "error"},
         .marks = {
             {.kind = MarkKind::dots, .thin = true, .x = {0, 0, 1000, 1000}, .y = {1, 0.9, 0.2, 0.3}},
             {.kind = MarkKind::line_with_dots, .name = "cycle", .hue = lab::Hue::cycle, .x = x, .y = constant}}}};
    lab::judge(finding);
    report::write(temporary.path(), finding);
    std::filesystem::rename(temporary / "page.html", temporary / "report.html");
    std::ofstream(temporary / "lines.json")
        << json{{"x", "update"},
                {"lines", {line("cycle: loss", x, cycle), line("limit", x, limit), line("cycle: error", x, constant)}}};
    CHECK(test::passes_in_browser(temporary.path()));
}
