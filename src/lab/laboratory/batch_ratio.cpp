// Rate and batch size: does their ratio alone count?
#include <cyclone/base/number_text.h>
#include <cyclone/schedule/decay.h>

#include <array>

#include "lab/laboratory/digits.h"

namespace cyclone::lab {
namespace {

constexpr std::array<std::int64_t, 8> kBatches = {8, 16, 32, 64, 128, 256, 512, 1024};
constexpr std::size_t kLastAlike = 3;  // batches of 64: from a rate of 0.08 on single seeds come apart
constexpr double kRatio = 0.005 / 8;   // rate per image
constexpr std::int64_t kEpochs = 4;
constexpr double kKnowsNothing = 2.302585;  // loss of ten equal probabilities

void run(const ExperimentOptions& options, Finding& finding) {
    const Bench bench(options, finding);
    const std::int64_t images = bench.size(4096, 128), tests = bench.size(2000, 64);
    const std::int64_t epochs = bench.size(kEpochs, 1);
    struct Outcome {
        Score train, test;
    };
    const auto outcomes = bench.run(kBatches.size(), [&](std::size_t i, std::uint64_t seed) {
        const DigitsTask task = draw_digits(images, tests, seed);
        nn::Sequential model = digits_network(seed);
        const bool good = train_network(model, task.train,
                                        {.lr = schedule::constant(kRatio * static_cast<double>(kBatches[i])),
                                         .epochs = epochs,
                                         .batch_size = kBatches[i],
                                         .seed = seed},
                                        bench);
        if (!good) return Outcome{{0.9, kKnowsNothing}, {0.9, kKnowsNothing}};
        return Outcome{score_of(model, task.train), score_of(model, task.test)};
    });
    finding.setting =
        std::to_string(images) +
        " drawn digits, new ones for each seed, a CNN without dropout, SGD without momentum, four epochs. Eight pairs "
        "of batch size and constant rate, always 0.000625 times the batch size. A run that diverges counts as one that "
        "knows nothing, with a loss of 2.3.";
    finding.look =
        "From left to right each batch is twice as large and so is the rate; there are half as many updates. The line "
        "is level as long as only the ratio counts, and leaves the level where the rate meets its limit.";
    finding.not_shown =
        "Where the limit lies for another network, with momentum or with batch norm; and that training loss and test "
        "error follow each other further on.";
    finding.header = {"batch size", "rate", "updates", "training loss", "test error, %"};
    PicturePanel& panel = finding.panels.emplace_back(
        PicturePanel{.x = {.label = "batch size; the rate is 0.000625 times that (logarithmic)", .logarithmic = true},
                     .y = {.label = "training loss after four epochs (logarithmic)", .logarithmic = true},
                     .height = 300});
    PictureMark line{.name = "mean", .hue = Hue::constant, .tone = 2};
    PictureMark dots{.kind = MarkKind::dots, .name = "a seed", .hue = Hue::constant, .tone = 0};
    std::vector<std::vector<double>> losses;
    for (std::size_t i = 0; i < kBatches.size(); ++i) {
        const auto& loss = losses.emplace_back(each(outcomes[i], [](const Outcome& o) { return o.train.loss; }));
        add_point(line, dots, static_cast<double>(kBatches[i]), geometric_mean(loss), loss);
        finding.rows.push_back({std::to_string(kBatches[i]),
                                {kRatio * static_cast<double>(kBatches[i]),
                                 static_cast<double>(epochs * updates_per_epoch(images, kBatches[i])), line.y.back(),
                                 100 * mean_of(each(outcomes[i], [](const Outcome& o) { return o.test.error; }))}});
    }
    panel.marks = {line, dots};
    finding.quantities = {
        {.name = "training loss, batches of 64 / batches of 8",
         .values = ratios(losses[kLastAlike], losses[0]),
         .ratio = true,
         .at_least = 0.67,
         .at_most = 1.5},
        {.name = "training loss, batches of 1,024 / batches of 8",
         .values = ratios(losses.back(), losses[0]),
         .ratio = true,
         .at_least = 3},
        {.name = "training loss, batches of 128 / batches of 8",
         .values = ratios(losses[kLastAlike + 1], losses[0]),
         .ratio = true},
    };
}

}  // namespace

Experiment batch_ratio() {
    return {
        "Does only rate divided by batch size count?",
        "Twice the batch with twice the rate is the same training, from batches of 8 to 64 within a factor of 1.5 of "
        "the loss, and no more where the rate meets its limit.",
        10, run};
}

}  // namespace cyclone::lab
