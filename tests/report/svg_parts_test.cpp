// The parts of the SVG writer: text, ticks, paths, places of labels.

#include <cyclone/base/random.h>

#include <algorithm>
#include <cmath>

#include "report/svg_labels.h"
#include "report/svg_path.h"
#include "report/svg_scale.h"
#include "report/svg_text.h"
#include "support/catch.h"

using namespace cyclone;
using namespace cyclone::report;

namespace {

constexpr Box kBox{10, 10, 210, 110};

std::string labels_of(const std::vector<Tick>& list) {
    std::string text;
    for (const Tick& tick : list) text += (text.empty() ? "" : " ") + tick.label;
    return text;
}

std::string tick_labels(Range range, double pixels, Scale scale = Scale::linear, bool upright = false) {
    return labels_of(ticks({.scale = scale}, range, pixels, upright));
}

// The points of "M1 2L3 4 5-6M7 8h0"; a NaN point before each M.
std::vector<Point> points_in(const std::string& path) {
    std::vector<Point> list;
    const char* at = path.c_str();
    while (*at) {
        if (*at == 'M') list.push_back({std::nan(""), std::nan("")});
        if (*at == 'h') at += 2;
        if (*at == 'M' || *at == 'L' || *at == ' ' || *at == 'Z') {
            ++at;
            continue;
        }
        if (!*at) break;
        char* end;
        const double x = std::strtod(at, &end), y = std::strtod(end, &end);
        list.push_back({x, y});
        at = end;
    }
    return list;
}

double distance(const Point& p, const Point& a, const Point& b) {
    const double dx = b.x - a.x, dy = b.y - a.y, length = dx * dx + dy * dy;
    const double t = length > 0 ? std::clamp(((p.x - a.x) * dx + (p.y - a.y) * dy) / length, 0.0, 1.0) : 0;
    return std::hypot(p.x - a.x - t * dx, p.y - a.y - t * dy);
}

}  // namespace

TEST_CASE("numbers in a picture have as many digits as they need") {
    CHECK(coordinate(12) == "12");
    CHECK(coordinate(12.34) == "12.3");
    CHECK(coordinate(12.35) == "12.4");
    CHECK(coordinate(-0.04) == "0");
    CHECK(coordinate(-0.5) == "-0.5");
    CHECK(coordinate(99.96) == "100");
    const auto plain = [](long long m, int e) { return decimal(m, e, plain_decimal(m, e)); };
    CHECK(plain(0, 5) == "0");
    CHECK(plain(25, -1) == "2.5");
    CHECK(plain(10, -1) == "1.0");
    CHECK(plain(5, -4) == "0.0005");
    CHECK(plain(5, -5) == "5e-5");
    CHECK(plain(12, 3) == "12,000");
    CHECK(plain(5, 6) == "5,000,000");
    CHECK(plain(-15, 6) == "-1.5e7");
    CHECK(plain(1234567, -2) == "12,345.67");
}

