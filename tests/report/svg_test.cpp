#include <cyclone/base/error.h>
#include <cyclone/report/svg.h>

#include <cmath>
#include <cstdlib>
#include <fstream>
#include <limits>
#include <locale>
#include <string>
#include <vector>

#include "report/svg_elements.h"
#include "support/catch.h"
#include "support/shared_files.h"

using namespace cyclone;
using namespace cyclone::report;

namespace {

const std::string kSource = CYCLONE_SOURCE_DIR;

// Compares with tests/report/golden/<name>; with CYCLONE_UPDATE_GOLDEN set it writes that file instead.
void check_golden(const std::string& name, const std::string& svg) {
    const std::string path = kSource + "/tests/report/golden/" + name;
    if (std::getenv("CYCLONE_UPDATE_GOLDEN")) std::ofstream(path, std::ios::binary) << svg;
    INFO("CYCLONE_UPDATE_GOLDEN=1 writes tests/report/golden/" << name << " again; look at it before committing");
    CHECK(svg == test::whole_file(path));
}

std::vector<double> steps(std::size_t count, double size = 1) {
    std::vector<double> x(count);
    for (std::size_t i = 0; i < count; ++i) x[i] = static_cast<double>(i) * size;
    return x;
}

template <class Function>
std::vector<double> map(const std::vector<double>& x, Function f) {
    std::vector<double> y;
    for (const double value : x) y.push_back(f(value));
    return y;
}

double triangle(double x) { return std::abs(std::fmod(x, 20) - 10) / 10; }

Plot two_panels() {
    const auto x = steps(41, 50);
    const auto falling = map(x, [](double u) { return 1 / (1 + u / 100); });
    const auto slower = map(x, [](double u) { return u > 1200 ? std::nan("") : 1.1 / (1 + u / 300); });
    Panel rates{.y = {.label = "learning rate", .low = 0}, .height = 100};
    rates.marks = {{.name = "triangular", .x = x, .y = map(x, [](double u) { return 0.03 * triangle(u / 50); })},
                   {.name = "constant", .x = x, .y = map(x, [](double) { return 0.01; }), .colour = 1}};
    Panel losses{.x = {.label = "update"}, .y = {.label = "training loss", .scale = Scale::logarithmic}, .height = 160};
    losses.marks = {{.name = "triangular", .x = x, .y = falling},
                    {.name = "constant", .x = x, .y = slower, .colour = 1},
                    {.kind = Mark::band,
                     .name = "triangular",
                     .x = x,
                     .y = map(falling, [](double v) { return 0.9 * v; }),
                     .high = map(falling, [](double v) { return 1.2 * v; })},
                    {.kind = Mark::reference, .name = "chosen epoch", .x = {1500}}};
    return {.title = "Learning rate and loss",
            .caption =
                "Mean of the seeds; the shade reaches from the lowest to the highest seed, and this sentence "
                "is long enough for a second line.",
            .panels = {rates, losses},
            .shared_x = true};
}

Plot sweep() {
    Panel panel{.x = {.label = "learning rate", .scale = Scale::logarithmic, .low = 1e-5, .high = 1},
                .y = {.label = "train loss", .at_most = 1}};
    panel.marks = {
        {.kind = Mark::region, .name = "cycle 0.002 to 0.03", .x = {0.002, 0.03}, .colour = 5},
        {.name = "mean", .x = {1e-5, 1e-4, 1e-3, 1e-2, 0.1, 1}, .y = {0.69, 0.69, 0.6, 0.4, 0.5, 1e30}, .colour = 2},
        {.kind = Mark::dots, .name = "valley 0.01", .x = {0.01}, .y = {0.4}, .colour = 3},
        {.kind = Mark::reference, .name = "start", .y = {0.69}}};
    return {.title = "Range test", .panels = {panel}, .width = 500};
}

Plot every_kind() {
    Panel dots{.x = {.label = "1 - AUC", .scale = Scale::logarithmic},
               .y = {.categories = {"constant", "triangular:0.002:0.03:2epochs"}},
               .height = 60};
    dots.marks = {{.kind = Mark::dots, .name = "runs", .x = {0.00032, 0.0004, 0.0006, -1}, .y = {0, 1, 1, 0}}};
    Panel counts{.x = {.label = "epoch"}, .y = {.label = "images", .at_most = 13000}, .height = 90};
    counts.marks = {
        {.kind = Mark::bars, .name = "images", .x = {1, 2, 3, 4}, .y = {300, -50, 120, 12000}, .colour = 6},
        {.kind = Mark::line_with_dots, .name = "mean", .x = {1, 2, 3, 4}, .y = {0, 4000, 2000, 9000}, .colour = 9},
        {.kind = Mark::crosses, .name = "diverged", .x = {2.5, 3.5}, .y = {5000, 1e9}, .colour = 2},
        {.kind = Mark::region, .name = "usual", .y = {1000, 3000}, .colour = 3},
        {.kind = Mark::reference, .name = "guess", .x = {1, 4}, .y = {0, 8000}}};
    return {.title = "Every kind", .panels = {dots, counts}, .width = 420};
}

Panel one_line(std::vector<double> y) { return {.marks = {{.name = "a", .x = steps(y.size()), .y = std::move(y)}}}; }

struct CommaDecimals : std::numpunct<char> {
    char do_decimal_point() const override { return ','; }
    char do_thousands_sep() const override { return '.'; }
    std::string do_grouping() const override { return "\3"; }
};

}  // namespace

