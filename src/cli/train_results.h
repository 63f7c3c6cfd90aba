#pragma once
// What is left of a training when it has ended: weights, results and what its page is drawn from.

#include <cyclone/lab/training_folder.h>
#include <cyclone/train/diverged.h>
#include <cyclone/train/history.h>

#include <string>

#include "cli/train_averages.h"
#include "cli/train_job.h"

namespace cyclone::cli {

/// Writes the weights, those of averages and snapshots among them, and everything that the results are told from.
void finish(const Job& job, const lab::TrainingFolder& folder, nn::Sequential& network, const train::History& history,
            const TrainAverages& averages);

/// What is left of a training that gave up: the weights of its best epoch and a page. The message for people.
std::string salvage(const Job& job, const lab::TrainingFolder& folder, nn::Sequential& network,
                    const train::Diverged& diverged);

}  // namespace cyclone::cli