TEST_CASE("ticks stand at 1, 2 or 5 times a power of ten, as many as fit") {
    CHECK(tick_labels({0, 1}, 700) == "0 0.1 0.2 0.3 0.4 0.5 0.6 0.7 0.8 0.9 1.0");
    CHECK(tick_labels({0, 1}, 400) == "0 0.2 0.4 0.6 0.8 1.0");
    CHECK(tick_labels({0, 1}, 160) == "0 0.5 1.0");
    CHECK(tick_labels({-3, 12}, 300) == "0 5 10");
    CHECK(tick_labels({0, 25'000}, 400) == "0 5,000 10,000 15,000 20,000 25,000");
    CHECK(tick_labels({0, 0.00004}, 300) == "0 1e-5 2e-5 3e-5 4e-5");
    CHECK(tick_labels({0, 2e7}, 300) == "0 5e6 1e7 1.5e7 2e7");
    CHECK(tick_labels({0.98, 1}, 200, Scale::linear, true) == "0.980 0.985 0.990 0.995 1.000");
    CHECK(tick_labels({1e-5, 1}, 600, Scale::logarithmic) == "1e-5 0.0001 0.001 0.01 0.1 1");
    CHECK(tick_labels({1e-5, 1}, 250, Scale::logarithmic) == "0.0001 0.01 1");
    CHECK(tick_labels({0.03, 3}, 400, Scale::logarithmic) == "0.05 0.1 0.2 0.5 1 2");
    CHECK(tick_labels({0.00031, 0.00042}, 400, Scale::logarithmic) == "0.00035 0.00040");
    const Axis names{.categories = {"a", "b"}};
    CHECK(labels_of(ticks(names, shown_range(names, {}, 0), 100, true)) == "a b");
}

TEST_CASE("an axis shows its data with a margin, within the limits that it sets") {
    const auto shown = [](const Axis& axis, Range data) { return shown_range(axis, data, 0.1); };
    CHECK(shown({}, {-10, 10}).low == Approx(-12));
    CHECK(shown({}, {0.5, 10}).low == 0);  // no margin below 0 where nothing is below it
    CHECK(shown({.low = -1, .high = 2}, {-10, 10}).high == 2);
    CHECK(shown({.at_most = 5}, {0, 1e30}).high == Approx(5.5));
    CHECK(shown({.at_most = 5}, {0, 2}).high == Approx(2.2));
    CHECK(shown({.low = 0}, {-5, -2}).high > 0);  // all data below the only limit
    CHECK(shown({}, {7, 7}).low < 7);
    CHECK(shown({.scale = Scale::logarithmic}, {0.01, 1}).low == Approx(0.01 * std::pow(10, -0.2)));
}

TEST_CASE("text is measured, shortened and wrapped by its characters") {
    CHECK(text_width("", 13) == 0);
    CHECK(text_width("mmm", 10) > text_width("iii", 10));
    CHECK(text_width("\xC3\xA9", 10) == Approx(text_width("e", 10)).epsilon(0.1));
    CHECK(shortened("short", 100, 13) == "short");
    const std::string cut = shortened("a\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9", 50, 13);
    CHECK(text_width(cut, 13) <= 50);
    CHECK(cut.substr(cut.size() - 5) == "\xC3\xA9\xE2\x80\xA6");
    CHECK(wrapped("one two  three", 60, 13) == std::vector<std::string>{"one two", "three"});
    CHECK(wrapped("unbreakable", 10, 13) == std::vector<std::string>{"unbreakable"});
    CHECK(wrapped("", 10, 13).empty());
}

TEST_CASE("a path is clipped to its box and broken where there is no number") {
    const double nan = std::nan("");
    CHECK(line_path({{10, 10}, {20.04, 30}}, kBox) == "M10 10L20 30");
    CHECK(line_path({{0, 60}, {220, 60}}, kBox) == "M10 60L210 60");
    CHECK(line_path({{100, 0}, {100, 50}, {100, 200}}, kBox) == "M100 10L100 110");
    CHECK(line_path({{20, 20}, {nan, 20}, {40, 40}, {50, 60}}, kBox) == "M20 20h0M40 40L50 60");
    CHECK(line_path({{50, 50}, {60, 300}, {70, 50}}, kBox) == "M50 50L52.4 110M67.6 110L70 50");
    CHECK(line_path({{0, 0}, {5, 5}}, kBox).empty());
    CHECK(dots_path({{20, 20}, {20.2, 20.1}, {300, 20}, {nan, 1}}, kBox) == "M20 20h0");
    CHECK(band_path({{10, 80}, {60, 300}}, {{10, 20}, {60, 40}}, kBox) == "M10 20L60 40 60 110 10 80Z");
}

TEST_CASE("what a simplified line leaves out lies within half a pixel of it") {
    const Random random(7);
    std::vector<Point> line;
    for (int i = 0; i < 400; ++i)
        line.push_back({10 + 0.5 * i, 60 + 40 * std::sin(i * 0.05) +
                                          (i % 50 == 0 ? 5 * random.normal(static_cast<std::uint64_t>(i)) : 0)});
    const auto kept = points_in(line_path(line, kBox));
    CHECK(kept.size() < 200);
    for (const Point& point : line) {
        double nearest = 1e9;
        for (std::size_t i = 2; i < kept.size(); ++i)
            nearest = std::min(nearest, distance(point, kept[i - 1], kept[i]));
        CHECK(nearest < 0.5);
    }
}

TEST_CASE("labels stay in order, apart and as near to their lines as that allows") {
    CHECK(apart({10, 50}, 16, 0, 100) == std::vector<double>{10, 50});
    CHECK(apart({50, 50}, 16, 0, 100) == std::vector<double>{42, 58});
    CHECK(apart({58, 50}, 16, 0, 100) == std::vector<double>{62, 46});
    CHECK(apart({0, 0, 0}, 16, 5, 100) == std::vector<double>{5, 21, 37});
    CHECK(apart({100, 100}, 16, 0, 95) == std::vector<double>{79, 95});
    CHECK(apart({}, 16, 0, 100).empty());
}
