// Findings of the laboratory as text and as files.
#include <cyclone/base/text_width.h>
#include <cyclone/io/json_fields.h>
#include <cyclone/report/laboratory.h>
#include <cyclone/report/svg.h>

#include <filesystem>
#include <sstream>

#include "report/svg_elements.h"
#include "support/catch.h"
#include "support/shared_files.h"

using namespace cyclone;

namespace {

lab::Finding sample() {
    lab::Finding finding;
    finding.name = "sample";
    finding.title = "Is <this> escaped?";
    finding.claim = "It is.";
    finding.setting = "Nothing.";
    finding.look = "At the line.";
    finding.not_shown = "All else.";
    finding.seeds = {1, 2, 3};
    finding.quantities = {{.name = "escaped", .values = {1, 1.1, 0.9}, .at_least = 0.5},
                          {.name = "beside", .values = {4, 4, 4}}};
    finding.header = {"rate", "loss"};
    finding.rows = {{"constant", {0.25}}, {"cycle", {lab::kNone}}};
    finding.panels = {
        {.x = {.label = "update"},
         .y = {.label = "loss", .logarithmic = true},
         .marks = {{.name = "constant", .hue = lab::Hue::constant, .tone = 1, .x = {0, 50, 100}, .y = {1, 0.1, 0.01}},
                   {.kind = lab::MarkKind::dots, .name = "cycle", .hue = lab::Hue::cycle, .x = {100}, .y = {1}},
                   {.thin = true, .x = {0, 10, lab::kNone, 90, 100}, .y = {0.1, 0.1, lab::kNone, 0.1, 0.1}},
                   {.kind = lab::MarkKind::reference, .name = "limit", .y = {0.5}}}}};
    lab::judge(finding);
    return finding;
}

std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> lines;
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);) lines.push_back(line);
    return lines;
}

std::string without_colours(const std::string& text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i)
        if (text[i] == '\x1b')
            i = text.find('m', i);
        else
            out += text[i];
    return out;
}

}  // namespace

TEST_CASE("A finding is printed with picture, numbers and answer, within the width") {
    for (const bool in_colour : {false, true})
        for (const std::size_t width : {40, 80, 132}) {
            std::ostringstream out;
            report::print(out, sample(), width, in_colour);
            const std::string text = without_colours(out.str());
            INFO(text);
            for (const std::string& line : lines_of(text))
                CHECK(display_width(line) < std::max<std::size_t>(width, 41));
            CHECK_THAT(text, Catch::Contains("Claim: It is.") && Catch::Contains("holds") && Catch::Contains("n/a") &&
                                 Catch::Contains("constant") && Catch::Contains("limit"));
            CHECK((out.str().find('\x1b') != std::string::npos) == in_colour);
        }
}

TEST_CASE("The printed picture shows a falling line from its upper left to its lower right corner") {
    std::ostringstream out;
    report::print(out, sample(), 60, false);
    std::vector<std::string> picture;
    for (const std::string& line : lines_of(out.str()))
        if (line.find(" |") != std::string::npos) picture.push_back(line.substr(line.find('|') + 1));
    REQUIRE(picture.size() == 12);  // 240 pixels
    const auto first_with = [&](std::size_t column) {
        for (std::size_t i = 0; i < picture.size(); ++i)
            if (picture[i].size() > column && picture[i][column] == 'a') return i;
        return picture.size();
    };
    CHECK(first_with(0) <= 1);
    CHECK(first_with(picture.back().size() - 1) >= 10);
    CHECK_THAT(out.str(), Catch::Contains("  a  constant\n") && Catch::Contains("  b  cycle\n"));
}

TEST_CASE("The caption says what shades and dots without a name stand for, where there are any") {
    const auto caption = [](const lab::Finding& finding) { return report::picture_of(finding).caption; };
    lab::Finding finding = sample();
    CHECK(caption(finding) == "At the line.");
    finding.panels[0].marks.push_back(
        {.kind = lab::MarkKind::band, .hue = lab::Hue::constant, .x = {0, 100}, .y = {0.9, 0.01}, .high = {1, 0.02}});
    CHECK(caption(finding) == "At the line. The shade around a line reaches from the lowest to the highest seed.");
    std::ostringstream printed;
    report::print(printed, finding, 80, false);
    CHECK_THAT(printed.str(), !Catch::Contains("shade"));  // characters show none
    finding.panels[0].marks.push_back({.kind = lab::MarkKind::dots, .thin = true, .x = {50}, .y = {0.1}});
    CHECK_THAT(caption(finding), Catch::EndsWith("highest seed. The dots around a line are its seeds."));
    const test::TemporaryFolder temporary;
    report::write(temporary.path(), finding);
    CHECK_THAT(test::whole_file(temporary / "page.html"), Catch::Contains("The dots around a line are its seeds."));
}

TEST_CASE("A curved reference has the colour of its entry in the legend, a straight one that of the axes") {
    const report::Mark curved{
        .kind = report::Mark::reference, .name = "curved", .x = {0, 1, 2}, .y = {1, 2, 1}, .colour = 3};
    const report::Mark straight{.kind = report::Mark::reference, .name = "straight", .y = {1.5}, .colour = 3};
    report::Plot plot{.title = "references"};
    plot.panels = {{.marks = {{.name = "line", .x = {0, 2}, .y = {0, 3}}, curved, straight}}};
    const std::string svg = report::svg_element(plot);
    CHECK_THAT(svg, Catch::Contains("<g class=\"c3\"><title>curved</title>") &&
                        Catch::Contains("<g class=\"faint\"><title>straight</title>"));
}

TEST_CASE("A finding's files: JSON that is read again, a picture, a page that is one file") {
    const test::TemporaryFolder temporary;
    const std::filesystem::path folder = temporary / "new" / "lab";
    report::write(folder, sample());
    lab::Finding again;
    io::from_json(test::whole_file(folder / "result.json"), "result.json", again);
    CHECK(again.words == sample().words);
    CHECK_THAT(test::whole_file(folder / "picture.svg"),
               Catch::StartsWith("<svg") && Catch::Contains("Is &lt;this&gt; escaped?"));
    const std::string page = test::whole_file(folder / "page.html");
    CHECK_THAT(page, Catch::StartsWith("<!DOCTYPE html>") && Catch::Contains("Is &lt;this&gt; escaped?") &&
                         Catch::Contains("<svg") && Catch::Contains("Answer: holds") && !Catch::Contains("<this>") &&
                         !Catch::Contains("http") && Catch::Contains("id=\"curves\""));
    CHECK(test::tag_mistake(page).empty());
    // A line that goes back, and panels with an x axis each, have no common cursor.
    lab::Finding back = sample(), two = sample();
    back.panels[0].marks[0].x = {0, 100, 50};
    two.panels.push_back(two.panels[0]);
    for (const lab::Finding& still : {back, two}) {
        report::write(folder, still);
        CHECK_THAT(test::whole_file(folder / "page.html"), !Catch::Contains("<script"));
    }
    two.shared_x = true;
    report::write(folder, two);
    CHECK_THAT(test::whole_file(folder / "page.html"), Catch::Contains("<script"));
    CHECK_THROWS_AS(report::write("/proc/nothing/lab", sample()), Error);
}
