// Sharp and flat in one dimension: a toy.
#include <cyclone/base/random.h>
#include <cyclone/schedule/cyclic.h>
#include <cyclone/schedule/decay.h>

#include <algorithm>
#include <array>

#include "lab/laboratory/bench.h"

namespace cyclone::lab {
namespace {

constexpr double kSharp = 60, kSharpAt = -1, kFlat = 3, kFlatAt = 1.5, kSoftness = 0.3;
constexpr double kLimit = 2 / kSharp, kNoise = 0.05;
constexpr std::uint64_t kStep = 50, kUpdates = 400;

// The lower of two parabolas, with a soft corner.
struct Point {
    double value, slope;
};
Point landscape(double x) {
    const double sharp = kSharp / 2 * (x - kSharpAt) * (x - kSharpAt), flat = kFlat / 2 * (x - kFlatAt) * (x - kFlatAt);
    const double lower = std::min(sharp, flat);
    const double a = std::exp((lower - sharp) / kSoftness), b = std::exp((lower - flat) / kSoftness);
    return {lower - kSoftness * std::log(a + b), (a * kSharp * (x - kSharpAt) + b * kFlat * (x - kFlatAt)) / (a + b)};
}

std::vector<double> descend(const Schedule& rate, const Random& random) {
    std::vector<double> path = {kSharpAt + 0.2 * (random.uniform(0) - 0.5)};
    for (std::uint64_t t = 0; t < kUpdates; ++t)
        path.push_back(path.back() - rate.value(t) * (landscape(path.back()).slope + kNoise * random.normal(t + 1)));
    return path;
}

struct Row {
    const char* name;
    Hue hue;
    int tone;
    double base, max;  ///< in limits
};
constexpr std::array<Row, 3> kRows = {{{"cycle to 1.5 limits", Hue::cycle, 0, 0.1, 1.5},
                                       {"constant, same budget", Hue::constant, 1, 0.8, 0.8},
                                       {"cycle to 0.8 limits", Hue::cycle, 2, 0.1, 0.8}}};

Schedule rate_of(const Row& row) {
    return schedule::triangular({.base = row.base * kLimit, .max = row.max * kLimit, .step_size = Iterations{kStep}});
}

void draw(std::uint64_t seed, Finding& finding) {
    finding.panels = {{.x = {.label = "weight", .low = -2, .high = 3.5},
                       .y = {.label = "loss: sharp on the left, flat on the right", .low = 0, .high = 12},
                       .height = 200},
                      {.x = {.label = "update"}, .y = {.label = "learning rate", .low = 0}, .height = 100},
                      {.x = {.label = "update"}, .y = {.label = "weight", .low = -2, .high = 3.5}}};
    PictureMark hill{.name = "loss", .hue = Hue::decay, .tone = 1};
    for (double x = -2; x <= 3.5; x += 0.02) {
        hill.x.push_back(x);
        hill.y.push_back(landscape(x).value);
    }
    finding.panels[0].marks.push_back(std::move(hill));
    for (const Row& row : kRows) {
        const Schedule rate = rate_of(row);
        const std::vector<double> path = descend(rate, Random(seed));
        PictureMark ball{.kind = MarkKind::dots, .name = row.name, .hue = row.hue, .tone = row.tone};
        PictureMark rates{.name = row.name, .hue = row.hue, .tone = row.tone};
        PictureMark weight{.name = row.name, .hue = row.hue, .tone = row.tone};
        for (std::uint64_t t = 0; t <= kUpdates; t += 2) {
            const double x = path[t];
            ball.x.push_back(x);
            ball.y.push_back(landscape(x).value);
            rates.x.push_back(static_cast<double>(t));
            rates.y.push_back(rate.value(t));
            weight.x.push_back(static_cast<double>(t));
            weight.y.push_back(x);
        }
        if (&row == kRows.data()) finding.panels[0].marks.push_back(std::move(ball));
        finding.panels[1].marks.push_back(std::move(rates));
        finding.panels[2].marks.push_back(std::move(weight));
    }
    finding.panels[1].marks.push_back(
        {.kind = MarkKind::reference, .name = "2 / 60", .hue = Hue::decay, .tone = 0, .y = {kLimit}});
}

void run(const ExperimentOptions& options, Finding& finding) {
    const Bench bench(options, finding);
    const std::int64_t balls = bench.size(50, 5);
    const auto moved = bench.run(kRows.size(), [&](std::size_t i, std::uint64_t seed) {
        double flat = 0;
        for (std::int64_t ball = 0; ball < balls; ++ball)
            flat += std::abs(descend(rate_of(kRows[i]), Random(seed, static_cast<std::uint64_t>(ball))).back() -
                             kFlatAt) < 0.5
                        ? 1
                        : 0;
        return flat / static_cast<double>(balls);
    });
    finding.setting =
        "A toy: one weight and a loss with two minima of the same depth, curvature 60 at -1 and 3 at 1.5, with a "
        "little noise; no network. " +
        std::to_string(balls) +
        " balls per seed start in the sharp one. Four triangular cycles of 100 updates, up to 1.5 times and up to 0.8 "
        "times the limit 2 / 60, and a constant with the budget of the first.";
    finding.look =
        "In the lowest panel the ball leaves -1 when the orange rate crosses the dotted limit, and never comes back: "
        "the flat minimum is stable up to a rate of 2 / 3.";
    finding.not_shown =
        "That networks have such minima, or that a flat one is the better one. In many dimensions a rate above the "
        "limit mostly moves the weights to where the curvature is lower (experiment edge-of-stability).";
    finding.header = {"rate", "balls that end in the flat minimum, %"};
    for (std::size_t i = 0; i < kRows.size(); ++i) finding.rows.push_back({kRows[i].name, {100 * mean_of(moved[i])}});
    finding.quantities = {
        {.name = "fraction that ends in the flat minimum, cycle to 1.5 limits", .values = moved[0], .at_least = 0.9},
        {.name = "the same, constant of its budget", .values = moved[1], .at_most = 0.1},
        {.name = "the same, cycle to 0.8 limits", .values = moved[2], .at_most = 0.1},
    };
    draw(finding.seeds.front(), finding);
}

}  // namespace

Experiment sharpness() {
    return {"Sharp and flat: when does a ball leave a minimum? (a toy)",
            "In one dimension a cycle whose maximum is above 2 / curvature of a sharp minimum leaves it for a flat "
            "one, which a constant of its budget and a cycle below the limit do not.",
            10, run};
}

}  // namespace cyclone::lab
