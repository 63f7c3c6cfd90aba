#pragma once
// Which plots the report of one training shows.

#include <cyclone/report/training_report.h>

#include <string>
#include <vector>

#include "report/report_plot.h"

namespace cyclone::report {

/// Whether each image is of class c, as 1 and 0.
std::vector<std::int64_t> labels_of_class(const ReportedSet& set, std::size_t c);
/// The probability of class c of each image.
std::vector<double> scores_of_class(const ReportedSet& set, std::size_t c, std::size_t classes);

/// Groups of pictures, each with the names of its lines.
struct TrainingFigures {
    std::vector<Figure> losses, metrics, ranking, calibration;
    std::vector<std::string> loss_names, metric_names, ranking_names, set_names;
};

/// Error when gnuplot is missing or fails.
TrainingFigures draw_training(const TrainingReportInput& input);

}  // namespace cyclone::report
