#pragma once
// The data and the network, as the options name them.

#include <cyclone/data/dataset.h>
#include <cyclone/optim/optimizer.h>
#include <cyclone/schedule/schedule.h>
#include <cyclone/train/rebalancing.h>

#include <memory>
#include <string>

#include "cli/train_options.h"

namespace cyclone::cli {

/// Training, validation and perhaps test set, standardised from the training set alone.
data::Splits load_data(const TrainSettings& settings);

/// The text for nn::parse_model(): the option itself, or what the JSON file of that name holds:
/// {"layers": ["conv:32,5", {"layer": "linear", "units": 128}, ...]}, or the list alone.
std::string model_text(const std::string& option);

/// SGD, Adam or AdamW with this rate.
std::unique_ptr<optim::Optimizer> make_optimizer(const TrainSettings& settings, const std::vector<Tensor>& parameters,
                                                 const optim::Hyper& rate);

}  // namespace cyclone::cli
