// What recorders may ask of a training.
#include "train/recording.h"

#include <cyclone/autograd/backward.h>
#include <cyclone/base/random.h>
#include <cyclone/ops/arithmetic.h>
#include <cyclone/ops/precision.h>
#include <cyclone/train/slices.h>

#include <algorithm>
#include <cmath>

namespace cyclone::train {

Recording::Recording(nn::Module& model, optim::Optimizer& optimizer, const TrainingSet& train, const TrainingLoss& loss,
                     const FitOptions& options)
    : model_(model), optimizer_(optimizer), train_(train), loss_(loss), options_(options) {
    for (const auto& recorder : options.record) {
        check<UsageError>(recorder != nullptr, "fit", "record: expected recorders, got a null pointer");
        recorder->prepare({.batch = [this](std::int64_t images) { return sample(images); },
                           .gradients = [this](const data::Batch& batch) { return gradients_of(batch); }});
    }
}

void Recording::before_gradients() const {
    for (const auto& recorder : options_.record) recorder->before_gradients(optimizer_);
}

void Recording::before_update() const {
    for (const auto& recorder : options_.record) recorder->before_update(optimizer_);
}

void Recording::add_to(History& history) const {
    for (const auto& recorder : options_.record) recorder->record(history);
}

data::Batch Recording::sample(std::int64_t images) const {
    data::Loader loader =
        train_.loader({.batch_size = std::min(images, train_.images()), .seed = options_.seed, .prefetch = 0});
    return *loader.begin();
}

// In slices where the model and the loss allow it, whatever the training does.
double Recording::gradients_of(const data::Batch& batch) const {
    const PrecisionScope precise(Precision::f32);
    const nn::Evaluating evaluating;
    const Generator draws = default_generator();
    optimizer_.zero_grad();
    double value = 0;
    if (model_.separates_rows() && loss_.is_mean()) {
        const std::int64_t images = batch.x.size(0);
        const double whole = loss_.weight_of(batch);
        Slices slices(slice_options(model_, train_.image_shape(), images));
        value = slices.backward(images, [&](std::int64_t first, std::int64_t count) {
            const nn::Evaluating of_this_thread;
            const data::Batch part = batch.rows(first, count);
            return loss_.of(part) * (whole > 0 ? loss_.weight_of(part) / whole : 0.0);
        });
    } else {
        const Tensor loss = loss_.of(batch);
        value = loss.item();
        if (std::isfinite(value)) backward(loss);
    }
    default_generator() = draws;
    return value;
}

}  // namespace cyclone::train
