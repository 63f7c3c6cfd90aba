// Drawn digits and a small CNN.
#include "lab/laboratory/digits.h"

#include <cyclone/base/random.h>
#include <cyclone/data/loader.h>
#include <cyclone/data/synthetic.h>
#include <cyclone/metrics/multiclass.h>
#include <cyclone/nn/layers.h>
#include <cyclone/optim/sgd.h>
#include <cyclone/train/evaluate.h>

#include <algorithm>
#include <numeric>

namespace cyclone::lab {

DigitsTask draw_digits(std::int64_t train, std::int64_t test, std::uint64_t seed, double wrong) {
    const data::Dataset all = data::synthetic_digits({.count = train + test, .seed = seed, .size = kDigitSide});
    std::vector<std::int64_t> indices(static_cast<std::size_t>(train + test));
    std::iota(indices.begin(), indices.end(), 0);
    const std::span<const std::int64_t> span(indices);
    data::Splits splits{.train = all.subset(span.first(static_cast<std::size_t>(train))),
                        .test = all.subset(span.subspan(static_cast<std::size_t>(train)))};
    auto* labels = splits.train.labels.mutable_data<std::int64_t>();
    const Random random(seed, 0x3A8E1);
    for (std::int64_t i = 0; i < train; ++i)
        if (random.uniform(static_cast<std::uint64_t>(i)) < wrong) labels[i] = (labels[i] + 1) % kDigits;
    splits.standardize();
    return {splits.train, *splits.test};
}

nn::Sequential digits_network(std::uint64_t seed, double dropout) {
    manual_seed(seed);
    constexpr std::int64_t kSide = 4;  // 14, 7, 4
    nn::Sequential model;
    model.add(nn::Conv2d{1, 8, {.kernel = 3, .stride = 2, .padding = nn::same, .activation = relu}});
    model.add(nn::Conv2d{8, 16, {.kernel = 3, .stride = 2, .padding = nn::same, .activation = relu}});
    model.add(nn::Flatten{});
    if (dropout > 0) model.add(nn::Dropout{dropout});
    model.add(nn::Linear{kSide * kSide * 16, 64, {.activation = relu}});
    model.add(nn::Linear{64, kDigits});
    return model;
}

std::vector<double> probabilities_of(nn::Module& model, const data::Dataset& data) {
    const auto values = train::predict(model, data).to_vector<float>();
    return {values.begin(), values.end()};
}

Score score_of(std::span<const double> probabilities, const data::Dataset& data) {
    constexpr double kLeast = 1e-12;  // as what a probability of 0 counts
    const auto labels = data.labels.values<std::int64_t>();
    const auto answers = metrics::predicted_classes(probabilities, kDigits);
    double wrong = 0;
    for (std::size_t i = 0; i < labels.size(); ++i) wrong += answers[i] == labels[i] ? 0 : 1;
    return {wrong / static_cast<double>(labels.size()),
            metrics::multiclass_log_loss(labels, probabilities, kDigits, kLeast)};
}

Score score_of(nn::Module& model, const data::Dataset& data) {
    try {
        return score_of(probabilities_of(model, data), data);
    } catch (const train::Diverged&) {
        return {1 - 1.0 / kDigits, kNone};
    }
}

double error_above_zero(nn::Module& model, const data::Dataset& test, bool good) {
    return good ? std::max(score_of(model, test).error, 0.5 / static_cast<double>(test.size())) : 0.9;
}

bool train_network(nn::Module& model, const data::Dataset& data, const NetworkRun& run, const Bench& bench) {
    optim::Sgd sgd(model.parameters(), {.lr = run.lr, .momentum = run.momentum});
    try {
        train::fit(model, sgd, data,
                   {.epochs = run.epochs,
                    .batch_size = run.batch_size,
                    .seed = run.seed,
                    .sampler = run.sampler,
                    .progress = train::ProgressMode::off,
                    .after_update = run.after_update,
                    .after_epoch = run.after_epoch,
                    .weight_hooks = run.hooks,
                    .stop = bench.stop(),
                    .report = [](const std::string&) {}});
    } catch (const train::Diverged&) {
        return false;
    }
    bench.check_stop();
    return true;
}

std::int64_t updates_per_epoch(std::int64_t images, std::int64_t batch_size) {
    return data::batches_in(images, batch_size);
}

}  // namespace cyclone::lab
