// Super-convergence in small: the test error over the number of updates, for schedules that are made for that number.
#include <cyclone/base/number_text.h>
#include <cyclone/schedule/decay.h>
#include <cyclone/schedule/one_cycle.h>

#include <array>

#include "lab/laboratory/digits.h"

namespace cyclone::lab {
namespace {

constexpr double kMomentum = 0.9, kDropout = 0.25;
constexpr std::int64_t kBatch = 32;
constexpr std::array<std::int64_t, 4> kEpochs = {2, 4, 8, 16};

struct Row {
    const char* name;
    Hue hue;
    int tone;
    double rate;
    Schedule (*make)(double rate, Length run);
};

Schedule constant(double rate, Length) { return schedule::constant(rate); }
Schedule linear(double rate, Length run) { return schedule::linear({.start = rate, .end = 0, .length = run}); }
Schedule one_cycle(double rate, Length run) { return schedule::one_cycle({.max = rate, .length = run}); }
const std::array<Row, 6> kRows = {{{"constant 0.02", Hue::constant, 0, 0.02, constant},
                                   {"constant 0.05", Hue::constant, 2, 0.05, constant},
                                   {"linear 0.05", Hue::decay, 1, 0.05, linear},
                                   {"linear 0.1", Hue::decay, 4, 0.1, linear},
                                   {"one-cycle 0.05", Hue::cycle, 1, 0.05, one_cycle},
                                   {"one-cycle 0.1", Hue::cycle, 3, 0.1, one_cycle}}};
using Family = std::array<std::size_t, 2>;
constexpr Family kConstants = {0, 1}, kLinears = {2, 3}, kOneCycles = {4, 5};

// errors[schedule][length][seed]
using Errors = std::vector<OverSeeds<double>>;

// The one with the lowest mean error at this length.
std::size_t best_of(const Errors& errors, const Family& rows, std::size_t length) {
    std::size_t best = rows[0];
    for (const std::size_t row : rows)
        if (mean_of(errors[row][length]) < mean_of(errors[best][length])) best = row;
    return best;
}

// Per seed, the geometric mean over lengths of get(length, seed).
template <class Get>
std::vector<double> over_lengths(std::size_t lengths, std::size_t seeds, Get get) {
    std::vector<double> values;
    for (std::size_t seed = 0; seed < seeds; ++seed) {
        std::vector<double> list;
        for (std::size_t length = 0; length < lengths; ++length) list.push_back(get(length, seed));
        values.push_back(geometric_mean(list));
    }
    return values;
}

void draw(const Errors& errors, std::int64_t updates, Finding& finding) {
    PicturePanel& panel = finding.panels.emplace_back(
        PicturePanel{.x = {.label = "updates that the schedule was made for (logarithmic)", .logarithmic = true},
                     .y = {.label = "test error, % (logarithmic)", .logarithmic = true},
                     .height = 320});
    finding.header = {"schedule"};
    for (const std::int64_t epochs : kEpochs)
        finding.header.push_back("% errors, " + std::to_string(epochs) + " epochs");
    for (std::size_t row = 0; row < kRows.size(); ++row) {
        PictureMark line{
            .kind = MarkKind::line_with_dots, .name = kRows[row].name, .hue = kRows[row].hue, .tone = kRows[row].tone};
        PictureMark dots{.kind = MarkKind::dots, .hue = line.hue, .tone = line.tone, .thin = true};
        for (std::size_t length = 0; length < kEpochs.size(); ++length) {
            add_point(line, dots, static_cast<double>(updates * kEpochs[length]), 100 * mean_of(errors[row][length]),
                      each(errors[row][length], in_percent));
        }
        finding.rows.push_back({line.name, line.y});
        panel.marks.push_back(std::move(dots));
        panel.marks.push_back(std::move(line));
    }
}

void run(const ExperimentOptions& options, Finding& finding) {
    const Bench bench(options, finding);
    const std::int64_t images = bench.size(1000, 32), tests = bench.size(4000, 64);
    const std::int64_t updates = updates_per_epoch(images, kBatch);
    const auto flat = bench.run(kRows.size() * kEpochs.size(), [&](std::size_t i, std::uint64_t seed) {
        const Row& row = kRows[i / kEpochs.size()];
        const std::int64_t full = kEpochs[i % kEpochs.size()], epochs = bench.size(full, full / 2);
        const DigitsTask task = draw_digits(images, tests, seed);
        nn::Sequential model = digits_network(seed, kDropout);
        const bool good = train_network(model, task.train,
                                        {.lr = row.make(row.rate, Iterations{updates * epochs}),
                                         .epochs = epochs,
                                         .batch_size = kBatch,
                                         .momentum = kMomentum,
                                         .seed = seed},
                                        bench);
        return error_above_zero(model, task.test, good);
    });
    Errors errors(kRows.size());
    for (std::size_t i = 0; i < flat.size(); ++i) errors[i / kEpochs.size()].push_back(flat[i]);
    const std::size_t lengths = kEpochs.size(), seeds = finding.seeds.size();
    const auto best = [&](const Family& family, std::size_t length, std::size_t seed) {
        return errors[best_of(errors, family, length)][length][seed];
    };
    // Against the best constant of twice the length.
    const auto half = [&](const Family& family) {
        return over_lengths(lengths - 1, seeds, [&](std::size_t length, std::size_t seed) {
            return best(family, length, seed) / best(kConstants, length + 1, seed);
        });
    };
    finding.setting =
        number_text::significant(static_cast<double>(images), 4) +
        " drawn digits of 14 x 14 pixels, new ones for each seed, a CNN of two convolutions, SGD with momentum 0.9, "
        "batches of 32. Each schedule is made for 2, 4, 8 and 16 epochs; of constants, lines "
        "and cycles the better one of two counts at each length.";
    finding.look =
        "Follow a height from left to right: where a line crosses it is the number of updates that the schedule needs "
        "for that error. Compare one-cycle (red and ochre) with the constants (blue), and then with the straight lines "
        "(grey).";
    finding.not_shown =
        "That this is so for deep networks and rates of 3, as in Smith and Topin 2017 (arXiv 1708.07120). The rates "
        "were not tuned beyond these.";
    finding.quantities = {
        {.name = "test error, one cycle / best constant of twice its updates",
         .values = half(kOneCycles),
         .ratio = true,
         .at_most = 1.05},
        {.name = "test error, best straight line / one cycle of the same length",
         .values = over_lengths(lengths, seeds,
                                [&](std::size_t length, std::size_t seed) {
                                    return best(kLinears, length, seed) / best(kOneCycles, length, seed);
                                }),
         .ratio = true,
         .at_least = 1.05},
        {.name = "test error, straight line / best constant of twice its updates",
         .values = half(kLinears),
         .ratio = true},
    };
    draw(errors, updates, finding);
}

}  // namespace

Experiment super_convergence() {
    return {"Does one cycle save half of the updates?",
            "One cycle gets with half of the updates to the test error of the best constant rate, and it is the cycle "
            "that does it: a straight line down to 0 makes at least 5 % more errors.",
            18, run};
}

}  // namespace cyclone::lab
