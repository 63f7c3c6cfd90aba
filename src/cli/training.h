#pragma once
// What `cyclone train` and `cyclone report` share: what is told of a finished training.

#include <cyclone/lab/training_folder.h>

namespace cyclone::cli {

/// Draws report.html and curves.svg from what the folder holds, and prints the results (or result.json with `json`).
void report_training(const lab::TrainingFolder& folder, bool quiet, bool json);

}  // namespace cyclone::cli
