// Plots of characters: as wide as they are asked to be, and never wider.
#include <cyclone/base/text_width.h>
#include <cyclone/report/range_report.h>
#include <cyclone/report/text_plot.h>
#include <cyclone/schedule/parse.h>

#include <algorithm>
#include <cmath>
#include <sstream>

#include "report/text_frame.h"
#include "support/catch.h"

using namespace cyclone;

namespace {

std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> lines;
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);) lines.push_back(line);
    return lines;
}

lab::RangeTest sample_range_test() {
    lab::RangeTest test;
    lab::RangeRun& run = test.runs.emplace_back();
    run.seed = 1;
    run.end = lab::SweepEnd::completed;
    for (int i = 0; i < 60; ++i) {
        run.rate.push_back(1e-4 * std::pow(10.0, i / 15.0));
        run.loss.push_back(i < 40 ? 0.7 - 0.01 * i : 0.3 + 0.05 * (i - 40));
    }
    run.curve.rate = run.rate;
    run.curve.value = run.loss;
    test.curve = run.curve;
    test.low = test.high = run.loss;
    return test;
}

}  // namespace

TEST_CASE("a frame stands around its lines") {
    const report::TextFrame frame{
        .labels = {"10", "", "0"}, .lines = {"a  a", " aa ", "    "}, .axis = "-^--", .first = "1", .last = "9"};
    std::ostringstream text;
    report::print(text, frame);
    CHECK(text.str() ==
          "10 |a  a\n"
          "   | aa\n"
          " 0 |\n"
          "   +-^--\n"
          "    1  9\n");
    CHECK(report::TextFrame::columns(frame.labels, 80) == 75);
    CHECK(report::TextFrame::columns(frame.labels, 3) == 8);
}

TEST_CASE("schedules and range tests are drawn in the width that there is") {
    const lab::RangeTest test = sample_range_test();
    const schedule::Preview preview =
        schedule::preview("cosine", parse_schedule("cosine", {.base = 0.01, .max = 0.1, .total = Epochs{4}}), 400, 100);
    for (const std::size_t width : {20U, 50U, 80U, 200U}) {
        CAPTURE(width);
        std::ostringstream range, schedules;
        report::print_range_test(range, test, nullptr, width);
        report::print_schedules(schedules, {preview, preview}, width);
        for (const std::string& text : {range.str(), schedules.str()}) {
            std::size_t border = 0;
            for (const std::string& line : lines_of(text)) {
                if (line.find('|') != std::string::npos) CHECK(line.size() < width);
                if (line.find('+') != std::string::npos && line.find_first_not_of(" +-^") == std::string::npos)
                    border = line.size();
            }
            CHECK(border == width - 1);
        }
        CHECK_THAT(range.str(), Catch::Contains("o") && Catch::Contains("0.0001"));
        CHECK_THAT(schedules.str(), Catch::Contains("#") && Catch::Contains("0.1 |"));
    }
}

TEST_CASE("trials have a table with their verdicts, and the pair after them is the one in text and JSON") {
    const lab::RangeTest test = sample_range_test();
    lab::TrialCycles trials{.updates = 150, .held_out = 200, .fractions_only = 0.69};
    const auto add = [&](double max, double loss, double scatter) {
        lab::TrialCycle& trial = trials.cycles.emplace_back();
        trial = {.base = max / 4, .max = max, .end = lab::SweepEnd::completed, .loss = loss};
        for (int i = 0; i < 10; ++i) trial.losses_of_parts.push_back(loss + (i % 2 == 0 ? scatter : -scatter));
    };
    add(0.1, 0.5, 0);
    add(0.2, 0.41, 0.1);
    add(0.4, 0.4, 0);
    trials.cycles.push_back({.base = 0.2, .max = 0.8, .end = lab::SweepEnd::diverged});
    lab::judge(trials, 0.2);
    const auto text = [&] {
        std::ostringstream out;
        report::print_range_test(out, test, &trials);
        return out.str();
    };
    CHECK_THAT(text(), Catch::Contains("one cycle of 150 updates each; loss on 200 training images"));
    for (const char* line :
         {"0.1  0.025  0.5000  0.1000 +- 0.0000                          worse",
          "0.2   0.05  0.4100  0.0100 +- 0.0333  not shown to be worse, chosen",
          "0.4    0.1  0.4000                 0                           best",
          "0.8    0.2     n/a               n/a                       diverged", "base 0.05, max 0.2,"})
        CHECK_THAT(text(), Catch::Contains(line));
    const std::string json = report::range_test_json(test, {}, &trials);
    CHECK_THAT(json, Catch::Contains("\"chosen\": 1") && Catch::Contains("\"end\": \"diverged\"") &&
                         Catch::Contains("\"pair\": {\n    \"base\": 0.05,\n    \"max\": 0.2,"));
    trials.cycles[0].end = lab::SweepEnd::stopped;
    lab::judge(trials, 0.2);
    CHECK_THAT(text(), Catch::Contains("The sweep's pair stands as it is: the trials were stopped."));
    CHECK_THAT(report::range_test_json(test, {}), Catch::Contains("\"trials\": null"));
}

TEST_CASE("schedules in colour are braille dots as wide as the letters") {
    const ScheduleContext context{.base = 0.01, .max = 0.1, .step_size = Epochs{1}, .total = Epochs{4}};
    const auto preview = [&](const char* name) {
        return schedule::preview(name, parse_schedule(name, context).with_updates_per_epoch(100), 400, 100);
    };
    std::ostringstream text;
    report::print_schedules(text, {preview("triangular"), preview("constant:0.05")}, 60, true);
    std::size_t dots = 0;
    std::vector<std::string> colours;
    for (const std::string& line : lines_of(text.str())) {
        std::string plain;
        for (std::size_t i = 0; i < line.size(); ++i) {
            if (line[i] != '\x1b') {
                plain += line[i];
                continue;
            }
            const std::size_t end = line.find('m', i);
            if (end > i + 3) colours.push_back(line.substr(i, end - i));
            i = end;
        }
        if (plain.find("\xE2\xA0") != std::string::npos) ++dots;  // U+2800 to U+283F
        CHECK(display_width(plain) < 60);
    }
    CHECK(dots > 8);
    std::sort(colours.begin(), colours.end());
    colours.erase(std::unique(colours.begin(), colours.end()), colours.end());
    CHECK(colours.size() == 2);
}
