#pragma once
// What must be the same in a training that is resumed, in readable pairs, and how it is compared.

#include <cyclone/io/safetensors.h>
#include <cyclone/nn/module.h>
#include <cyclone/optim/optimizer.h>
#include <cyclone/train/fit_options.h>

#include <string>

#include "train/training_set.h"

namespace cyclone::train {

/// The key of the version that wrote a checkpoint; since 0.2.
inline constexpr const char* kWrittenBy = "written by";

/// What must be the same in a training that is resumed, in readable pairs: model, optimizer, data, batch size, ...
io::Metadata identity_of(const nn::Module& model, const optim::Optimizer& optimizer, const TrainingSet& train,
                         const FitOptions& options);

/// Brings what identity_of() says of the optimizer's groups up to date: hooks may add some.
void refresh_groups(io::Metadata& identity, const nn::Module& model, const optim::Optimizer& optimizer);

/// The identity without them: an earlier checkpoint may have had others.
io::Metadata without_groups(io::Metadata identity);

/// Error naming `file` and every difference between what a checkpoint has stored and this training.
void check_identity(const io::Metadata& stored, const io::Metadata& identity, const std::string& file);

/// The optimizer's state with the numbers that its parameters have now, matched by their names.
StateDict renumbered(const StateDict& state, const io::Metadata& stored, const io::Metadata& identity);

}  // namespace cyclone::train
