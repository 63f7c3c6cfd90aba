#include <cyclone/base/error.h>
#include <cyclone/base/number_text.h>
#include <cyclone/base/random.h>
#include <cyclone/report/plot.h>
#include <cyclone/report/report.h>
#include <cyclone/report/tables.h>
#include <cyclone/report/training_report.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <iterator>

#include <zlib.h>

#include "report/html.h"
#include "report/image_uri.h"
#include "report/sample_comparison.h"
#include "report/svg_elements.h"
#include "support/catch.h"
#include "support/shared_files.h"

using namespace cyclone;

namespace {

namespace fs = std::filesystem;

std::string page_of(const test::SampleComparison& sample) {
    const test::TemporaryFolder temporary;
    report::write_page(temporary / "report.html", sample.results, {.test = &sample.data});
    return test::whole_file(temporary / "report.html");
}

bool holds(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

// What every report must be, whatever is in it.
void check_page(const std::string& page) {
    CHECK(test::tag_mistake(page).empty());
    CHECK(page.size() < 3'000'000);
    for (const char* outside : {"http:", "https:", "@import", "<script src", "<link", "xmlns"})
        CHECK_FALSE(holds(page, outside));
    const std::string still = page.substr(0, page.find("<script>"));  // without the script
    CHECK_FALSE(holds(still, "url("));
    for (const char* reference : {"src=\"", "href=\""})
        for (std::size_t at = page.find(reference); at != std::string::npos; at = page.find(reference, at + 1)) {
            const std::string target = page.substr(at + std::string(reference).size(), 11);
            CHECK((target[0] == '#' || target == "data:image/"));
        }
    // No figure that is not a number: as a table cell, after an equals sign or in a path.
    for (const char* word : {">nan", ">-nan", ">inf", " nan", " inf ", "NaN", "-inf"}) CHECK_FALSE(holds(still, word));
}

}  // namespace

TEST_CASE("a report is one well formed page with every schedule and every run") {
    const auto sample = test::sample_comparison({"time-decay", "constant:mean", "triangular"}, 3);
    const std::string page = page_of(sample);
    check_page(page);
    for (const auto& c : sample.results.configurations) {
        const auto auc = c.test["auc"].value();
        CHECK(holds(page, c.name));
        CHECK(holds(page, number_text::number(auc.mean, 3) + " \xC2\xB1 " + number_text::number(auc.sd, 3)));
    }
    for (const auto& run : sample.runs) CHECK(holds(page, "<td>" + number_text::number(run.test.auc, 4) + "</td>"));
    for (const auto& sentence : sample.results.conclusion) CHECK(holds(page, report::html_escaped(sentence)));
    CHECK(holds(page, "Differences to constant:mean"));
    for (const char* title : {"Learning rate, training loss and AUC", "Budget", "ROC curve", "Precision and recall",
                              "Reliability of triangular"})
        CHECK(holds(page, "aria-label=\"" + std::string(title)));
    CHECK(page == page_of(sample));
}

TEST_CASE("names and notes in a report cannot become markup") {
    const std::string nasty = "<script>alert('1')</script>\"&\xff\x01 @0@";
    auto sample = test::sample_comparison({"it's", nasty}, 2);
    auto& results = sample.results;
    results.record.command = results.record.data = nasty;
    results.record.settings = {{nasty, nasty}};
    results.conclusion = {nasty};
    results.provenance = {{.version = nasty, .processor = nasty, .command = nasty}};
    results.runs.emplace_back().schedule = nasty;
    results.runs.back().message = nasty;
    const std::string page = page_of(sample);
    check_page(page);
    CHECK_FALSE(holds(page, "\xff"));
    CHECK_FALSE(holds(page, "\x01"));
    CHECK(holds(page, "&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;&quot;&amp;\xEF\xBF\xBD @0@"));
    CHECK(holds(page, "<title>it&#39;s</title>"));
}

TEST_CASE("a table is the same numbers on a screen and on a page") {
    analysis::Spread three{{1, 2, 3}}, one{{0.5}};
    report::Table table{.title = "Numbers", .header = {"name", "value"}};
    table.rows = {{"three", report::Cell::spread(three, 2).with(" (3 of 4)")},
                  {"one", report::Cell::spread(one, 3)},
                  {"none", report::Cell::spread({}, 3)},
                  {"interval", report::Cell::signed_interval(-0.25, 0.5, 2)},
                  {"p", report::Cell::p_value(1e-9)},
                  {"undefined", report::Cell::fixed(NAN, 3)}};
    std::ostringstream text;
    report::print(text, table);
    CHECK(text.str() ==
          "Numbers:\n"
          "name                       value\n"
          "three      2.00 +- 1.00 (3 of 4)\n"
          "one                        0.500\n"
          "none                           -\n"
          "interval          [-0.25, +0.50]\n"
          "p                        <0.0001\n"
          "undefined                    n/a\n");
    CHECK(table.rows[0][1].text("\xC2\xB1") == "2.00 \xC2\xB1 1.00 (3 of 4)");
}

TEST_CASE("a table wider than the terminal is printed in blocks that fit") {
    report::Table table{.title = "Wide", .header = {"name", "first", "second", "third"}};
    table.rows = {{"one", "1", "2", "3"}, {"\xE7\x8C\xAB", "10", "20", "30"}};
    std::ostringstream text;
    report::print(text, table, 20);
    CHECK(text.str() ==
          "Wide:\n"
          "name  first  second\n"
          "one       1       2\n"
          "\xE7\x8C\xAB       10      20\n"
          "\n"
          "name  third\n"
          "one       3\n"
          "\xE7\x8C\xAB       30\n");
    const auto lines = [&](std::size_t width) {
        std::ostringstream out;
        report::print(out, table, width);
        const std::string printed = out.str();
        return std::count(printed.begin(), printed.end(), '\n');
    };
    CHECK(lines(1) == 1 + 3 * 3 + 2);
    CHECK(lines(report::kNoLimit) == 4);
}

TEST_CASE("a run that diverged is drawn up to a cross and its cause is told") {
    auto sample = test::sample_comparison({"constant:mean", "triangular"}, 2);
    lab::Run& run = sample.runs.emplace_back();
    run.schedule = "constant:5";
    run.seed = 1;
    run.status = lab::RunStatus::diverged;
    run.message = "the gradient of 9.weight is not finite <in update 4>";
    run.curve = {{0, 1, 2, 3}, {5, 5, 5, 5}, {0.71, 51, 9e22, HUGE_VAL}};
    lab::Run early = run;  // diverged before anything was recorded
    early.seed = 2;
    early.curve = {};
    sample.runs.push_back(early);
    sample.sum_up();
    const auto back = sample.results.configurations[2].curves.diverged;
    REQUIRE(back.size() == 2);
    CHECK(back[0].loss[2] == 9e22);

    const std::string page = page_of(sample);
    check_page(page);
    const std::string told = "constant:5, seed 1, diverged: the gradient of 9.weight is not finite";
    CHECK(holds(page, "<title>" + told));
    CHECK(holds(page, "<p class=\"note\">" + told + " &lt;in update 4&gt;"));
    const test::TemporaryFolder temporary;
    report::plot_curves(temporary / "c.svg", sample.results);
    const std::string svg = test::whole_file(temporary / "c.svg");
    std::size_t crosses = 0;
    for (std::size_t at = svg.find("class=\"cross\""); at != std::string::npos;
         at = svg.find("class=\"cross\"", at + 1))
        ++crosses;
    CHECK(crosses == 2);  // of the rate and of the loss
    CHECK(holds(svg, "Cross: " + told.substr(0, 20)));
    CHECK(test::tag_mistake(svg).empty());
    std::ostringstream text;
    report::print(text, sample.results);
    CHECK(holds(text.str(), told + " <in update 4>\n"));
    // Nothing but diverged runs is a picture too.
    sample.runs.erase(sample.runs.begin(), sample.runs.end() - 2);
    sample.sum_up();
    report::plot_curves(temporary / "d.svg", sample.results);
    CHECK(holds(test::whole_file(temporary / "d.svg"), "class=\"cross\""));
}

TEST_CASE("a report of thirty runs is far below three megabytes") {
    std::vector<std::string> names;
    for (int i = 0; i < 10; ++i) names.push_back("schedule-" + std::to_string(i));
    auto sample = test::sample_comparison(names, 3);
    const std::string page = page_of(sample);
    check_page(page);
    CHECK(page.size() < 1'500'000);
    CHECK(holds(page, "<g class=\"f5 d1\">"));  // six oranges, then dashed ones
}

TEST_CASE("a report without any finished run says what happened") {
    test::SampleComparison sample;
    sample.data = data::synthetic_patches({.positives = 2, .negatives = 3, .seed = 5});
    for (const auto status : {lab::RunStatus::diverged, lab::RunStatus::stopped}) {
        lab::Run& run = sample.runs.emplace_back();
        run.schedule = "constant:9";
        run.status = status;
        run.message = "loss is nan in update 7";
    }
    sample.sum_up();
    const std::string page = page_of(sample);
    CHECK(test::tag_mistake(page).empty());
    CHECK(holds(page, "diverged: loss is nan in update 7"));
    CHECK(holds(page, "1 diverged, 1 stopped"));
    CHECK(holds(page, "nothing can be concluded"));
}

TEST_CASE("a report of one seed has no standard deviation and says so") {
    const auto sample = test::sample_comparison({"a", "b"}, 1);
    const std::string page = page_of(sample);
    check_page(page);
    CHECK_FALSE(holds(page, "\xC2\xB1 0"));
    CHECK(holds(page, "One seed says nothing about the spread"));
}

TEST_CASE("a report on a test set of one class leaves out what is undefined") {
    const std::string page = page_of(test::sample_comparison({"a", "b"}, 2, 0));
    check_page(page);
    CHECK(holds(page, "images of one class only"));
    CHECK(holds(page, "<td>n/a</td>"));
    CHECK_FALSE(holds(page, "aria-label=\"ROC curve\""));
}

TEST_CASE("runs from an older folder without curves and probabilities still give a report") {
    auto sample = test::sample_comparison({"a", "b"}, 2);
    for (auto& run : sample.runs) {
        run.curve = {};
        run.test_probability.clear();
        run.epoch_auc.clear();
    }
    sample.sum_up();
    const std::string page = page_of(sample);
    check_page(page);
    CHECK(holds(page, "<td>" + number_text::number(sample.runs[0].test.auc, 4)));
    sample.runs[0].test_probability = {0.5};
    CHECK_THROWS_WITH(sample.sum_up(), Catch::Contains("expected a probability for each of 300 test images"));
    const auto other = data::synthetic_patches({.positives = 2, .negatives = 3, .seed = 5});
    CHECK_THROWS_WITH(report::write_page("unused.html", sample.results, {.test = &other}),
                      Catch::Contains("300 images"));
}

TEST_CASE("pictures are PNG files that unpack to their pixels") {
    CHECK(report::base64("") == "");
    CHECK(report::base64("f") == "Zg==");
    CHECK(report::base64("fo") == "Zm8=");
    CHECK(report::base64("foobar") == "Zm9vYmFy");  // RFC 4648, section 10
    const std::vector<std::uint8_t> pixels = {0, 128, 255, 1, 2, 3};
    const std::string png = report::png_file(3, 2, 1, pixels);
    CHECK(png.substr(0, 8) == "\x89PNG\r\n\x1A\n");
    // The empty last chunk with the CRC that every PNG ends with.
    CHECK(png.substr(png.size() - 12) == std::string("\0\0\0\0IEND\xAE\x42\x60\x82", 12));
    const std::size_t data = png.find("IDAT") + 4;
    unsigned char rows[8];
    uLongf size = sizeof rows;
    REQUIRE(uncompress(rows, &size, reinterpret_cast<const Bytef*>(png.data() + data),
                       static_cast<uLong>(png.size() - data)) == Z_OK);
    CHECK(std::vector<int>(rows, rows + size) == std::vector<int>{0, 0, 128, 255, 0, 1, 2, 3});
    CHECK_THROWS_AS(report::png_file(3, 3, 1, pixels), Error);
}

TEST_CASE("images of any type and size become small pictures") {
    data::Dataset wide;
    wide.images = Tensor::full({1, 100, 60, 3}, 7, DType::f32);
    CHECK_THAT(report::image_data_uri(wide, 0), Catch::Contains("data:image/png;base64,iVBOR"));
    CHECK(report::image_data_uri(wide, 0).size() < 8000);
}

TEST_CASE("text in a page is valid UTF-8 whatever came in") {
    CHECK(report::html_escaped("a<b>&\"'\n\x7f") == "a&lt;b&gt;&amp;&quot;&#39; ");
    CHECK(report::html_escaped("\xC3\xA4\xF0\x9F\x98\x80") == "\xC3\xA4\xF0\x9F\x98\x80");
    for (const char* bad : {"\xC0\xAF", "\xED\xA0\x80", "\xF5\x80\x80\x80", "\xE2\x82", "\x80"})
        CHECK_THAT(report::html_escaped(bad), Catch::Contains("\xEF\xBF\xBD"));
}

namespace {

// A training that never was: two epochs, and for each image a probability that mostly favours its class.
lab::Training sample_training(std::int64_t classes, const std::string& name = "cats & <dogs>") {
    lab::Training training{.data = "photos <1>", .best_epoch = 2, .chosen_by = "max:val_auc", .threshold = 0.625};
    training.threshold_goal = "f1";
    for (std::uint64_t u = 0; u < 40; ++u) {
        training.curve.update.push_back(static_cast<double>(u));
        training.curve.learning_rate.push_back(0.01);
        training.curve.loss.push_back(1);
    }
    const Random random(7);
    for (std::int64_t c = 0; c < classes; ++c)
        training.class_names.push_back(c == 0 ? name : "class " + std::to_string(c));
    for (const char* set : {"validation", "test"}) {
        metrics::Predictions p;
        for (std::uint64_t i = 0; i < 60; ++i) {
            p.labels.push_back(static_cast<std::int64_t>(i) % classes);
            const double own = 1.0 / static_cast<double>(classes) + 0.3 * random.uniform(i);
            for (std::int64_t c = 0; c < classes; ++c)
                p.probabilities.push_back(c == p.labels.back() ? own : (1 - own) / static_cast<double>(classes - 1));
        }
        training.sets.push_back({set, std::move(p)});
    }
    for (std::int64_t e = 1; e <= 2; ++e) {
        train::EpochRow row{e, static_cast<std::uint64_t>(20 * e), 0.5, 1.0, 100.0};
        train::Evaluation& v = row.validation.emplace();
        v.samples = 60, v.class_names = training.class_names, v.loss = 0.4, v.accuracy = 0.75;
        training.epochs.push_back(row);
    }
    return training;
}

std::string page_of(const lab::Training& training, const lab::TrainingRecord& record = {}) {
    const test::TemporaryFolder temporary;
    report::write_training_page(temporary / "report.html", training, record);
    return test::whole_file(temporary / "report.html");
}

std::string training_page(std::int64_t classes) {
    return page_of(sample_training(classes), {.command = "train <data>", .facts = {{"data", "60 images"}}});
}

}  // namespace

TEST_CASE("the report of a training is one well formed page whatever the number of classes") {
    for (const std::int64_t classes : {2, 3, 25}) {
        INFO(classes);
        const std::string page = training_page(classes);
        check_page(page);
        CHECK(holds(page, "cats &amp; &lt;dogs&gt;"));
        CHECK(holds(page, "weights of epoch 2 of 2, chosen by max:val_auc"));
        CHECK(holds(page, "<code>train &lt;data&gt;</code>"));
        CHECK(holds(page, "<table class=\"confusion\">") == (classes <= 20));
        CHECK(holds(page, "At 0.625") == (classes == 2));
        CHECK(holds(page, "weighted: precision") == (classes > 2));
        CHECK(holds(page, "the ten with the lowest AUC") == (classes > 10));
        for (const char* title : {"Learning rate, loss and metrics", "ROC curve", "Reliability"})
            CHECK(holds(page, "aria-label=\"" + std::string(title)));
    }
}

TEST_CASE("the page of a training calls nothing tuned that was not, and undefined what is") {
    lab::Training training = sample_training(2);
    training.threshold = 0.5;
    training.threshold_goal.clear();
    for (auto& set : training.sets)  // nothing is called positive
        for (std::size_t i = 0; i < set.predictions.probabilities.size(); i += 2)
            set.predictions.probabilities[i] = 0.9, set.predictions.probabilities[i + 1] = 0.1;
    const std::string page = page_of(training);
    check_page(page);
    CHECK(holds(page, "No threshold was tuned."));
    CHECK_FALSE(holds(page, "second threshold"));
    CHECK(page.find("At 0.5") == page.rfind("At 0.5"));
    CHECK(holds(page, "validation, 0.5</th><td>n/a</td>"));  // precision
}

TEST_CASE("a training that gave up is drawn up to a cross and its cause is told") {
    lab::Training training = sample_training(2);
    const auto still = [](const std::string& page) { return page.substr(0, page.find("<script>")); };
    CHECK_FALSE(holds(still(training_page(2)), "class=\"cross\""));
    training.gave_up = "loss is <nan> in update 40";
    training.curve.loss.back() = HUGE_VAL;
    const std::string page = page_of(training);
    check_page(page);
    CHECK(holds(page, "Gave up: loss is &lt;nan&gt; in update 40"));
    CHECK(holds(page, "The cross marks where the training gave up."));
    CHECK(holds(still(page), "class=\"cross\""));
}

TEST_CASE("a training's report refuses probabilities that do not fit") {
    const auto write = [&](std::vector<lab::PredictedSet> sets, std::vector<std::string> names) {
        report::write_training_page("unused.html", {.class_names = names, .sets = std::move(sets)}, {});
    };
    CHECK_THROWS_WITH(write({{"test", {{0, 1}, {0.5, 0.5, 1}}}}, {"a", "b"}), Catch::Contains("2 probabilities"));
    CHECK_THROWS_AS(write({}, {"a", "b"}), Error);
    CHECK_THROWS_AS(write({{"test", {{0}, {1}}}}, {"a"}), Error);
    CHECK_FALSE(fs::exists("unused.html"));
}

TEST_CASE("curves are drawn as SVG") {
    const test::TemporaryFolder temporary;
    auto sample = test::sample_comparison({"constant:mean", "it's"}, 1);
    for (auto& run : sample.runs) run.auc_curve = {{2, 0.25, 0.625}, {4, 0.5, 0.75}};
    sample.sum_up();
    report::plot_curves(temporary / "c.svg", sample.results);
    const std::string svg = test::whole_file(temporary / "c.svg");
    CHECK_THAT(svg, Catch::Contains("</svg>") && Catch::Contains("constant:mean") && Catch::Contains(">it&#39;s<") &&
                        Catch::Contains("learning rate"));
    report::plot_auc(temporary / "a.svg", sample.results);
    CHECK_THAT(test::whole_file(temporary / "a.svg"),
               Catch::Contains("</svg>") && Catch::Contains("seconds of training"));
    CHECK_THROWS_WITH(report::plot_curves(temporary / "missing" / "c.svg", sample.results), Catch::Contains("c.svg"));
    for (auto& run : sample.runs) run.auc_curve.clear();
    sample.sum_up();
    report::plot_auc(temporary / "none.svg", sample.results);
    CHECK_FALSE(fs::exists(temporary / "none.svg"));
}
