#pragma once
// Data and trainings whose answers are not classes alone.

#include <cyclone/autograd/grad_mode.h>
#include <cyclone/base/random.h>
#include <cyclone/data/dataset.h>
#include <cyclone/nn/nn.h>
#include <cyclone/ops/ops.h>
#include <cyclone/optim/adam.h>
#include <cyclone/schedule/cyclic.h>
#include <cyclone/train/fit.h>

#include <bit>
#include <cstdint>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "support/shared_files.h"
#include "support/threads.h"

namespace cyclone::test {

/// Images of 8 x 8 of a bright square of side 2 to 5 at some place, bright (class 1) or dark on bright (class 0). The
/// targets are its side and its brightness.
inline data::Dataset squares(std::int64_t count, std::uint64_t seed) {
    const Random random(seed);
    Tensor images = Tensor::zeros({count, 8, 8, 1}), labels = Tensor::empty({count}, DType::i64),
           targets = Tensor::empty({count, 2});
    for (std::int64_t i = 0; i < count; ++i) {
        const auto draw = [&](std::uint64_t k, std::uint64_t below) {
            return static_cast<std::int64_t>(random.below(5 * static_cast<std::uint64_t>(i) + k, below));
        };
        const std::int64_t side = 2 + draw(0, 4), top = draw(1, 9 - static_cast<std::uint64_t>(side)),
                           left = draw(2, 9 - static_cast<std::uint64_t>(side)), label = draw(3, 2);
        const float light = 0.5F + 0.1F * static_cast<float>(draw(4, 6));
        float* pixels = images.mutable_data<float>() + 64 * i;
        for (std::int64_t p = 0; p < 64; ++p) {
            const bool inside = p / 8 >= top && p / 8 < top + side && p % 8 >= left && p % 8 < left + side;
            pixels[p] = inside == (label == 1) ? light : 0.0F;
        }
        labels.mutable_data<std::int64_t>()[i] = label;
        targets.mutable_data<float>()[2 * i] = static_cast<float>(side);
        targets.mutable_data<float>()[2 * i + 1] = light;
    }
    data::Dataset out{.images = images, .labels = labels, .class_names = {"dark", "bright"}};
    out.targets = targets;
    return out;
}

/// A model and how it is trained; made anew for each run.
struct Job {
    std::unique_ptr<nn::Module> model;
    train::FitOptions options;
};

struct Outcome {
    std::vector<std::uint64_t> bits;  ///< of weights, losses and evaluations
    train::History history;
    std::unique_ptr<nn::Module> model;
};

/// Trains a job on `train` (a Dataset or a BatchSource), with a triangular rate.
template <class Data>
Outcome run(const std::function<Job()>& make, const Data& train, int threads = 1,
            const std::function<void(train::FitOptions&)>& change = {}) {
    const Threads setting(threads);
    manual_seed(3);
    Job job = make();
    job.options.progress = train::ProgressMode::off;
    job.options.seed = 11;
    if (change) change(job.options);
    optim::Adam adam(job.model->parameters(),
                     {.lr = schedule::triangular({.base = 0.001, .max = 0.01, .step_size = Epochs{1}})});
    Outcome out{{}, train::fit(*job.model, adam, train, job.options), std::move(job.model)};
    const auto add = [&](double x) { out.bits.push_back(std::bit_cast<std::uint64_t>(x)); };
    for (const NamedTensor& t : out.model->state_dict())
        for (const float v : t.tensor.values<float>()) add(static_cast<double>(v));
    for (const train::UpdateRow& row : out.history.updates()) add(row.loss), add(row.lr);
    for (const train::EpochRow& row : out.history.epochs()) {
        add(row.train_loss);
        if (!row.validation) continue;
        add(row.validation->loss);
        add(row.validation->accuracy);
        add(row.validation->mean_absolute_error.value_or(-1));
        add(static_cast<double>(row.validation->class_names.size()));
    }
    return out;
}

/// The outcome of a job that is stopped after every `updates` updates and resumed with untrained weights.
template <class Data>
Outcome run_with_stops(const std::function<Job()>& make, const Data& train, std::uint64_t updates) {
    const TemporaryFolder folder;
    std::uint64_t seen = 0, stops = 0;
    bool stopped = true;
    Outcome out;
    while (stopped) {
        out = run(make, train, 1, [&](train::FitOptions& options) {
            options.checkpoint.folder = folder / "run";
            options.checkpoint.resume = true;
            options.checkpoint.every_minutes = 0;
            options.after_update = [&](const train::UpdateRow&) {
                return ++seen % updates == 0 ? train::Control::stop : train::Control::proceed;
            };
            if (stops > 0) manual_seed(100 + stops);  // a checkpoint knows its own place
        });
        stopped = out.history.stopped();
        stops += stopped;
    }
    REQUIRE(stops >= 2);
    return out;
}

}  // namespace cyclone::test
