#pragma once
// Trainings whose batches go by slices: the same bits for any number of threads and ranks.

#include <cyclone/data/augment.h>
#include <cyclone/nn/models.h>
#include <cyclone/nn/nn.h>
#include <cyclone/optim/sgd.h>
#include <cyclone/schedule/cyclic.h>
#include <cyclone/train/fit.h>
#include <cyclone/train/rebalancing.h>

#include <functional>
#include <string>
#include <vector>

#include "support/threads.h"
#include "train/small_model.h"

namespace cyclone::test {

#ifdef CYCLONE_WITH_ONEDNN
inline constexpr std::uint64_t kUpdates = 50;
#else
inline constexpr std::uint64_t kUpdates = 10;  // the reference kernels are slow
#endif

// Every bit of a model.
inline std::string bits_of(const nn::Module& model) {
    std::string bits;
    for (const NamedTensor& t : model.state_dict())
        bits.append(static_cast<const char*>(t.tensor.bytes()),
                    static_cast<std::size_t>(t.tensor.numel()) * size_of(t.tensor.dtype()));
    return bits;
}

struct Network {
    const char* name;
    std::function<nn::Sequential()> make;
    std::function<void(train::FitOptions&, const data::Dataset&)> change = [](auto&, const auto&) {};
};

inline nn::Sequential deeper() {
    nn::Sequential model;
    for (int i = 0; i < 6; ++i)
        model.add(nn::Conv2d{i == 0 ? 1 : 6, 6, {.kernel = 3, .padding = nn::same, .activation = relu}});
    model.add(nn::AvgPool2d{2}).add(nn::Dropout{0.3}).add(nn::Flatten{}).add(nn::Linear{4 * 4 * 6, 2});
    return model;
}

inline nn::Sequential with_frozen_norm() {
    nn::Sequential model{nn::Conv2d{1, 4}, nn::BatchNorm{4, {.activation = relu}}, nn::GlobalAvgPool{},
                         nn::Linear{4, 2}};
    model[1].freeze();
    return model;
}

// Batches of 28 have three ghost batches of 8 and one of 4.
inline nn::Sequential with_ghost_batches() {
    return nn::Sequential{nn::Conv2d{1, 4}, nn::BatchNorm{4, {.ghost = 8, .activation = relu}}, nn::Dropout{0.3},
                          nn::GlobalAvgPool{}, nn::Linear{4, 2}};
}

inline std::vector<Network> networks() {
    return {
        {"study", [] { return nn::study_cnn({.size = 8}); }},
        {"deeper", deeper},
        {"frozen batch norm", with_frozen_norm},
        {"ghost batches", with_ghost_batches},
        {"augmentation and a sampler", deeper,
         [](train::FitOptions& o, const data::Dataset&) {
             o.sampler = data::sampler::balanced_batch();
             o.augmentation = data::parse_augmentation("flip,shift:1,mixup:0.4");
         }},
        {"weighted loss, clipping and accumulation", deeper,
         [](train::FitOptions& o, const data::Dataset& data) {
             train::parse_rebalancing("weights").for_data(data.class_counts(), 28).apply(o);
             o.accumulate = 2;
         }},
    };
}

// Some updates with the study's schedule; the weights, and the losses.
inline std::string trained(const Network& network, int threads, train::Ranks* ranks = nullptr) {
    const test::Threads setting(threads);
    const data::Dataset data = test::small_patches().train;
    manual_seed(7);
    nn::Sequential model = network.make();
    optim::Sgd sgd{
        model.parameters(),
        {.lr = schedule::triangular({.base = 0.01, .max = 0.1, .step_size = Iterations{10}}), .momentum = 0.9}};
    train::FitOptions options{
        .epochs = 100, .batch_size = 28, .slice = 8, .seed = 3};  // three slices and a part of one
    options.after_update = [](const train::UpdateRow& row) {
        return row.update + 1 == kUpdates ? train::Control::stop : train::Control::proceed;
    };
    options.ranks = ranks;
    network.change(options, data);
    const train::History history = train::fit(model, sgd, data, options);
    std::string bits = bits_of(model);
    for (const train::UpdateRow& row : history.updates()) bits += std::to_string(row.loss) + ' ';
    return bits;
}

}  // namespace cyclone::test
