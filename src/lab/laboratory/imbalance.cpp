// Few positives, and batches without any.
#include <cyclone/base/random.h>
#include <cyclone/data/synthetic.h>
#include <cyclone/metrics/ranking.h>
#include <cyclone/nn/init.h>
#include <cyclone/nn/layers.h>
#include <cyclone/schedule/cyclic.h>
#include <cyclone/schedule/decay.h>

#include <algorithm>
#include <array>

#include "lab/laboratory/digits.h"

namespace cyclone::lab {
namespace {

constexpr std::int64_t kBatch = 32, kNegativesPerPositive = 31;  // on average one positive per batch
constexpr std::int64_t kCounted = 50;                            // epochs whose batches are counted
constexpr std::int64_t kPoints = 8;                              // of a curve

struct Row {
    const char* name;
    Hue hue;
    int tone, dashes;
    bool cyclical;
    bool one_in_each;
};
constexpr std::array<Row, 4> kRows = {{{"constant, by chance", Hue::constant, 1, 1, false, false},
                                       {"constant, one in each", Hue::constant, 1, 0, false, true},
                                       {"triangular, by chance", Hue::cycle, 0, 1, true, false},
                                       {"triangular, one in each", Hue::cycle, 0, 0, true, true}}};
constexpr double kBase = 0.01, kMax = 0.2;

nn::Sequential patch_network(std::uint64_t seed) {
    nn::Sequential model = nn::Sequential();
    manual_seed(seed);
    model.add(nn::Conv2d{1, 8, {.kernel = 3, .padding = nn::same, .activation = relu}});
    model.add(nn::MaxPool2d{2});
    model.add(nn::Conv2d{8, 16, {.kernel = 3, .padding = nn::same, .activation = relu}});
    model.add(nn::MaxPool2d{2});
    model.add(nn::Flatten{});
    model.add(nn::Linear{4 * 4 * 16, 32, {.activation = relu}});
    model.add(nn::Linear{32, 2});
    return model;
}

// The batches by chance, but that each positive beyond the first of its batch has changed places with an image of a
// batch without any. All others are where they were, so that the two kinds of run differ in nothing else.
std::vector<std::int64_t> one_in_each(const data::SamplerInput& input) {
    auto order = data::epoch_order(static_cast<std::int64_t>(input.labels.size()), input.seed, input.epoch);
    const auto batch = static_cast<std::size_t>(input.batch_size);
    std::vector<std::size_t> surplus, empty;
    for (std::size_t begin = 0; begin < order.size(); begin += batch) {
        std::size_t found = 0;
        for (std::size_t i = begin; i < std::min(order.size(), begin + batch); ++i)
            if (input.labels[static_cast<std::size_t>(order[i])] == 1 && found++ > 0) surplus.push_back(i);
        if (found == 0) empty.push_back(begin);
    }
    for (std::size_t i = 0; i < std::min(surplus.size(), empty.size()); ++i)
        std::swap(order[surplus[i]], order[empty[i]]);
    return order;
}

double auc_of(nn::Module& model, const data::Dataset& data) {
    const std::vector<double> both = probabilities_of(model, data);
    std::vector<double> positive;
    for (std::size_t i = 1; i < both.size(); i += 2) positive.push_back(both[i]);
    const auto labels = data.labels.to_vector<std::int64_t>();
    return metrics::roc_auc(labels, positive);
}

struct Outcome {
    std::vector<double> auc;  ///< in the middle and at the end
    double empty = 0;         ///< fraction of batches without positives
};

// Over the second half of the run.
double late_auc(const Outcome& outcome) { return mean_of({outcome.auc.begin() + kPoints / 2, outcome.auc.end()}); }

void run(const ExperimentOptions& options, Finding& finding) {
    const Bench bench(options, finding);
    const std::int64_t positives = bench.size(80, 3), test_positives = bench.size(200, 4);
    const std::int64_t points = kPoints, epochs = bench.size(8, 8);
    const std::int64_t images = positives * (1 + kNegativesPerPositive);
    const auto outcomes = bench.run(kRows.size(), [&](std::size_t i, std::uint64_t seed) {
        const Row& row = kRows[i];
        data::Splits splits{
            .train = data::synthetic_patches(
                {.positives = positives, .negatives = positives * kNegativesPerPositive, .seed = seed}),
            .test = data::synthetic_patches(
                {.positives = test_positives, .negatives = test_positives * 10, .seed = seed, .first = 1'000'000})};
        splits.standardize();
        nn::Sequential model = patch_network(seed);
        const double updates = static_cast<double>(epochs * updates_per_epoch(images, kBatch));
        Outcome out;
        NetworkRun how{.lr = row.cyclical ? schedule::triangular(
                                                {.base = kBase, .max = kMax, .step_size = Iterations{updates / 8}})
                                          : schedule::constant((kBase + kMax) / 2),
                       .epochs = epochs,
                       .batch_size = kBatch,
                       .seed = seed,
                       .after_epoch = [&](const train::EpochRow& at) {
                           if (at.epoch % (epochs / points) == 0) out.auc.push_back(auc_of(model, *splits.test));
                           return train::Control::proceed;
                       }};
        if (row.one_in_each) how.sampler = data::Sampler("one positive in each batch", one_in_each);
        if (!train_network(model, splits.train, how, bench)) out.auc.assign(static_cast<std::size_t>(points), 0.5);
        const auto labels = splits.train.labels.to_vector<std::int64_t>();
        double batches = 0;
        for (std::int64_t epoch = 0; epoch < kCounted; ++epoch) {
            const auto order = how.sampler.plain() ? data::epoch_order(images, seed, epoch)
                                                   : how.sampler.order({labels, 2, kBatch, seed, epoch});
            for (std::size_t begin = 0; begin < order.size(); begin += kBatch, ++batches) {
                const auto end = std::min(order.size(), begin + kBatch);
                out.empty += std::none_of(order.begin() + static_cast<std::ptrdiff_t>(begin),
                                          order.begin() + static_cast<std::ptrdiff_t>(end),
                                          [&](std::int64_t image) { return image < positives; })
                                 ? 1
                                 : 0;
            }
        }
        out.empty /= batches;
        return out;
    });
    finding.setting =
        std::to_string(images) +
        " generated patches with one positive to 31 negatives, new ones for each seed, a small CNN, "
        "batches of 32, " +
        std::to_string(epochs) +
        " epochs: a constant of 0.105, and a triangular rate of the same budget from 0.01 to 0.2 in four cycles. "
        "Either the batches are drawn by chance; or in the same batches each positive beyond the first has changed "
        "places with an image of a batch without any, so that each batch holds one.";
    finding.look =
        "Dashed lines are batches by chance, a third of which holds no positive, solid ones batches with one positive "
        "each. Do they part, and under which of the two rates?";
    finding.not_shown =
        "What balancing the classes does (half of each batch positive): that changes the fraction of positives and "
        "with it the probabilities. cyclone compare --rebalance tries it.";
    finding.header = {"rate, positives", "AUC at the end", "batches without positives, %"};
    PicturePanel& panel = finding.panels.emplace_back(
        PicturePanel{.x = {.label = "epoch"}, .y = {.label = "AUC on the test set"}, .height = 300});
    for (std::size_t i = 0; i < kRows.size(); ++i) {
        const Row& row = kRows[i];
        PictureMark line{
            .kind = MarkKind::line_with_dots, .name = row.name, .hue = row.hue, .tone = row.tone, .dashes = row.dashes};
        for (std::int64_t k = 0; k < points; ++k) {
            line.x.push_back(static_cast<double>((k + 1) * (epochs / points)));
            line.y.push_back(
                mean_of(each(outcomes[i], [k](const Outcome& o) { return o.auc[static_cast<std::size_t>(k)]; })));
        }
        panel.marks.push_back(line);
        finding.rows.push_back(
            {row.name, {line.y.back(), 100 * mean_of(each(outcomes[i], [](const Outcome& o) { return o.empty; }))}});
    }
    const auto gain = [&](std::size_t with, std::size_t without) {
        std::vector<double> values;
        for (std::size_t seed = 0; seed < finding.seeds.size(); ++seed)
            values.push_back(late_auc(outcomes[with][seed]) - late_auc(outcomes[without][seed]));
        return values;
    };
    const std::vector<double> constant = gain(1, 0), triangular = gain(3, 2);
    std::vector<double> both;
    for (std::size_t seed = 0; seed < constant.size(); ++seed) both.push_back((constant[seed] + triangular[seed]) / 2);
    const double formula = std::pow(1 - 1.0 / (1 + kNegativesPerPositive), static_cast<double>(kBatch));
    finding.quantities = {
        {.name = "fraction of batches without positives, counted / (1 - p)^32",
         .values = each(outcomes[0], [formula](const Outcome& o) { return o.empty / formula; }),
         .ratio = true,
         .at_least = 0.95,
         .at_most = 1.05},
        {.name = "mean AUC over the second half of the run, one positive in each batch minus by chance, both rates",
         .values = both,
         .at_least = 0.01},
        {.name = "the same, constant alone", .values = constant},
        {.name = "the same, triangular alone", .values = triangular},
    };
}

}  // namespace

Experiment imbalance() {
    return {"Do batches without positives cost anything?",
            "With one positive in 32 images a fraction (1 - p)^32, a third, of the batches holds none, and that "
            "costs: with exactly one in each batch the AUC over the second half of the run, mean of a constant and a "
            "triangular rate, is at least 0.01 higher.",
            20, run};
}

}  // namespace cyclone::lab
