// Few positives, and batches without any.
#include <cyclone/base/random.h>
#include <cyclone/data/synthetic.h>
#include <cyclone/metrics/ranking.h>
#include <cyclone/nn/init.h>
#include <cyclone/nn/layers.h>
#include <cyclone/schedule/decay.h>

#include <algorithm>
#include <array>

#include "lab/laboratory/digits.h"

namespace cyclone::lab {
namespace {

constexpr std::int64_t kBatch = 32, kNegativesPerPositive = 31;  // on average one positive per batch
constexpr std::int64_t kCounted = 50;                            // epochs whose batches are counted
constexpr std::int64_t kPoints = 8;                              // epochs, and points of a curve

constexpr double kRate = 0.105;
constexpr double kMatters = 0.01;  // AUC

struct Row {
    const char* name;
    int dashes;
    bool one_in_each;
};
constexpr std::array<Row, 2> kRows = {{{"batches by chance", 1, false}, {"one positive in each", 0, true}}};

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
    std::vector<double> auc;  ///< of equally long parts of the run
    double empty = 0;         ///< fraction of batches without positives
};

double fraction_without_positives(const data::Sampler& sampler, const data::Dataset& data, std::uint64_t seed) {
    const auto labels = data.labels.to_vector<std::int64_t>();
    double batches = 0, empty = 0;
    for (std::int64_t epoch = 0; epoch < kCounted; ++epoch) {
        const auto order = sampler.plain() ? data::epoch_order(data.size(), seed, epoch)
                                           : sampler.order({labels, 2, kBatch, seed, epoch});
        for (std::size_t begin = 0; begin < order.size(); begin += kBatch, ++batches) {
            const auto end = std::min(order.size(), begin + kBatch);
            empty += std::none_of(order.begin() + static_cast<std::ptrdiff_t>(begin),
                                  order.begin() + static_cast<std::ptrdiff_t>(end),
                                  [&](std::int64_t image) { return labels[static_cast<std::size_t>(image)] == 1; })
                         ? 1
                         : 0;
        }
    }
    return empty / batches;
}

struct Sizes {
    std::int64_t positives, test_positives, test_negatives;
};

Outcome train_on(const Row& row, const Sizes& sizes, std::uint64_t seed, const Bench& bench) {
    data::Splits splits{
        .train = data::synthetic_patches(
            {.positives = sizes.positives, .negatives = sizes.positives * kNegativesPerPositive, .seed = seed}),
        .test = data::synthetic_patches(
            {.positives = sizes.test_positives, .negatives = sizes.test_negatives, .seed = seed, .first = 1'000'000})};
    splits.standardize();
    nn::Sequential model = patch_network(seed);
    Outcome out;
    NetworkRun how{.lr = schedule::constant(kRate),
                   .epochs = kPoints,
                   .batch_size = kBatch,
                   .seed = seed,
                   .after_epoch = [&](const train::EpochRow&) {
                       out.auc.push_back(auc_of(model, *splits.test));
                       return train::Control::proceed;
                   }};
    if (row.one_in_each) how.sampler = data::Sampler("one positive in each batch", one_in_each);
    if (!train_network(model, splits.train, how, bench)) out.auc.assign(static_cast<std::size_t>(kPoints), 0.5);
    out.empty = fraction_without_positives(how.sampler, splits.train, seed);
    return out;
}

// Of each seed: how much higher the AUC is with one positive in each batch, mean of the epochs from `first` to before
// `last`.
std::vector<double> gains(const OverSeeds<Outcome>& outcomes, std::int64_t first, std::int64_t last) {
    std::vector<double> values;
    for (std::size_t seed = 0; seed < outcomes[0].size(); ++seed) {
        std::vector<double> differences;
        for (auto k = static_cast<std::size_t>(first); k < static_cast<std::size_t>(last); ++k)
            differences.push_back(outcomes[1][seed].auc[k] - outcomes[0][seed].auc[k]);
        values.push_back(mean_of(differences));
    }
    return values;
}

void draw(const OverSeeds<Outcome>& outcomes, Finding& finding) {
    finding.shared_x = true;
    finding.panels = {
        {.x = {.label = "epoch"}, .y = {.label = "AUC on the test set, mean of the seeds"}, .height = 220},
        {.x = {.label = "epoch"},
         .y = {.label = "AUC with one positive in each batch, minus by chance"},
         .height = 240}};
    finding.header = {"batches", "AUC after 1 epoch", "AUC at the end", "batches without positives, %"};
    PictureMark difference{.kind = MarkKind::line_with_dots, .name = "difference", .hue = Hue::constant, .tone = 2};
    PictureMark dots{.kind = MarkKind::dots, .hue = Hue::constant, .tone = 0, .thin = true};
    std::array<PictureMark, 2> lines;
    for (std::size_t i = 0; i < kRows.size(); ++i)
        lines[i] = {.kind = MarkKind::line_with_dots,
                    .name = kRows[i].name,
                    .hue = Hue::constant,
                    .tone = 1,
                    .dashes = kRows[i].dashes};
    for (std::int64_t k = 0; k < kPoints; ++k) {
        const auto epoch = static_cast<double>(k + 1);
        for (std::size_t i = 0; i < kRows.size(); ++i) {
            lines[i].x.push_back(epoch);
            lines[i].y.push_back(
                mean_of(each(outcomes[i], [k](const Outcome& o) { return o.auc[static_cast<std::size_t>(k)]; })));
        }
        const std::vector<double> of_seeds = gains(outcomes, k, k + 1);
        add_point(difference, dots, epoch, mean_of(of_seeds), of_seeds);
    }
    for (std::size_t i = 0; i < kRows.size(); ++i) {
        finding.panels[0].marks.push_back(lines[i]);
        finding.rows.push_back({kRows[i].name,
                                {lines[i].y.front(), lines[i].y.back(),
                                 100 * mean_of(each(outcomes[i], [](const Outcome& o) { return o.empty; }))}});
    }
    finding.panels[1].marks = {dots,
                               difference,
                               {.kind = MarkKind::reference, .name = "what matters", .y = {kMatters}},
                               {.kind = MarkKind::reference, .y = {0}}};
}

void run(const ExperimentOptions& options, Finding& finding) {
    const Bench bench(options, finding);
    const Sizes sizes{bench.size(80, 3), bench.size(200, 4), bench.size(800, 40)};
    const auto outcomes = bench.run(
        kRows.size(), [&](std::size_t i, std::uint64_t seed) { return train_on(kRows[i], sizes, seed, bench); });
    finding.setting =
        std::to_string(sizes.positives * (1 + kNegativesPerPositive)) +
        " generated patches with one positive to 31 negatives, new ones for each seed, a small CNN, batches of 32, a "
        "constant rate of 0.105, " +
        std::to_string(kPoints) +
        " epochs. Either the batches are drawn by chance; or in the same batches each positive beyond the first has "
        "changed places with an image of a batch without any, so that each batch holds one.";
    finding.look =
        "Dashed: batches by chance, a third of which holds no positive. Solid: batches with one positive each. Do they "
        "part, and do they meet again? The lower panel is their difference, seed by seed.";
    finding.not_shown =
        "What balancing the classes does (half of each batch positive): that changes the fraction of positives and "
        "with it the probabilities. cyclone compare --rebalance tries it.";
    draw(outcomes, finding);
    const double formula = std::pow(1 - 1.0 / (1 + kNegativesPerPositive), static_cast<double>(kBatch));
    finding.quantities = {
        {.name = "fraction of batches without positives, counted / (1 - p)^32",
         .values = each(outcomes[0], [formula](const Outcome& o) { return o.empty / formula; }),
         .ratio = true,
         .at_least = 0.95,
         .at_most = 1.05},
        {.name = "AUC with one positive in each batch minus by chance, mean of the first half of the run",
         .values = gains(outcomes, 0, kPoints / 2),
         .at_least = kMatters},
        {.name = "the same, mean of the second half", .values = gains(outcomes, kPoints / 2, kPoints)},
        {.name = "the same, at the end", .values = gains(outcomes, kPoints - 1, kPoints)},
    };
}

}  // namespace

Experiment imbalance() {
    return {
        "Do batches without positives cost anything?",
        "With one positive in 32 images a fraction (1 - p)^32, a third, of the batches holds none, and that costs at "
        "first: with exactly one in each batch the AUC over the first half of a run is at least 0.01 higher.",
        40, run};
}

}  // namespace cyclone::lab
