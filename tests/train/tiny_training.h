#pragma once
// A training of 300 updates that takes milliseconds and has everything a checkpoint must hold: shuffles, dropout, batch
// norm's running values, schedules in the middle of a cycle, a validation set, a last batch that is smaller.

#include <cyclone/base/random.h>
#include <cyclone/base/threads.h>
#include <cyclone/nn/nn.h>
#include <cyclone/optim/adam.h>
#include <cyclone/optim/sgd.h>
#include <cyclone/schedule/cyclic.h>
#include <cyclone/schedule/restarts.h>
#include <cyclone/train/fit.h>

#include <bit>
#include <filesystem>
#include <memory>
#include <vector>

namespace cyclone::test {

inline data::Dataset tiny_data(std::uint64_t seed, std::int64_t size = 23, int classes = 2) {
    const Random random(seed);
    data::Dataset data;
    data.images = Tensor::empty({size, 2, 2, 1}, DType::u8);
    data.labels = Tensor::empty({size}, DType::i64);
    for (int c = 0; c < classes; ++c) data.class_names.push_back("class " + std::to_string(c));
    for (std::int64_t i = 0; i < size; ++i) {
        const std::int64_t label = i % classes;
        data.labels.mutable_data<std::int64_t>()[i] = label;
        for (std::int64_t p = 0; p < 4; ++p)
            data.images.tensor().mutable_data<std::uint8_t>()[4 * i + p] = static_cast<std::uint8_t>(
                random.below(static_cast<std::uint64_t>(4 * i + p), 100) + static_cast<std::uint64_t>(50 * label));
    }
    data.source = "made by a test";
    data.standardization = data::Standardization::fit(data.images);
    return data;
}

enum class Recipe { adam, sgd };

/// Model and optimizer as they are before the first update.
struct TinyTraining {
    explicit TinyTraining(Recipe recipe, std::uint64_t seed = 1, int classes = 2, double dropout = 0.25)
        : model(make_model(seed, classes, dropout)) {
        if (recipe == Recipe::adam)
            optimizer = std::make_unique<optim::Adam>(
                model.parameters(),
                optim::AdamOptions{
                    .lr = schedule::triangular({.base = 0.001, .max = 0.02, .step_size = Iterations{35}}),
                    .beta1 = schedule::triangular({.base = 0.85, .max = 0.95, .step_size = Epochs{3}})});
        else
            optimizer = std::make_unique<optim::Sgd>(
                model.parameters(), optim::SgdOptions{.lr = schedule::cosine_warm_restarts(
                                                          {.max = 0.05, .period = Epochs{7}, .multiplier = 2}),
                                                      .momentum = 0.9});
    }
    static nn::Sequential make_model(std::uint64_t seed, int classes, double dropout) {
        set_num_threads(1);
        manual_seed(seed);
        return nn::Sequential{nn::Flatten{}, nn::Linear{4, 5, {.activation = relu}}, nn::BatchNorm{5},
                              nn::Dropout{dropout}, nn::Linear{5, classes}};
    }
    train::History fit(const data::Dataset& data, const train::FitOptions& options) {
        return train::fit(model, *optimizer, data, options);
    }

    nn::Sequential model;
    std::unique_ptr<optim::Optimizer> optimizer;
};

inline train::FitOptions tiny_options(const data::Dataset* validation) {
    train::FitOptions options{.epochs = 50, .batch_size = 4, .seed = 9, .validation = validation};
    options.checkpoint.every_minutes = 0;
    options.checkpoint.keep_best = false;
    options.progress = train::ProgressMode::off;
    return options;
}

/// With returns to checkpoints in `folder`, one every so many updates.
inline train::FitOptions roll_back_options(const std::filesystem::path& folder, std::int64_t epochs,
                                           std::int64_t every_updates) {
    train::FitOptions options = tiny_options(nullptr);
    options.epochs = epochs;
    options.checkpoint.folder = folder;
    options.checkpoint.every_updates = every_updates;
    options.divergence.action = train::OnDivergence::roll_back;
    options.report = [](const std::string&) {};
    return options;
}

/// Every bit that must not depend on stops: weights, buffers, optimizer state, history without times.
inline std::vector<std::uint64_t> bits_of(const TinyTraining& training, const train::History& history) {
    std::vector<std::uint64_t> bits;
    const auto add = [&](double x) { bits.push_back(std::bit_cast<std::uint64_t>(x)); };
    for (const StateDict& tensors : {training.model.state_dict(), training.optimizer->state_dict()})
        for (const NamedTensor& t : tensors)
            visit_dtype(t.tensor.dtype(), [&](auto zero) {
                for (const auto x : t.tensor.values<decltype(zero)>()) add(static_cast<double>(x));
            });
    for (const train::UpdateRow& row : history.updates()) {
        bits.insert(bits.end(), {row.update, static_cast<std::uint64_t>(row.epoch)});
        add(row.lr), add(row.loss);
    }
    for (const train::EpochRow& row : history.epochs()) {
        bits.insert(bits.end(), {static_cast<std::uint64_t>(row.epoch), row.updates});
        add(row.train_loss);
        if (!row.validation) continue;
        const train::Evaluation& v = *row.validation;
        add(v.loss);
        for (const metrics::Metric& metric : metrics::table()) add(v[metric]);
        if (v.confusion)
            for (std::int64_t c = 0; c < v.confusion->classes(); ++c)
                bits.push_back(static_cast<std::uint64_t>((*v.confusion)(c, 0)));
        bits.push_back(static_cast<std::uint64_t>(v.samples));
        bits.push_back(v.class_names.size());
    }
    return bits;
}

}  // namespace cyclone::test