TEST_CASE("plots are drawn as their golden files") {
    check_golden("two_panels.svg", svg_document(two_panels()));
    check_golden("sweep.svg", svg_document(sweep()));
    check_golden("every_kind.svg", svg_element(every_kind()));
    check_golden("plot_style.css", plot_style());
}

TEST_CASE("a plot does not depend on the locale") {
    const std::string plain = svg_document(every_kind());
    const std::locale before = std::locale::global(std::locale(std::locale(), new CommaDecimals));
    const std::string foreign = svg_document(every_kind());
    std::locale::global(before);
    CHECK(foreign == plain);
}

TEST_CASE("labels neither touch nor leave the picture") {
    for (const int width : {320, 480, 760})
        for (const double size : {1e-7, 0.004, 1.0, 37.0, 123456.0, 3e9})
            for (const Scale scale : {Scale::linear, Scale::logarithmic})
                for (const std::size_t lines : {1, 4, 9, 30}) {
                    Panel panel{.x = {.label = "update", .scale = scale},
                                .y = {.label = "learning rate", .scale = scale}};
                    for (std::size_t i = 0; i < lines; ++i) {
                        const double height = size * (1 + 0.01 * static_cast<double>(i));
                        panel.marks.push_back(
                            {.name = "schedule:" + std::to_string(i),
                             .x = map(steps(50), [&](double v) { return size * (v + 0.2); }),
                             .y = map(steps(50), [&](double v) { return height / (1 + v * static_cast<double>(i)); }),
                             .colour = i});
                    }
                    const std::string svg = svg_document(
                        {.title = "A title that needs more than one line in a narrow picture, as titles sometimes do",
                         .caption = "A caption",
                         .panels = {panel, panel},
                         .width = width});
                    INFO(width << " " << size << " " << lines);
                    CHECK(test::mistake_in_labels(svg).empty());
                    CHECK(test::tag_mistake(svg).empty());
                }
}

TEST_CASE("labels that are too long are shortened") {
    const std::string longest(300, 'w');
    for (Plot plot : {sweep(), every_kind()}) {
        for (Panel& panel : plot.panels) {
            panel.x.label = panel.y.label = longest;
            for (std::string& name : panel.y.categories) name = longest;
            for (Mark& mark : panel.marks) mark.name = longest;
        }
        INFO(test::mistake_in_labels(svg_document(plot)));
        CHECK(test::mistake_in_labels(svg_document(plot)).empty());
    }
}

