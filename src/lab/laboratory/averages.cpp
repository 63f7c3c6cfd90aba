// Snapshot ensembles and averaged weights of a cyclical run, against those of a constant.
#include <cyclone/schedule/decay.h>
#include <cyclone/schedule/restarts.h>
#include <cyclone/train/averages.h>

#include <array>

#include "lab/laboratory/digits.h"
#include "lab/laboratory/landscape.h"

namespace cyclone::lab {
namespace {

constexpr std::int64_t kCycles = 5, kEpochsPerCycle = 4, kBatch = 32;
constexpr double kMax = 0.2, kWrong = 0.1;

struct Row {
    const char* name;
    Hue hue;
    int tone;
};
constexpr std::array<Row, 2> kRows = {{{"restarts", Hue::cycle, 4}, {"constant", Hue::constant, 1}}};

// Over the number of snapshots so far: of the last network, of the ensemble, of the averaged weights.
struct Outcome {
    std::vector<Score> last, ensemble, average;
};

Outcome look_at(const train::Snapshots& snapshots, nn::Module& model, const data::Dataset& test) {
    Outcome out;
    std::vector<double> sum;
    Weights mean;
    double count = 0;
    for (const auto& snapshot : snapshots.all()) {
        model.load_state_dict(snapshot.weights);
        const Weights weights = weights_of(model);
        const std::vector<double> probabilities = probabilities_of(model, test);
        sum.resize(probabilities.size(), 0.0);
        mean.resize(weights.size(), 0.0F);
        ++count;
        for (std::size_t k = 0; k < sum.size(); ++k) sum[k] += probabilities[k];
        mean = plus(mean, 1 / count, plus(weights, -1, mean));
        out.last.push_back(score_of(probabilities, test));
        out.ensemble.push_back(score_of(each(sum, [count](double value) { return value / count; }), test));
        set_weights(model, mean);
        out.average.push_back(score_of(model, test));
    }
    return out;
}

std::vector<double> at_end(const std::vector<Outcome>& list, std::vector<Score> Outcome::*which, double Score::*field) {
    return each(list, [&](const Outcome& o) { return (o.*which).back().*field; });
}

void draw(const OverSeeds<Outcome>& outcomes, Finding& finding) {
    PicturePanel& panel =
        finding.panels.emplace_back(PicturePanel{.x = {.label = "cycles so far (of the constant: the same updates)"},
                                                 .y = {.label = "test error, %"},
                                                 .height = 300});
    finding.header = {"weights", "test error, %", "test log loss"};
    for (std::size_t i = 0; i < kRows.size(); ++i) {
        const auto add = [&](const char* what, std::vector<Score> Outcome::*which, int dashes) {
            PictureMark line{.kind = MarkKind::line_with_dots,
                             .name = std::string(kRows[i].name) + ", " + what,
                             .hue = kRows[i].hue,
                             .tone = kRows[i].tone,
                             .dashes = dashes};
            for (std::size_t k = 0; k < static_cast<std::size_t>(kCycles); ++k) {
                line.x.push_back(static_cast<double>(k + 1));
                line.y.push_back(
                    mean_of(each(outcomes[i], [&](const Outcome& o) { return 100 * (o.*which)[k].error; })));
            }
            finding.rows.push_back({line.name, {line.y.back(), mean_of(at_end(outcomes[i], which, &Score::loss))}});
            panel.marks.push_back(std::move(line));
        };
        add("last", &Outcome::last, 1);
        add("ensemble", &Outcome::ensemble, 0);
        add("averaged weights", &Outcome::average, 2);
    }
}

void run(const ExperimentOptions& options, Finding& finding) {
    const Bench bench(options, finding);
    const std::int64_t images = bench.size(1000, 64), tests = bench.size(4000, 64);
    const std::int64_t per_cycle = bench.size(kEpochsPerCycle, 1);
    const auto updates = static_cast<double>(per_cycle * updates_per_epoch(images, kBatch));
    const auto outcomes = bench.run(kRows.size(), [&](std::size_t i, std::uint64_t seed) {
        const DigitsTask task = draw_digits(images, tests, seed, kWrong);
        nn::Sequential model = digits_network(seed);
        train::Snapshots snapshots({.every = Iterations{updates}});
        const Schedule rate = i == 0 ? schedule::cosine_warm_restarts({.max = kMax, .period = Iterations{updates}})
                                     : schedule::constant(kMax / 2);
        const bool good = train_network(
            model, task.train,
            {.lr = rate, .epochs = kCycles * per_cycle, .batch_size = kBatch, .seed = seed, .hooks = {&snapshots}},
            bench);
        if (good) return look_at(snapshots, model, task.test);
        const std::vector<Score> nothing(kCycles, {0.9, kNone});
        return Outcome{nothing, nothing, nothing};
    });
    finding.setting = std::to_string(images) +
                      " drawn digits, new ones for each seed, a tenth of them with a wrong label; a CNN without "
                      "dropout or batch norm, batches of 32, no momentum: five cosine cycles of four epochs from 0.2 "
                      "to 0, and a constant of 0.1, the same budget. Weights are kept at the end of each cycle, and "
                      "of the constant's run at the same updates. An ensemble is the mean of the probabilities, an "
                      "average the mean of the weights.";
    finding.look =
        "Dashed lines are the last network, solid ones the ensemble of all so far. Which gap is wider, and which "
        "solid line is lower?";
    finding.not_shown =
        "That the snapshots lie in different minima; nor that the gain grows with larger networks. The labels of the "
        "test set are right: its log loss (in the table) also charges that the networks have learned to expect wrong "
        "ones.";
    draw(outcomes, finding);
    const auto ratio = [&](double Score::*field, std::size_t a, std::vector<Score> Outcome::*of_a, std::size_t b,
                           std::vector<Score> Outcome::*of_b) {
        return ratios(at_end(outcomes[a], of_a, field), at_end(outcomes[b], of_b, field));
    };
    constexpr auto kError = &Score::error, kLoss = &Score::loss;
    finding.quantities = {
        {.name = "test error of the cyclical run, ensemble / last network",
         .values = ratio(kError, 0, &Outcome::ensemble, 0, &Outcome::last),
         .ratio = true,
         .at_most = 0.95},
        {.name = "test error of the ensembles, cyclical / constant",
         .values = ratio(kError, 0, &Outcome::ensemble, 1, &Outcome::ensemble),
         .ratio = true,
         .at_most = 0.95},
        {.name = "test error of the cyclical run, averaged weights / ensemble",
         .values = ratio(kError, 0, &Outcome::average, 0, &Outcome::ensemble),
         .ratio = true},
        {.name = "test error of the constant, ensemble / last network",
         .values = ratio(kError, 1, &Outcome::ensemble, 1, &Outcome::last),
         .ratio = true},
        {.name = "log loss of the cyclical run, ensemble / last network",
         .values = ratio(kLoss, 0, &Outcome::ensemble, 0, &Outcome::last),
         .ratio = true},
    };
}

}  // namespace

Experiment averages() {
    return {"What are snapshots of a cycle worth?",
            "The ensemble of a cyclical run's snapshots makes at least 5 % fewer errors than the run's last network, "
            "and at least 5 % fewer than an ensemble of a constant's checkpoints.",
            100, run};
}

}  // namespace cyclone::lab
