#pragma once
// fit: the usual training loop. It uses nothing a program could not use itself; without history, hooks and progress it
// is this, and with `.slice = 0` gives the same bits (by default larger batches go by slices, as the loop in slices.h):
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

#include <cyclone/data/batch_source.h>
#include <cyclone/data/dataset.h>
#include <cyclone/nn/module.h>
#include <cyclone/optim/optimizer.h>
#include <cyclone/train/diverged.h>
#include <cyclone/train/fit_options.h>
#include <cyclone/train/history.h>

namespace cyclone::train {

/// Trains `model` with `optimizer` on `train`. Lengths in epochs of the optimizer's schedules are resolved by the size
/// of the dataset (Optimizer::set_updates_per_epoch()). The optimizer says where the training stands: a second fit()
/// with it goes on with its update count and with the shuffle, augmentation and number of the next epoch, so that n
/// times one epoch give the bits of n epochs.
///
/// Sets a model in evaluation mode to training mode. One in training mode stays as it is, so that a part in evaluation
/// mode (eval() of a batch norm) keeps its running values; to take it out of training altogether is freeze(). A model
/// that a hook leaves in evaluation mode gets back the modes from before the epoch. Parameters that no group of the
/// optimizer has are named by a report, and are an Error where the optimizer has others that are not in the model.
///
/// Without a loss of its own, and with classes, the model must end in logits: two or more, or one for two classes
/// (class_logits()). Sets the calling thread to flush denormals. In a steady state an update makes no heap allocation
/// here. With checkpoint.folder a checkpoint is written at the start, on the way, and at the end, also when a hook or
/// the stop flag ends it; never one with weights that are not finite. Without checkpoint.resume the folder must have
/// none yet.
/// Errors: epochs, batch_size or accumulate < 1, a last layer such as relu, sigmoid or softmax where logits are
/// expected, an unfit dataset, weights of samples without a batch_loss, a precision that is not possible here, a loss
/// that is not one number, a checkpoint of another training (naming what differs); Diverged, naming update, learning
/// rate, place in the schedule and the first bad parameter and holding the history, when divergence.action is, or comes
/// down to, stop.
History fit(nn::Module& model, optim::Optimizer& optimizer, const data::Dataset& train, const FitOptions& options = {});

/// The same with batches that the program makes: of the size, epoch and place that the training stands at, also after a
/// resume. Sampler and augmentation are the source's own affair. The default loss is cross_entropy() where a batch has
/// labels, else mse_loss() of its targets.
History fit(nn::Module& model, optim::Optimizer& optimizer, const data::BatchSource& train,
            const FitOptions& options = {});

}  // namespace cyclone::train
