// Momentum that moves against the rate: what does it do to a cycle?
#include <cyclone/schedule/cyclic.h>

#include <array>

#include "lab/laboratory/bench.h"
#include "lab/laboratory/valley.h"

namespace cyclone::lab {
namespace {

constexpr double kBase = 0.001, kMax = 0.008, kLow = 0.85, kHigh = 0.95, kMiddle = 0.9;
constexpr std::uint64_t kStep = 100, kUpdates = 12 * kStep;
constexpr std::uint64_t kEvery = 4;            // updates between two points of the picture
constexpr std::uint64_t kSettled = 4 * kStep;  // the first two cycles are the way to the floor

struct Row {
    const char* name;
    Hue hue;
    int tone;
    double at_foot, at_peak;  // momentum
};
constexpr std::array<Row, 3> kRows = {{{"constant 0.9", Hue::constant, 1, kMiddle, kMiddle},
                                       {"against the rate", Hue::cycle, 0, kHigh, kLow},
                                       {"with the rate", Hue::other, 0, kLow, kHigh}}};

Schedule rate() { return schedule::triangular({.base = kBase, .max = kMax, .step_size = Iterations{kStep}}); }

double momentum_of(const Row& row, double lr) {
    return row.at_foot + (row.at_peak - row.at_foot) * (lr - kBase) / (kMax - kBase);
}

// Of the walks of one seed: the mean loss over the updates. Heavy ball as in optim::Sgd: v = m v + g, w -= lr v.
std::vector<double> mean_losses(const Row& row, std::uint64_t seed, std::int64_t walks) {
    const Valley valley{.steepness = 20, .noise = 0.3};
    const Schedule rates = rate();
    const double noise_b = valley.noise * std::sqrt(valley.steepness);
    std::vector<double> losses(kUpdates + 1, 0.0);
    for (std::int64_t walk = 0; walk < walks; ++walk) {
        const Random random(seed, static_cast<std::uint64_t>(walk));
        Valley::Place place, velocity{.a = 0, .b = 0};
        for (std::uint64_t t = 0; t <= kUpdates; ++t) {
            losses[t] += valley.loss(place) / static_cast<double>(walks);
            const double lr = rates.value(t), m = momentum_of(row, lr);
            velocity.a = m * velocity.a + place.a + valley.noise * random.normal(2 * t);
            velocity.b = m * velocity.b + valley.steepness * place.b + noise_b * random.normal(2 * t + 1);
            place.a -= lr * velocity.a;
            place.b -= lr * velocity.b;
        }
    }
    return losses;
}

// The mean loss of a curve at every second turn of the rate from `first` on.
double mean_at(const std::vector<double>& losses, std::uint64_t first) {
    double sum = 0;
    int count = 0;
    for (std::uint64_t t = first; t <= kUpdates; t += 2 * kStep, ++count) sum += losses[t];
    return sum / count;
}

void draw(const OverSeeds<std::vector<double>>& losses, Finding& finding) {
    finding.shared_x = true;
    finding.panels = {
        {.x = {.label = "update"}, .y = {.label = "rate / (1 - momentum)", .low = 0}, .height = 110},
        {.x = {.label = "update"}, .y = {.label = "loss, mean of the walks (logarithmic)", .logarithmic = true}}};
    std::vector<double> x;
    for (std::uint64_t t = 0; t <= kUpdates; t += kEvery) x.push_back(static_cast<double>(t));
    const Schedule rates = rate();
    finding.header = {"momentum", "at the foot", "at the peak", "loss at the feet", "loss at the peaks"};
    for (std::size_t i = 0; i < kRows.size(); ++i) {
        const Row& row = kRows[i];
        PictureMark effective{.name = row.name, .hue = row.hue, .tone = row.tone, .x = x};
        for (const double t : x) {
            const double lr = rates.value(static_cast<std::uint64_t>(t));
            effective.y.push_back(lr / (1 - momentum_of(row, lr)));
        }
        finding.panels[0].marks.push_back(std::move(effective));
        add_curves(finding.panels[1], row.name, row.hue, row.tone, x, at_updates(losses[i], x));
        const auto mean_of_seeds = [&](std::uint64_t first) {
            return mean_of(each(losses[i], [first](const auto& curve) { return mean_at(curve, first); }));
        };
        finding.rows.push_back(
            {row.name, {row.at_foot, row.at_peak, mean_of_seeds(kSettled), mean_of_seeds(kSettled + kStep)}});
    }
}

void run(const ExperimentOptions& options, Finding& finding) {
    const Bench bench(options, finding);
    const std::int64_t walks = bench.size(200, 20);
    const auto losses =
        bench.run(kRows.size(), [&](std::size_t i, std::uint64_t seed) { return mean_losses(kRows[i], seed, walks); });
    finding.setting =
        "Gradient descent with momentum and noisy gradients on (a^2 + 20 b^2) / 2 from (3, 1), 1,200 updates; no "
        "network. The rate goes from 0.001 to 0.008 and back in six cycles; momentum is 0.9, or moves between 0.95 "
        "and 0.85. A seed is the mean of " +
        std::to_string(walks) + " walks.";
    finding.look =
        "The effective rate, rate / (1 - momentum), in the upper panel: against the rate its cycle is flat, with the "
        "rate it is steep. The loss below follows it: the flat cycle has the lowest peaks and the highest feet.";
    finding.not_shown =
        "That a network is trained better: the policy is meant to allow higher rates and shorter runs there, and "
        "this valley has no such gain. Here it costs at the feet.";
    const auto at = [&](std::size_t row, std::uint64_t first) {
        return each(losses[row], [first](const auto& curve) { return mean_at(curve, first); });
    };
    finding.quantities = {{.name = "loss at the peaks, constant / against the rate",
                           .values = ratios(at(0, kSettled + kStep), at(1, kSettled + kStep)),
                           .ratio = true,
                           .at_least = 1.2},
                          {.name = "loss at the feet, against the rate / constant",
                           .values = ratios(at(1, kSettled), at(0, kSettled)),
                           .ratio = true,
                           .at_least = 1.2}};
    draw(losses, finding);
}

}  // namespace

Experiment momentum() {
    return {"What does momentum do that moves against the rate?",
            "Momentum that moves against the rate flattens the cycle of the effective rate: against a constant "
            "momentum of 0.9 the loss at the peaks is at least 1.2 times lower, and at the feet at least 1.2 times "
            "higher.",
            10, run};
}

}  // namespace cyclone::lab
