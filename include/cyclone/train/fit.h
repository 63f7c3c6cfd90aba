#pragma once
// fit: the usual training loop. It uses nothing a program could not use itself; without history, hooks and progress it
// is this, and gives the same bits:
//
//     data::Loader loader(train, {.batch_size = 32, .seed = seed});
//     optimizer.set_updates_per_epoch(loader.batches_per_epoch());
//     model.train();
//     for (int epoch = 0; epoch < epochs; ++epoch)
//         for (const data::Batch& batch : loader) {
//             const Tensor loss = cross_entropy(model(batch.x), batch.y);
//             optimizer.zero_grad();
//             backward(loss);
//             optimizer.step();
//         }

#include <cyclone/data/loader.h>
#include <cyclone/nn/module.h>
#include <cyclone/optim/optimizer.h>
#include <cyclone/train/checkpoint.h>
#include <cyclone/train/diverged.h>
#include <cyclone/train/evaluate.h>
#include <cyclone/train/history.h>
#include <cyclone/train/progress.h>

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>

namespace cyclone::train {

/// What a hook says: go on, or end the training in good order.
enum class Continue { yes, stop };

struct FitOptions {
    std::int64_t epochs = 10;
    std::int64_t batch_size = 32;
    /// Of the shuffles. Weights and dropout draw from the thread's generator: manual_seed() before building the model.
    std::uint64_t seed = 0;
    /// From the model's output and the labels to one number; by default cross_entropy(output, labels).
    std::function<Tensor(const Tensor& output, const Tensor& labels)> loss = {};
    data::Sampler sampler = {};                 ///< which training images an epoch visits, see LoaderOptions
    data::Augmentation augmentation = {};       ///< random changes of the training images
    const data::Dataset* validation = nullptr;  ///< evaluated after every epoch
    /// History::write_csv() there: at the start (an unwritable place shows at once), at the end however it comes, and
    /// in between after an epoch when the last time was half a minute ago.
    std::filesystem::path history = {};
    ProgressMode progress = ProgressMode::automatic;
    std::function<Continue(const UpdateRow&)> after_update = {};
    std::function<Continue(const EpochRow&)> after_epoch = {};
    const std::atomic<bool>* stop = nullptr;  ///< looked at before every update; true ends the training in good order
    CheckpointOptions checkpoint = {};
    DivergenceOptions divergence = {};
    /// Told in a sentence what went wrong without ending the training: a damaged checkpoint, a skipped batch, a roll
    /// back. By default a line on standard error.
    std::function<void(const std::string&)> report = {};
};

/// Trains `model` with `optimizer` on `train`. Lengths in epochs of the optimizer's schedules follow from the size of
/// the dataset; the optimizer's update count goes on where it stands. Sets the model to training mode, and the calling
/// thread to flush denormals. In a steady state an update makes no heap allocation here.
/// With checkpoint.folder a checkpoint is written at the start, on the way, and at the end, also when a hook or the
/// stop flag ends it; never one with weights that are not finite. Without checkpoint.resume the folder must have none
/// yet. Errors: epochs or batch_size < 1, an unfit dataset, a loss that is not one number, a checkpoint of another
/// training (naming what differs); Diverged, naming update, rate, place in the schedule and the first bad parameter and
/// holding the history, when divergence.action is, or comes down to, stop.
History fit(nn::Module& model, optim::Optimizer& optimizer, const data::Dataset& train, const FitOptions& options = {});

}  // namespace cyclone::train
