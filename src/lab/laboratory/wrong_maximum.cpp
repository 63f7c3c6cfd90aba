// A wrong maximum: a cycle against the best constant, both over a range of rates.
#include <cyclone/base/number_text.h>
#include <cyclone/schedule/cyclic.h>
#include <cyclone/schedule/decay.h>
#include <cyclone/schedule/one_cycle.h>

#include <array>

#include "lab/laboratory/digits.h"

namespace cyclone::lab {
namespace {

constexpr std::array kFactors = {0.125, 0.25, 0.5, 1.0, 2.0, 4.0};
constexpr double kRate = 0.2;  // mean rate at a factor of 1
// Errors of a good rate: some twice those of the best constant. The same for all seeds and whatever they are: a bound
// that came from their mean would tie the seeds together, and their interval would be too narrow.
constexpr double kGoodEnough = 0.04;
constexpr std::int64_t kBatch = 32, kEpochs = 4;

struct Row {
    const char* name;
    Hue hue;
    int tone;
    Schedule (*make)(double mean, Length run);
};

// Each with the budget of the constant, and cycles that end with the run.
Schedule constant(double mean, Length) { return schedule::constant(mean); }
Schedule triangular(double mean, Length run) {
    return schedule::triangular({.base = 0.02 * mean, .max = 1.98 * mean, .step_size = run * 0.25});
}
Schedule linear(double mean, Length run) { return schedule::linear({.start = 2 * mean, .end = 0, .length = run}); }

const std::array<Row, 3> kRows = {{{"constant", Hue::constant, 1, constant},
                                   {"triangular", Hue::cycle, 0, triangular},
                                   {"linear", Hue::decay, 1, linear}}};

// errors[schedule][factor][seed]
using Errors = std::vector<OverSeeds<double>>;

// The factor with the lowest mean error.
std::size_t best_factor(const OverSeeds<double>& errors) {
    std::size_t best = 0;
    for (std::size_t i = 1; i < errors.size(); ++i)
        if (mean_of(errors[i]) < mean_of(errors[best])) best = i;
    return best;
}

void draw(const Errors& errors, Finding& finding) {
    PicturePanel& panel = finding.panels.emplace_back(PicturePanel{
        .x = {.label = "mean rate (logarithmic); the maximum of cycle and line is twice that", .logarithmic = true},
        .y = {.label = "test error, % (logarithmic)", .logarithmic = true},
        .height = 320});
    finding.header = {"schedule"};
    for (const double factor : kFactors)
        finding.header.push_back("% errors, mean rate " + number_text::significant(kRate * factor));
    for (std::size_t row = 0; row < kRows.size(); ++row) {
        PictureMark line{
            .kind = MarkKind::line_with_dots, .name = kRows[row].name, .hue = kRows[row].hue, .tone = kRows[row].tone};
        PictureMark dots{.kind = MarkKind::dots, .hue = line.hue, .tone = line.tone, .thin = true};
        for (std::size_t i = 0; i < kFactors.size(); ++i) {
            add_point(line, dots, kRate * kFactors[i], 100 * mean_of(errors[row][i]), each(errors[row][i], in_percent));
        }
        finding.rows.push_back({line.name, line.y});
        panel.marks.push_back(std::move(dots));
        panel.marks.push_back(std::move(line));
    }
}

void run(const ExperimentOptions& options, Finding& finding) {
    const Bench bench(options, finding);
    const std::int64_t images = bench.size(1000, 96), tests = bench.size(4000, 64), epochs = bench.size(kEpochs, 1);
    const std::int64_t updates = epochs * updates_per_epoch(images, kBatch);
    const auto flat = bench.run(kRows.size() * kFactors.size(), [&](std::size_t i, std::uint64_t seed) {
        const DigitsTask task = draw_digits(images, tests, seed);
        nn::Sequential model = digits_network(seed);
        const double mean = kRate * kFactors[i % kFactors.size()];
        const bool good = train_network(model, task.train,
                                        {.lr = kRows[i / kFactors.size()].make(mean, Iterations{updates}),
                                         .epochs = epochs,
                                         .batch_size = kBatch,
                                         .seed = seed},
                                        bench);
        return error_above_zero(model, task.test, good);
    });
    Errors errors(kRows.size());
    for (std::size_t i = 0; i < flat.size(); ++i) errors[i / kFactors.size()].push_back(flat[i]);
    finding.setting = std::to_string(images) +
                      " drawn digits, new ones for each seed, a CNN without dropout, batches of 32, " +
                      std::to_string(updates) +
                      " updates without momentum. Mean rates from 0.025 to 0.8: a constant, two triangular cycles of "
                      "this mean, a straight line down of this mean. A run that diverges counts as 90 % errors.";
    finding.look =
        "The lowest point of each line is its best rate. How wide is each line at 4 % errors? A shift to the left or "
        "right is no gain: whoever knows the one rate knows the other.";
    finding.not_shown =
        "That a user would be wrong by such factors: a range test (cyclone find-lr) finds the rate within a factor of "
        "about two.";
    const auto best = [&](std::size_t row) { return errors[row][best_factor(errors[row])]; };
    // Per seed, of the rates, each twice the one before, how many are good enough.
    const auto width = [&](std::size_t row) {
        std::vector<double> counts(finding.seeds.size(), 0.0);
        for (const std::vector<double>& of_seeds : errors[row])
            for (std::size_t seed = 0; seed < counts.size(); ++seed)
                counts[seed] += of_seeds[seed] <= kGoodEnough ? 1 : 0;
        return counts;
    };
    const auto wider = [&](std::size_t row) {
        const std::vector<double> own = width(row), other = width(0);
        std::vector<double> list;
        for (std::size_t seed = 0; seed < own.size(); ++seed) list.push_back(own[seed] - other[seed]);
        return list;
    };
    finding.quantities = {
        {.name = "width of the range of good rates in doublings, triangular - constant",
         .values = wider(1),
         .at_least = 1},
        {.name = "the same, linear - constant", .values = wider(2)},
        {.name = "width of the range of good rates in doublings, constant", .values = width(0)},
        {.name = "test error at the best rate of each, triangular / constant",
         .values = ratios(best(1), best(0)),
         .ratio = true},
        {.name = "test error at the best rate of each, linear / constant",
         .values = ratios(best(2), best(0)),
         .ratio = true},
    };
    draw(errors, finding);
}

}  // namespace

Experiment wrong_maximum() {
    return {"Does a cycle forgive a wrong maximum?",
            "A cycle forgives a wrong rate better than a constant: the range of rates with at most 4 % errors, about "
            "twice those of the best constant, is wider by at least one doubling.",
            30, run};
}

}  // namespace cyclone::lab
