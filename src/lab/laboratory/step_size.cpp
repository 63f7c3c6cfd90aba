// The step size of a triangular cycle, and where in the cycle the run stops.
#include <cyclone/schedule/cyclic.h>
#include <cyclone/schedule/decay.h>

#include <algorithm>
#include <array>

#include "lab/laboratory/digits.h"

namespace cyclone::lab {
namespace {

constexpr std::array kHalfCycles = {1, 2, 3, 4, 5, 6, 8, 9, 16, 17};  // per run: even ones stop at a foot
constexpr double kBase = 0.002, kMax = 0.12;
constexpr std::int64_t kBatch = 32, kEpochs = 10;

bool at_foot(int half_cycles) { return half_cycles % 2 == 0; }

double loss_of(const Score& score) { return score.loss; }

// A list for each number of half cycles, with a value for each seed.
struct Losses {
    std::vector<std::vector<double>> feet, tops;
};

Losses draw(const OverSeeds<Score>& outcomes, std::int64_t updates, Finding& finding) {
    finding.header = {"half cycles", "step size in updates", "stops at a top", "test loss", "test error, %"};
    PicturePanel& panel = finding.panels.emplace_back(
        PicturePanel{.x = {.label = "step size: half a cycle, in updates (logarithmic)", .logarithmic = true},
                     .y = {.label = "test loss (logarithmic)", .logarithmic = true},
                     .height = 300});
    PictureMark foot{.kind = MarkKind::line_with_dots, .name = "stops at a foot", .hue = Hue::cycle, .tone = 0};
    PictureMark top{.kind = MarkKind::line_with_dots, .name = "stops at a top", .hue = Hue::cycle, .tone = 2};
    Losses out;
    for (std::size_t i = 0; i < kHalfCycles.size(); ++i) {
        const bool is_foot = at_foot(kHalfCycles[i]);
        const auto& losses = (is_foot ? out.feet : out.tops).emplace_back(each(outcomes[i], loss_of));
        PictureMark& line = is_foot ? foot : top;
        PictureMark dots{.kind = MarkKind::dots, .hue = Hue::cycle, .tone = line.tone, .thin = true};
        add_point(line, dots, static_cast<double>(updates) / kHalfCycles[i], geometric_mean(losses), losses);
        panel.marks.push_back(std::move(dots));
        finding.rows.push_back({std::to_string(kHalfCycles[i]),
                                {line.x.back(), is_foot ? 0.0 : 1.0, line.y.back(),
                                 100 * mean_of(each(outcomes[i], [](const Score& score) { return score.error; }))}});
    }
    panel.marks.push_back({.kind = MarkKind::reference,
                           .name = "constant",
                           .hue = Hue::constant,
                           .tone = 1,
                           .y = {geometric_mean(each(outcomes.back(), loss_of))}});
    panel.marks.push_back(foot);
    panel.marks.push_back(top);
    return out;
}

void run(const ExperimentOptions& options, Finding& finding) {
    const Bench bench(options, finding);
    const std::int64_t images = bench.size(1000, 96), tests = bench.size(4000, 64), epochs = bench.size(kEpochs, 2);
    const std::int64_t updates = epochs * updates_per_epoch(images, kBatch);
    // The last row is the constant of the same budget.
    const auto outcomes = bench.run(kHalfCycles.size() + 1, [&](std::size_t i, std::uint64_t seed) {
        const DigitsTask task = draw_digits(images, tests, seed);
        nn::Sequential model = digits_network(seed);
        const Schedule rate =
            i == kHalfCycles.size()
                ? schedule::constant((kBase + kMax) / 2)
                : schedule::triangular(
                      {.base = kBase,
                       .max = kMax,
                       .step_size = Iterations{std::max(1.0, static_cast<double>(updates) / kHalfCycles[i])}});
        const bool good =
            train_network(model, task.train, {.lr = rate, .epochs = epochs, .batch_size = kBatch, .seed = seed}, bench);
        return good ? score_of(model, task.test) : Score{0.9, kNone};
    });
    finding.setting = std::to_string(images) +
                      " drawn digits, new ones for each seed, a CNN without dropout, batches of 32, " +
                      std::to_string(updates) +
                      " updates without momentum. Triangular rates from 0.002 to 0.12 in 1 to 17 half cycles: whole "
                      "numbers of them have one budget, and an odd number stops at a top. Besides, a constant at "
                      "their mean.";
    finding.look =
        "The two lines are the same schedules, stopped at a foot and at a top. How far are they apart, and how level "
        "is each of them?";
    finding.not_shown =
        "What step size suits runs of many epochs, or other data: Smith's advice is 2 to 10 epochs, here a whole run "
        "has ten.";
    const auto constant = each(outcomes.back(), loss_of);
    const auto [feet, tops] = draw(outcomes, updates, finding);
    std::vector<double> by_place, by_length, more, foot_means;
    for (std::size_t seed = 0; seed < finding.seeds.size(); ++seed) {
        const auto of_seed = [seed](const std::vector<double>& list) { return list[seed]; };
        foot_means.push_back(geometric_mean(each(feet, of_seed)));
        by_place.push_back(geometric_mean(each(tops, of_seed)) / foot_means.back());
        // From half a run to a sixteenth.
        by_length.push_back(feet.front()[seed] / feet.back()[seed]);
        more.push_back(std::abs(std::log(by_place.back())) - std::abs(std::log(by_length.back())));
    }
    finding.quantities = {
        {.name = "test loss, stopped at a top / at a foot", .values = by_place, .ratio = true, .at_least = 1.2},
        {.name = "by how much this is more, in logarithms, than the longest against the shortest cycle",
         .values = more,
         .at_least = 0},
        {.name = "test loss at a foot, longest / shortest cycle", .values = by_length, .ratio = true},
        {.name = "test loss, constant / cycles that stop at a foot",
         .values = ratios(constant, foot_means),
         .ratio = true},
    };
}

}  // namespace

Experiment step_size() {
    return {"How long should a cycle be, and where should a run stop?",
            "Where in the cycle a run stops matters more than how long its cycles are: stopped at a top the test loss "
            "is at least 1.2 times that at a foot, whatever the step size.",
            32, run};
}

}  // namespace cyclone::lab
