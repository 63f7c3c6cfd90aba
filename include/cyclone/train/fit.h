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

#include <cyclone/data/dataset.h>
#include <cyclone/nn/module.h>
#include <cyclone/optim/optimizer.h>
#include <cyclone/train/diverged.h>
#include <cyclone/train/fit_options.h>
#include <cyclone/train/history.h>

namespace cyclone::train {

/// Trains `model` with `optimizer` on `train`. Lengths in epochs of the optimizer's schedules are resolved by the size
/// of the dataset; the optimizer's update count continues from its present value. Sets the model to training mode, and
/// the calling thread to flush denormals. In a steady state an update makes no heap allocation here. With
/// checkpoint.folder a checkpoint is written at the start, on the way, and at the end, also when a hook or the stop
/// flag ends it; never one with weights that are not finite. Without checkpoint.resume the folder must have none yet.
/// Errors: epochs or batch_size < 1, an unfit dataset, a loss that is not one number, a checkpoint of another training
/// (naming what differs); Diverged, naming update, learning rate, place in the schedule and the first bad parameter and
/// holding the history, when divergence.action is, or comes down to, stop.
History fit(nn::Module& model, optim::Optimizer& optimizer, const data::Dataset& train, const FitOptions& options = {});

}  // namespace cyclone::train
