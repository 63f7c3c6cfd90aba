#pragma once
// Which plots the report of one training shows.

#include <cyclone/lab/training_folder.h>
#include <cyclone/report/svg.h>

#include <string>
#include <vector>

namespace cyclone::report {

/// Plots with the names of their lines.
struct NamedPlots {
    std::vector<std::string> names;
    std::vector<Plot> plots;
};

/// Learning rate, losses, metrics of the validation images and what was recorded, below each other over the updates.
Plot training_course(const lab::Training& training, int width);
/// ROC, precision and recall.
NamedPlots training_rankings(const lab::Training& training);
/// Reliability of the probabilities.
NamedPlots training_calibration(const lab::Training& training);

}  // namespace cyclone::report
