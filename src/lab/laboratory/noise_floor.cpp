// The noise floor: at equal budget, when does coming down pay?
#include <cyclone/schedule/cyclic.h>
#include <cyclone/schedule/decay.h>

#include <array>

#include "lab/laboratory/bench.h"
#include "lab/laboratory/noise_floor.h"

namespace cyclone::lab {
namespace {

constexpr std::uint64_t kEvery = 4;  // updates between two points of the picture

struct Row {
    const char* name;
    Hue hue;
    int tone;
};
constexpr std::array<Row, 3> kRows = {
    {{"constant", Hue::constant, 1}, {"triangular", Hue::cycle, 0}, {"linear", Hue::decay, 1}}};

// Of the walks of one seed: the mean loss over the updates.
std::vector<double> mean_losses(const Schedule& rate, std::uint64_t seed, std::int64_t walks) {
    std::vector<double> losses(noise_floor_updates + 1, 0.0);
    for (std::int64_t walk = 0; walk < walks; ++walk)
        noise_floor_valley.descend(rate, noise_floor_updates, {}, Random(seed, static_cast<std::uint64_t>(walk)),
                                   [&](std::uint64_t update, Valley::Place place) {
                                       losses[update] += noise_floor_valley.loss(place) / static_cast<double>(walks);
                                   });
    return losses;
}

void draw(const OverSeeds<std::vector<double>>& losses, const std::vector<Schedule>& rates, Finding& finding) {
    finding.shared_x = true;
    finding.panels = {
        {.x = {.label = "update"}, .y = {.label = "learning rate", .low = 0}, .height = 110},
        {.x = {.label = "update"}, .y = {.label = "loss, mean of the walks (logarithmic)", .logarithmic = true}}};
    std::vector<double> x;
    for (std::uint64_t t = 0; t <= noise_floor_updates; t += kEvery) x.push_back(static_cast<double>(t));
    finding.header = {"schedule", "budget", "last rate", "loss at the end"};
    for (std::size_t i = 0; i < kRows.size(); ++i) {
        const auto& [name, hue, tone] = kRows[i];
        PictureMark rate{.name = name, .hue = hue, .tone = tone};
        double budget = 0;
        for (std::uint64_t t = 0; t < noise_floor_updates; ++t) {
            budget += rates[i].value(t);
            if (t % kEvery != 0 && t + 1 != noise_floor_updates) continue;
            rate.x.push_back(static_cast<double>(t));
            rate.y.push_back(rates[i].value(t));
        }
        finding.panels[0].marks.push_back(std::move(rate));
        add_curves(finding.panels[1], name, hue, tone, x, at_updates(losses[i], x));
        finding.rows.push_back({name,
                                {budget, rates[i].value(noise_floor_updates - 1),
                                 mean_of(each(losses[i], [](const auto& curve) { return curve.back(); }))}});
    }
}

void run(const ExperimentOptions& options, Finding& finding) {
    const Bench bench(options, finding);
    const std::vector<Schedule> rates = noise_floor_rates();
    const std::int64_t walks = bench.size(200, 10);
    const auto losses =
        bench.run(rates.size(), [&](std::size_t i, std::uint64_t seed) { return mean_losses(rates[i], seed, walks); });
    std::vector<std::vector<double>> ends;
    for (const auto& of_seeds : losses)
        ends.push_back(each(of_seeds, [](const std::vector<double>& curve) { return curve.back(); }));
    finding.setting =
        "Gradient descent with noisy gradients on (a^2 + 20 b^2) / 2 from (3, 1), 600 updates; no network. Constant "
        "0.04, triangular 0.002 to 0.078 in six cycles, linear from 0.08 to 0: the sum of the rates is 24 for each. A "
        "seed is the mean of " +
        std::to_string(walks) + " walks.";
    finding.look =
        "After the first fall every loss hovers at a floor that follows the rate: high at the tops of the cycle, low "
        "at its feet. The constant stays at its floor, the cycle ends at a foot, the straight line goes on falling to "
        "the end.";
    finding.not_shown =
        "That a cycle is better than other ways of coming down: here the straight line is. And coming down pays only "
        "once the descent has reached its floor: with a tenth of the updates it is the budget that decides.";
    const double floor = noise_floor_expected(rates[0]);
    finding.quantities = {
        {.name = "loss, constant / triangular", .values = ratios(ends[0], ends[1]), .ratio = true, .at_least = 2},
        {.name = "loss, triangular / linear", .values = ratios(ends[1], ends[2]), .ratio = true, .at_least = 2},
        {.name = "loss of the constant, measured / computed from the noise",
         .values = each(ends[0], [floor](double loss) { return loss / floor; }),
         .ratio = true,
         .at_least = 0.8,
         .at_most = 1.25},
    };
    draw(losses, rates, finding);
}

}  // namespace

std::vector<Schedule> noise_floor_rates() {
    constexpr double kMean = 0.04, kBase = 0.002;
    constexpr double kUpdates = static_cast<double>(noise_floor_updates);
    return {
        schedule::constant(kMean),
        schedule::triangular({.base = kBase, .max = 2 * kMean - kBase, .step_size = Iterations{kUpdates / 12}}),
        // So that the sum over the updates 0 ... n - 1 is that of the others.
        schedule::linear({.start = 2 * kMean * kUpdates / (kUpdates + 1), .end = 0, .length = Iterations{kUpdates}})};
}

double noise_floor_expected(const Schedule& rate) {
    const Valley& v = noise_floor_valley;
    const Valley::Place start;
    double a2 = start.a * start.a, b2 = start.b * start.b;  // expectations of the squares
    for (std::uint64_t t = 0; t < noise_floor_updates; ++t) {
        const double lr = rate.value(t), factor = 1 - lr * v.steepness;
        a2 = (1 - lr) * (1 - lr) * a2 + lr * lr * v.noise * v.noise;
        b2 = factor * factor * b2 + lr * lr * v.noise * v.noise * v.steepness;
    }
    return (a2 + v.steepness * b2) / 2;
}

Experiment noise_floor() {
    return {
        "When does coming down pay?",
        "With noisy gradients the rate sets a floor for the loss: at the same learning-rate budget a cycle that ends "
        "at its foot leaves less than half of a constant's loss, and a straight line to 0 less than half of the "
        "cycle's.",
        10, run};
}

}  // namespace cyclone::lab
