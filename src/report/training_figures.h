#pragma once
// Which plots the report of one training shows.

#include <cyclone/report/reported_set.h>
#include <cyclone/report/svg.h>
#include <cyclone/train/history.h>

#include <cstdint>
#include <string>
#include <vector>

namespace cyclone::report {

/// Whether each image is of class c, as 1 and 0.
std::vector<std::int64_t> labels_of_class(const ReportedSet& set, std::size_t c);
/// The probability of class c of each image.
std::vector<double> scores_of_class(const ReportedSet& set, std::size_t c, std::size_t classes);

/// Groups of plots, each with the names of its lines.
struct TrainingFigures {
    std::vector<Plot> losses, metrics, ranking, calibration;
    std::vector<std::string> loss_names, metric_names, ranking_names, set_names;
};

/// The plots of a training whose chosen weights are those of `best_epoch`.
TrainingFigures draw_training(const train::History& history, std::int64_t best_epoch,
                              const std::vector<std::string>& class_names, const std::vector<ReportedSet>& sets);

}  // namespace cyclone::report
