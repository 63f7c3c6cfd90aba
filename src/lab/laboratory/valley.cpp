// A path in a valley: the limit of a constant rate, and a cycle that goes beyond it.
#include <cyclone/schedule/cyclic.h>
#include <cyclone/schedule/decay.h>

#include "lab/laboratory/bench.h"
#include "lab/laboratory/valley.h"

namespace cyclone::lab {
namespace {

constexpr double kBase = 0.1, kMax = 1.8, kMean = (kBase + kMax) / 2;  // of the cycle, in limits
constexpr std::uint64_t kStep = 25, kUpdates = 8 * kStep;
constexpr double kLargestShown = 100;  // loss

double limit_of(const Valley& valley) { return 2 / valley.steepness; }

Schedule cycle_in(const Valley& valley) {
    const double limit = limit_of(valley);
    return schedule::triangular({.base = kBase * limit, .max = kMax * limit, .step_size = Iterations{kStep}});
}

// Between a rate that goes down and one that goes up, by halving.
double largest_stable_rate(const Valley& valley, Valley::Place start) {
    double low = 0.2 * limit_of(valley), high = 5 * limit_of(valley);
    for (int i = 0; i < 30; ++i) {
        const double rate = (low + high) / 2;
        const auto loss_after = [&](std::uint64_t updates) {
            return valley.loss(valley.descend(schedule::constant(rate), updates, start));
        };
        (loss_after(2 * kUpdates) > loss_after(kUpdates) ? high : low) = rate;
    }
    return low;
}

struct Draw {
    Valley valley;
    Valley::Place start;
};

Draw draw(std::uint64_t seed) {
    const Random random(seed, 0x7A11E7);
    const auto between = [&](std::uint64_t i, double low, double high) {
        return low * std::pow(high / low, random.uniform(i));
    };
    return {{.steepness = between(0, 5, 80)}, {between(1, 1, 4), between(2, 0.5, 2)}};
}

void add_path(const char* name, Hue hue, int tone, const Schedule& rate, const Valley& valley, Finding& finding) {
    PictureMark path{.name = name, .hue = hue, .tone = tone}, loss = path;
    FindingRow row{name, {}};
    valley.descend(rate, kUpdates, {}, Random(0), [&](std::uint64_t update, Valley::Place place) {
        const double here = valley.loss(place);
        if (update == 5 || update == 20 || update == 60 || update == kUpdates) row.values.push_back(here);
        if (here > kLargestShown) return;
        path.x.push_back(place.a);
        path.y.push_back(place.b);
        loss.x.push_back(static_cast<double>(update));
        loss.y.push_back(here);
    });
    finding.rows.push_back(std::move(row));
    finding.panels[0].marks.push_back(std::move(path));
    finding.panels[1].marks.push_back(std::move(loss));
}

void draw_picture(Finding& finding) {
    const Valley valley;
    const double limit = limit_of(valley);
    finding.panels = {
        {.x = {.label = "along the valley (flat)", .low = -1.2, .high = 3.2},
         .y = {.label = "across (20 times as steep)", .low = -2.4, .high = 2.4},
         .height = 300},
        {.x = {.label = "update"}, .y = {.label = "loss (logarithmic)", .logarithmic = true, .low = 1e-6}}};
    for (const double level : {0.05, 0.3, 1.0, 3.0, 8.0, 20.0, 50.0}) {
        PictureMark ellipse{.tone = 0, .thin = true};
        constexpr int kCorners = 96;
        for (int i = 0; i <= kCorners; ++i) {
            const double angle = 2 * 3.14159265358979 * i / kCorners;
            ellipse.x.push_back(std::sqrt(2 * level) * std::cos(angle));
            ellipse.y.push_back(std::sqrt(2 * level / valley.steepness) * std::sin(angle));
        }
        finding.panels[0].marks.push_back(std::move(ellipse));
    }
    finding.header = {"rate, in limits of 2 / steepness", "loss after 5", "after 20", "after 60", "after 200"};
    add_path("constant 0.2", Hue::constant, 0, schedule::constant(0.2 * limit), valley, finding);
    add_path("constant 0.95", Hue::constant, 1, schedule::constant(kMean * limit), valley, finding);
    add_path("constant 1.02", Hue::constant, 3, schedule::constant(1.02 * limit), valley, finding);
    add_path("cycle 0.1 to 1.8", Hue::cycle, 0, cycle_in(valley), valley, finding);
}

struct Outcome {
    double limit, arrived, against_constant;
};

void run(const ExperimentOptions& options, Finding& finding) {
    const auto outcomes = Bench(options, finding).run(1, [](std::size_t, std::uint64_t seed) {
        const auto [valley, start] = draw(seed);
        const double limit = limit_of(valley);
        const double loss = valley.loss(valley.descend(cycle_in(valley), kUpdates, start));
        const double same = valley.loss(valley.descend(schedule::constant(kMean * limit), kUpdates, start));
        return Outcome{largest_stable_rate(valley, start) / limit, loss / valley.loss(start), loss / same};
    })[0];
    finding.setting =
        "Gradient descent without noise on (a^2 + steepness b^2) / 2; no network. Each seed draws a valley (steepness "
        "5 to 80) and a start. The largest constant rate that still comes down is found by halving. The cycle is "
        "triangular, four times 50 updates, from 0.1 to 1.8 times the limit 2 / steepness. Picture and table: "
        "steepness 20, start (3, 1).";
    finding.look =
        "The constant just below the limit jumps from wall to wall and comes down; the one just above climbs with "
        "every jump. The cycle climbs while it is above the limit and falls further than it climbed: what counts is "
        "the product of the factors 1 - rate * steepness over the cycle.";
    finding.not_shown =
        "A network has a curvature that moves (experiment edge-of-stability) and gradients that are noisy "
        "(noise-floor).";
    finding.quantities = {
        {.name = "largest constant rate that comes down / (2 / steepness)",
         .values = each(outcomes, [](const Outcome& o) { return o.limit; }),
         .ratio = true,
         .at_least = 0.99,
         .at_most = 1.01},
        {.name = "loss after four cycles up to 1.8 limits / at the start",
         .values = each(outcomes, [](const Outcome& o) { return o.arrived; }),
         .ratio = true,
         .at_most = 0.01},
        {.name = "the same / loss of a constant with the cycle's budget",
         .values = each(outcomes, [](const Outcome& o) { return o.against_constant; }),
         .ratio = true},
    };
    draw_picture(finding);
}

}  // namespace

Experiment valley() {
    return {"What does a learning rate do in a valley?",
            "A constant rate comes down up to 2 / the steepest curvature and no further; a cycle may rise to 1.8 "
            "times that limit and still arrive.",
            10, run};
}

}  // namespace cyclone::lab
