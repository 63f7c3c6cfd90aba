#pragma once
// FitOptions: the options of train::fit().

#include <cyclone/base/reporter.h>
#include <cyclone/data/loader.h>
#include <cyclone/ops/precision.h>
#include <cyclone/train/checkpoint.h>
#include <cyclone/train/data_view.h>
#include <cyclone/train/early_stopping.h>
#include <cyclone/train/history.h>
#include <cyclone/train/progress.h>
#include <cyclone/train/recorder.h>
#include <cyclone/train/weight_hook.h>

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace cyclone::train {

class Ranks;

/// Options of fit(). Those without a default of their own are off.
struct FitOptions {
    std::int64_t epochs = 10;      ///< passes over the training set
    std::int64_t batch_size = 32;  ///< images per forward and backward pass
    /// Passes per update, for batches that would not fit into memory: an update has batch_size * accumulate images, one
    /// batch of the sampler, and its loss and gradient are the mean over all of them. Layers see the passes one by one
    /// (batch norm).
    std::int64_t accumulate = 1;
    /// Images per slice, a multiple of 4: a batch goes through forward and backward in slices, one thread each (see
    /// train/slices.h). By default slice_options() where the model separates rows and the loss is the default one or
    /// has a loss_weight or batch_weight; else, and for 0, whole batches. A size that the model or the loss does not
    /// allow is an Error.
    std::optional<std::int64_t> slice = {};
    /// Leaves out the last update of an epoch when it would have fewer images: each epoch then leaves out others. A
    /// batch norm cannot train on a last batch of one image.
    bool drop_last = false;
    /// What layers multiply in and store their results in (ops/precision.h), in the evaluations after epochs too.
    /// Default: precision(), which is f32 unless a PrecisionScope says otherwise. Weights, optimizer state and
    /// checkpoints are f32 in any case; a training is resumed with the same precision only.
    std::optional<Precision> precision = {};
    /// Of the shuffles. Weights and dropout draw from the thread's generator: manual_seed() before building the model.
    std::uint64_t seed = 0;
    /// From the model's output and the labels to one number; by default cross_entropy(output, labels). Where there are
    /// targets and no classes (data::unlabelled()), from the output and the targets; by default mse_loss(). With a
    /// loss_weight it is called for slices of a batch, in several threads at once.
    std::function<Tensor(const Tensor& output, const Tensor& labels)> loss = {};
    /// In the place of `loss`: forward pass and loss of a whole batch, with its images, labels, targets, weights and
    /// what else a BatchSource gives. For several inputs or outputs, an autoencoder, weights of samples:
    ///     .batch_loss = [&](const data::Batch& b) { const auto [kind, size] = net.heads(b.x);
    ///                                               return cross_entropy(kind, b.y) + mse_loss(size, b.targets); }
    /// Its parameters are those of `model` and what is within it. Validation has this loss too, besides the
    /// metrics of forward() where there are classes. With mixup it sees mixed_y and lambda, which are its own affair.
    std::function<Tensor(const data::Batch& batch)> batch_loss = {};
    /// What a batch, or a part of it, counts for in the mean that batch_loss is: the number of images
    /// (`b.x.size(0)`), or the sum of their weights (`b.weights.sum().item()`). With it batch_loss is called for
    /// slices of a batch, in several threads at once, so that the bits do not depend on the number of threads.
    std::function<double(const data::Batch& batch)> batch_weight = {};
    /// What `loss` or batch_loss is called in checkpoints: a training is resumed with a loss of the same name only.
    std::string loss_name = "a loss of the program";
    /// What a part of a batch with these labels counts for in the mean of its update: says that the loss is such a
    /// mean. The number of labels (the default under `accumulate`), or, where the loss is a mean over other weights
    /// (class_weights, ignore_index), their sum.
    std::function<double(const Tensor& labels)> loss_weight = {};
    data::Sampler sampler = {};            ///< which training images an epoch visits, see LoaderOptions
    data::Augmentation augmentation = {};  ///< random changes of the training images
    /// Evaluated after every epoch: `&dataset`, or a `&source` of batches (BatchSource::class_names for metrics of
    /// classes). See evaluate().
    DataView validation = {};
    /// File for History::write_csv(): written at the start (so that an unwritable place shows at once), after an epoch
    /// when half a minute has passed since the last time, and at the end, also when that is an error.
    std::filesystem::path history = {};
    ProgressMode progress = ProgressMode::automatic;  ///< whether a progress line is drawn
    /// Called after each update.
    std::function<Control(const UpdateRow&)> after_update = {};
    /// Called after each epoch, before `callbacks`.
    std::function<Control(const EpochRow&)> after_epoch = {};
    /// EarlyStopping and the like: asked before the first epoch, which after a resume is not the first one in the
    /// history, and after each epoch. One that answers `stop` ends the training cleanly.
    std::vector<std::function<Control(const History&)>> callbacks = {};
    /// Averages of the weights and the like (train/averages.h), which must outlive fit(): called after each update in
    /// this order, before after_update. Their state is part of the checkpoints.
    std::vector<WeightHook*> weight_hooks = {};
    /// What is measured on the way, into History::series() (train/recorder.h); changes no bit of the training. A
    /// training is resumed with the same recorders only.
    std::vector<std::shared_ptr<Recorder>> record = {};
    const std::atomic<bool>* stop = nullptr;  ///< read before every update; true stops the training cleanly
    CheckpointOptions checkpoint = {};        ///< what is stored on the way
    DivergenceOptions divergence = {};        ///< what is done about NaN and infinity
    /// Told what went wrong without ending the training: a damaged checkpoint, a skipped batch, a return to a
    /// checkpoint. Empty: a line on standard error.
    Reporter report = {};
    /// The processes that train together, each of which calls fit() with the same arguments and the same weights (see
    /// train/ranks.h); null: this one alone. Only slices can be shared out, so model and loss must be such that
    /// `slice` is possible. The first rank alone writes history, checkpoints, progress and reports and is asked for
    /// save_extra; hooks and callbacks are called on all. The number of ranks may change at a resume.
    Ranks* ranks = nullptr;
};

}  // namespace cyclone::train
