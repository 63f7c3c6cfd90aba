#pragma once
// Everything fit() knows, as one value that goes into a checkpoint and comes back.

#include <cyclone/base/random.h>
#include <cyclone/io/checkpoint_folder.h>
#include <cyclone/nn/module.h>
#include <cyclone/optim/optimizer.h>
#include <cyclone/train/data_view.h>
#include <cyclone/train/fit_options.h>
#include <cyclone/train/history.h>

#include <cstdint>
#include <limits>

namespace cyclone::train {

struct TrainingState {
    std::int64_t first_epoch = 0;  ///< of this fit(): 0 unless another went before it
    std::int64_t epochs_done = 0;  ///< since then
    // Of the current epoch.
    std::int64_t batches = 0;  ///< used up
    std::int64_t images = 0;   ///< in the updates made
    double loss_sum = 0;       ///< over those images
    double seconds = 0;

    double best_score = -std::numeric_limits<double>::infinity();
    double lr_factor = 1;
    Generator generator;
    History history;
    CheckpointExtra extra;  ///< see CheckpointOptions::save_extra
};

/// All of it as the content of a checkpoint. Tensors are handles on those of the model and the optimizer.
io::WeightsFile pack(const nn::Module& model, const optim::Optimizer& optimizer, const TrainingState& state,
                     const io::Metadata& identity);

/// The state in a checkpoint without weights and optimizer. Error naming the file and every difference when it is of
/// another training.
TrainingState read_state(const io::StoredCheckpoint& checkpoint, const io::Metadata& identity,
                         const DataView& validation);

/// read_state(), and copies the checkpoint's tensors into model and optimizer: the optimizer's by the names of their
/// parameters. Errors as for read_state(), and tensors that do not fit.
TrainingState unpack(const io::StoredCheckpoint& checkpoint, const io::Metadata& identity, nn::Module& model,
                     optim::Optimizer& optimizer, const DataView& validation);

}  // namespace cyclone::train