TEST_CASE("a plot of anything is an SVG without words for what is no number") {
    const double inf = std::numeric_limits<double>::infinity(), nan = std::nan("");
    const double huge = std::numeric_limits<double>::max(), tiny = std::numeric_limits<double>::denorm_min();
    for (const auto& y : std::vector<std::vector<double>>{{},
                                                          {nan, nan},
                                                          {inf, -inf},
                                                          {0},
                                                          {5},
                                                          {-3, -3, -3},
                                                          {huge, -huge, 1},
                                                          {1e249, -1e249},
                                                          {tiny, 1},
                                                          {0, nan, 1, 2, inf, 3, -inf},
                                                          {1, 1 + 1e-15},
                                                          {1e15, 1e15 + 1},
                                                          {1e-249, 1e249}})
        for (const Scale scale : {Scale::linear, Scale::logarithmic})
            for (const auto kind : {Mark::line, Mark::line_with_dots, Mark::dots, Mark::band, Mark::bars}) {
                Panel panel = one_line(y);
                panel.x.scale = panel.y.scale = scale;
                panel.marks[0].kind = kind;
                panel.marks[0].high = kind == Mark::band ? y : std::vector<double>{};
                const std::string svg = svg_document({.title = "hostile", .panels = {panel}});
                CHECK(test::tag_mistake(svg).empty());
                CHECK(test::mistake_in_labels(svg).empty());
                for (const char* word : {"nan", "inf", "e+"})
                    CHECK(svg.find(word, svg.find("<rect")) == std::string::npos);
            }
}

TEST_CASE("a long series is thinned to what its pixels can show") {
    Panel panel = one_line(map(steps(500'000), [](double v) { return std::sin(v * v); }));
    panel.marks.push_back(panel.marks[0]);
    panel.marks.back().kind = Mark::dots;
    CHECK(svg_document({.panels = {panel}, .width = 300}).size() < 700'000);
    // A spike of one update stays.
    std::vector<double> flat(100'000, 1);
    flat[54'321] = 9;
    const std::string spike = svg_document({.panels = {one_line(flat)}});
    CHECK(spike.size() < 5000);
    CHECK(test::elements(spike, "path class=\"curve\"").at(0).find("L") != std::string::npos);
}

TEST_CASE("names and captions in a plot cannot become markup") {
    const std::string nasty = "<script>alert('1')</script>\"&\xff\x01\xEF\xBF\xBF";
    Plot plot = sweep();
    plot.title = plot.caption = plot.panels[0].x.label = plot.panels[0].y.label = nasty;
    for (Mark& mark : plot.panels[0].marks) mark.name = nasty;
    const std::string svg = svg_document(plot);
    CHECK(test::tag_mistake(svg).empty());
    for (const char* raw : {"<script", "\xff", "\x01", "\xEF\xBF\xBF"}) CHECK(svg.find(raw) == std::string::npos);
}

TEST_CASE("a plot names what it cannot draw") {
    const auto message_of = [](const Plot& plot) {
        try {
            svg_element(plot);
        } catch (const Error& error) {
            return std::string(error.what());
        }
        return std::string("no error");
    };
    const auto with = [](Mark mark) { return Plot{.title = "loss", .panels = {{.marks = {std::move(mark)}}}}; };
    CHECK_THAT(message_of(with({.name = "a", .x = {1}, .y = {1, 2}})),
               Catch::Contains("'loss'") && Catch::Contains("'a'") && Catch::Contains("got 1 x, 2 y"));
    CHECK_THAT(message_of(with({.kind = Mark::band, .x = {1}, .y = {1}})), Catch::Contains("as many values of high"));
    CHECK_THAT(message_of(with({.kind = Mark::region, .x = {1}})), Catch::Contains("two values of x or of y"));
    CHECK_THAT(message_of(with({.kind = Mark::reference})), Catch::Contains("one value of x or of y, or points"));
    CHECK_THAT(message_of({.title = "loss"}), Catch::Contains("at least one panel"));
    Plot plot = two_panels();
    plot.width = 10;
    CHECK_THAT(message_of(plot), Catch::Contains("200 to 3000 pixels, got 10"));
    plot = two_panels();
    plot.panels[1].y.low = 0;
    CHECK_THAT(message_of(plot), Catch::Contains("'training loss'") && Catch::Contains("logarithmic"));
    plot.panels[1].y = {.label = "loss", .low = 1, .high = 1};
    CHECK_THAT(message_of(plot), Catch::Contains("expected low < high, got 1 and 1"));
    CHECK_THROWS_WITH(write_svg("/nonexistent/a.svg", sweep()), Catch::Contains("a.svg"));
}
